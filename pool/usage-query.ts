import { RegistryError } from './errors.ts'
import { distributionSuffixes, parseFilename } from './filename.ts'
import { normaliseName, type ProjectName } from './project-name.ts'
import { parseRequirement } from './requirement.ts'
import { contains, printSpecifierSet, type SpecifierSet } from './specifier.ts'
import { parseVersion } from './version.ts'

/** What is asked for where it is used. */
export type UsageQuery =
  | { readonly kind: 'project'; readonly project: ProjectName; readonly name: string; readonly specifier: SpecifierSet }
  | { readonly kind: 'filename'; readonly filename: string }
  /** The first digits of a sha256, or all; lower-case hex. */
  | { readonly kind: 'sha256'; readonly prefix: string }

const longest = 500
const shape = "write a project, as lxml, 'lxml<4.9', a filename, or a sha256 or 12 of its first digits at least"

/**
 * Reads `lxml`, `lxml<4.9`, `lxml-4.9-py3-none-any.whl`, `sha256:0123456789ab` (also without `sha256:`). Twelve hex
 * digits are taken for a digest, not for a project of that name. Throws `request-invalid`, `requirement-invalid`,
 * `filename-invalid`.
 */
export function parseUsageQuery(text: string): UsageQuery {
  const asked = text.trim()
  if (asked === '' || asked.length > longest) throw refuse(asked, `a question has 1 to ${longest} characters`)
  const [, stated, hex] = /^(sha256:)?([0-9a-f]*)$/i.exec(asked) ?? []
  if (hex !== undefined && (stated !== undefined || hex.length >= 12)) return digestQuery(asked, hex.toLowerCase())
  if (distributionSuffixes.some((suffix) => asked.endsWith(suffix)) && !/[<>=~! ]/.test(asked))
    return { kind: 'filename', filename: parseFilename(asked).filename }
  const { name, specifier, url, marker, extras } = parseRequirement(asked)
  if (url !== undefined || marker || extras.length > 0) throw refuse(asked, 'only a name and versions can be asked for')
  return { kind: 'project', project: normaliseName(name), name, specifier }
}

function digestQuery(asked: string, prefix: string): UsageQuery {
  if (prefix.length < 12 || prefix.length > 64) throw refuse(asked, `a sha256 has 12 to 64 digits here`)
  return { kind: 'sha256', prefix }
}

function refuse(asked: string, why: string): RegistryError {
  const shown = asked.length > 60 ? `${asked.slice(0, 60)}…` : asked
  return new RegistryError('request-invalid', { q: shown }, { detail: `${JSON.stringify(shown)}: ${why}`, hint: shape })
}

/**
 * Whether a version is asked for. `unknown`: it is no version of PEP 440, so that nothing but `===` can tell; it is to
 * be shown rather than passed over.
 */
export function asksFor(specifier: SpecifierSet, version: string): 'yes' | 'no' | 'unknown' {
  if (contains(specifier, version)) return 'yes'
  if (parseVersion(version)) return 'no'
  return specifier.specifiers.some(({ operator }) => operator === '===') ? 'no' : 'unknown'
}

/** The question in one spelling, for answers. */
export function printUsageQuery(query: UsageQuery): string {
  switch (query.kind) {
    case 'project':
      return `${query.name}${printSpecifierSet(query.specifier)}`
    case 'filename':
      return query.filename
    case 'sha256':
      return `sha256:${query.prefix}`
  }
}
