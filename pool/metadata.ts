import { RegistryError } from './errors.ts'
import { parseProjectName, type ProjectName } from './project-name.ts'
import { parseVersionText } from './version-text.ts'

/** What firn uses of a distribution's core metadata. `name` and `version` are as the file writes them. */
export interface CoreMetadata {
  readonly project: ProjectName
  readonly name: string
  readonly version: string
  readonly requiresPython: string | undefined
}

/**
 * Reads METADATA or PKG-INFO. Source: packaging.python.org "Core metadata specifications", versions 1.0 to 2.5.
 * Throws `metadata-invalid`; `name-invalid` and `version-invalid` for these fields.
 */
export function parseMetadata(bytes: Uint8Array): CoreMetadata {
  const fields = readHeaders(decode(bytes))
  const name = only(fields, 'name')
  const version = only(fields, 'version')
  if (name === undefined || version === undefined) {
    const lacking = name === undefined ? 'Name' : 'Version'
    throw new RegistryError('metadata-invalid', { lacking }, { detail: `the field ${lacking} is missing` })
  }
  const requiresPython = only(fields, 'requires-python')
  if (requiresPython !== undefined && requiresPython.length > 500) {
    throw new RegistryError('metadata-invalid', { field: 'Requires-Python' }, { detail: 'Requires-Python is too long' })
  }
  return { project: parseProjectName(name), name, version: parseVersionText(version), requiresPython }
}

/** Metadata of 2008 is often Latin-1; the specification says UTF-8 since 2.1. */
function decode(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    return new TextDecoder('latin1').decode(bytes)
  }
}

type Headers = ReadonlyMap<string, readonly string[]>

function readHeaders(text: string): Headers {
  const headers = new Map<string, string[]>()
  let values: string[] | undefined
  for (const line of text.split(/\r\n|\r|\n/)) {
    if (line === '') break // the description follows as the body
    if (/^[ \t]/.test(line)) {
      const last = values?.pop()
      if (last !== undefined) values?.push(`${last}\n${line}`)
      continue
    }
    const colon = line.indexOf(':')
    if (colon < 1) break
    const key = line.slice(0, colon).trim().toLowerCase()
    values = headers.get(key) ?? []
    headers.set(key, values)
    values.push(line.slice(colon + 1).trim())
  }
  return headers
}

/** A field that may stand once. Old tools write `UNKNOWN` for what they do not know. Throws `metadata-invalid` on two. */
function only(headers: Headers, key: string): string | undefined {
  const values = headers.get(key) ?? []
  if (values.length > 1) {
    throw new RegistryError('metadata-invalid', { field: key }, { detail: `the field ${key} stands there twice` })
  }
  const [value] = values
  return value === '' || value === 'UNKNOWN' ? undefined : value
}
