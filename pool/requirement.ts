/**
 * Requirements after PEP 508, as `packaging` 26.3 reads them.
 * https://packaging.python.org/en/latest/specifications/dependency-specifiers/
 */
import { printMarker, readMarker, type Marker } from './marker.ts'
import { Scanner } from './scanner.ts'
import { parseSpecifierSet, printSpecifierSet, type SpecifierSet } from './specifier.ts'
import { compareCodePoints, parseVersion, pythonSpace } from './version.ts'

/** What one project asks of another: `Zope.Interface[docs]>=5 ; python_version < "3.9"`. */
export interface Requirement {
  /** As written; not normalised. */
  readonly name: string
  /** As written, sorted, each once. */
  readonly extras: readonly string[]
  readonly specifier: SpecifierSet
  /** Of a direct reference, `name @ url`; then the specifier is empty. */
  readonly url?: string
  readonly marker?: Marker
}

const space = `[${pythonSpace}]*`
const epoch = 'v?(?:[0-9]+!)?'
const release = String.raw`${epoch}[0-9]+(?:\.[0-9]+)*`
const suffix =
  '(?:[-_.]?(?:alpha|beta|preview|pre|a|b|c|rc)[-_.]?[0-9]*)?' +
  '(?:-[0-9]+|[-_.]?(?:post|rev|r)[-_.]?[0-9]*)?' +
  '(?:[-_.]?dev[-_.]?[0-9]*)?'
const local = String.raw`(?:\+[a-z0-9]+(?:[-_.][a-z0-9]+)*)?`

// The longest text that can be a specifier where several follow each other; `===` takes anything up to space, ; or ).
const specifierToken = new RegExp(
  [
    `===${space}[^${pythonSpace};)]*`,
    String.raw`(?:==|!=)${space}${release}(?:\.\*|${suffix}${local})`,
    String.raw`~=${space}${epoch}[0-9]+(?:\.[0-9]+)+${suffix}`,
    `(?:<=|>=|<|>)${space}${release}${suffix}`,
  ].join('|'),
  'iy',
)

const tokens = {
  space: /[ \t]+/y,
  name: /\b[a-zA-Z0-9][a-zA-Z0-9._-]*\b/y,
  comma: /,/y,
  semicolon: /;/y,
  at: /@/y,
  url: /[^ \t]+/y,
  openBracket: /\[/y,
  closeBracket: /\]/y,
  open: /\(/y,
  close: /\)/y,
  operator: /===|==|~=|!=|<=|>=|<|>/y,
  operand: new RegExp(`${space}([^${pythonSpace},;)]*)`, 'y'),
} as const

const shape = 'write name[extra]>=1.0,<2 ; python_version < "3.12", or name @ https://…'

/** Reads one requirement. Throws `requirement-invalid`, whose detail says what was expected where. */
export function parseRequirement(text: string): Requirement {
  const scanner = new Scanner(text)
  scanner.take(tokens.space)
  const name = scanner.take(tokens.name)
  if (name === undefined) throw scanner.expected('a project name at the start', shape)
  scanner.take(tokens.space)
  const extras = readExtras(scanner)
  scanner.take(tokens.space)
  const isDirect = scanner.take(tokens.at) !== undefined
  const source = isDirect
    ? { url: readUrl(scanner), specifier: { specifiers: [] } }
    : { specifier: readSpecifiers(scanner) }
  const marker = readRequirementMarker(scanner, isDirect ? '";" after the URL' : whatFollows(source.specifier))
  return { name, extras, ...source, ...(marker && { marker }) }
}

function readExtras(scanner: Scanner): readonly string[] {
  if (!scanner.take(tokens.openBracket)) return []
  const extras = new Set<string>()
  scanner.take(tokens.space)
  for (let extra = scanner.take(tokens.name); extra !== undefined; extra = scanner.take(tokens.name)) {
    extras.add(extra)
    scanner.take(tokens.space)
    if (!scanner.take(tokens.comma)) break
    scanner.take(tokens.space)
    if (!/^[a-zA-Z0-9]/.test(scanner.rest)) throw scanner.expected('the name of an extra after ","')
  }
  if (!scanner.take(tokens.closeBracket))
    throw scanner.expected(extras.size ? '"," or "]" after the extra' : 'an extra or "]" after "["')
  return [...extras].sort(compareCodePoints)
}

function readUrl(scanner: Scanner): string {
  scanner.take(tokens.space)
  const url = scanner.take(tokens.url)
  if (url === undefined) throw scanner.expected('a URL after @')
  scanner.take(tokens.space)
  return url
}

function readSpecifiers(scanner: Scanner): SpecifierSet {
  const isOpen = scanner.take(tokens.open) !== undefined
  scanner.take(tokens.space)
  const text = readSpecifierTexts(scanner)
  scanner.take(tokens.space)
  refuseBadSpecifier(scanner)
  if (isOpen && !scanner.take(tokens.close)) throw scanner.expected('")" after the version specifiers')
  scanner.take(tokens.space)
  const set = parseSpecifierSet(text)
  if (!set) throw scanner.refused(`${text} is not a list of version specifiers`)
  return set
}

function readSpecifierTexts(scanner: Scanner): string {
  let text = ''
  for (let token = scanner.take(specifierToken); token !== undefined; token = scanner.take(specifierToken)) {
    text += token
    refuseTrail(scanner, token)
    scanner.take(tokens.space)
    const comma = scanner.take(tokens.comma)
    if (!comma) break
    text += comma
    scanner.take(tokens.space)
  }
  return text
}

/** What a specifier of this kind cannot end with, but people write. */
function refuseTrail(scanner: Scanner, token: string): void {
  const { rest } = scanner
  const equality = /^(?:==(?!=)|!=)/.test(token)
  if (rest.startsWith('.*')) {
    const why = equality ? 'cannot follow a pre-, post-, dev or local version' : 'can only be used with == or !='
    throw scanner.refused(`in ${token}.*, the ".*" ${why}`)
  }
  if (/^\+[a-zA-Z0-9]/.test(rest)) {
    throw scanner.refused(`after ${token}, a local version ("+…") can only be used with == or !=`)
  }
}

function refuseBadSpecifier(scanner: Scanner): void {
  const operator = scanner.take(tokens.operator)
  if (operator === undefined) return
  const operand = (scanner.take(tokens.operand) ?? '').trim()
  if (operand === '') throw scanner.refused(`expected a version after ${operator}`)
  if (operator === '~=' && parseVersion(operand)) {
    throw scanner.refused(`~=${operand} needs two numbers or more`, `write ~=${operand}.0, or >=${operand}`)
  }
  if (parseVersion(operand)) throw scanner.refused(`expected "," before ${operator}${operand}`)
  throw scanner.refused(`expected a version after ${operator}, but ${JSON.stringify(operand)} is none (PEP 440)`)
}

function whatFollows({ specifiers }: SpecifierSet): string {
  return specifiers.length > 0 ? '"," or ";" after the version specifiers' : 'a version specifier or ";" after the name'
}

function readRequirementMarker(scanner: Scanner, expected: string): Marker | undefined {
  if (scanner.rest === '') return undefined
  if (!scanner.take(tokens.semicolon))
    throw scanner.expected(expected, /^=[^=]/.test(scanner.rest) ? 'write == for one version' : shape)
  const marker = readMarker(scanner)
  if (scanner.rest !== '') throw scanner.expected('"and", "or" or the end of the requirement')
  return marker
}

/** The text of `str(Requirement(…))`, which reads back as the same requirement. */
export function printRequirement({ name, extras, specifier, url, marker }: Requirement): string {
  return [
    name,
    extras.length > 0 ? `[${extras.join(',')}]` : '',
    printSpecifierSet(specifier),
    url === undefined ? '' : ` @ ${url}`,
    url !== undefined && marker ? ' ' : '',
    marker ? `; ${printMarker(marker)}` : '',
  ].join('')
}
