import { RegistryError } from './errors.ts'
import { readHeaders, type Headers } from './metadata-headers.ts'
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
  const fields = readHeaders(bytes)
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

/** A field that may stand once. Old tools write `UNKNOWN` for what they do not know. Throws `metadata-invalid` on two. */
function only(headers: Headers, key: string): string | undefined {
  const values = headers.get(key) ?? []
  if (values.length > 1) {
    throw new RegistryError('metadata-invalid', { field: key }, { detail: `the field ${key} stands there twice` })
  }
  const [value] = values
  return value === '' || value === 'UNKNOWN' ? undefined : value
}
