/**
 * Environment markers after PEP 508, as `packaging` 26.3 reads and decides them.
 * https://packaging.python.org/en/latest/specifications/dependency-specifiers/#environment-markers
 */
import { RegistryError } from './errors.ts'
import { normaliseName } from './project-name.ts'
import { Scanner } from './scanner.ts'
import { contains, parseSpecifier } from './specifier.ts'

const environmentVariables = [
  'implementation_name',
  'implementation_version',
  'os_name',
  'platform_machine',
  'platform_python_implementation',
  'platform_release',
  'platform_system',
  'platform_version',
  'python_full_version',
  'python_version',
  'sys_platform',
] as const

const variables = [...environmentVariables, 'extra', 'extras', 'dependency_groups'] as const

const versionVariables = /^(?:implementation_version|platform_release|python_full_version|python_version)$/

export type MarkerVariable = (typeof variables)[number]

/** What markers are asked about: one machine and interpreter, and what was requested of the project. */
export interface MarkerEnvironment extends Readonly<Record<(typeof environmentVariables)[number], string>> {
  /** One extra, or all that were requested: then a marker holds if it does for any one of them, as in pip. Default: none. */
  readonly extra?: string | ReadonlySet<string> | undefined
  /** PEP 751, in lock files only. */
  readonly extras?: ReadonlySet<string> | undefined
  /** PEP 751, in lock files only. */
  readonly dependency_groups?: ReadonlySet<string> | undefined
}

const operators = ['===', '==', '~=', '!=', '<=', '>=', '<', '>', 'in', 'not in'] as const

export type MarkerOperator = (typeof operators)[number]

export type MarkerOperand = { readonly variable: MarkerVariable } | { readonly value: string }

export interface MarkerComparison {
  readonly left: MarkerOperand
  readonly operator: MarkerOperator
  readonly right: MarkerOperand
}

/** Alternatives, each a list of what must hold together: `a and b or c` is `[[a, b], [c]]`. */
export interface MarkerGroup {
  readonly anyOf: readonly (readonly Marker[])[]
}

export type Marker = MarkerComparison | MarkerGroup

// Python itself gives up near 200 levels; a limit of our own keeps hostile metadata from using up the stack.
const deepest = 100

const tokens = {
  space: /[ \t]+/y,
  variable:
    /\b(?:python_version|python_full_version|os[._]name|sys[._]platform|platform_(?:release|system)|platform[._](?:version|machine|python_implementation)|python_implementation|implementation_(?:name|version)|extras?|dependency_groups)\b/y,
  quoted: /'[^']*'|"[^"]*"/y,
  operator: /===|==|~=|!=|<=|>=|<|>|\bin\b|\bnot[ \t]+in\b/y,
  word: /\b(?:or|and)\b/y,
  open: /\(/y,
  close: /\)/y,
} as const

/** Reads a marker such as `python_version < "3.9" and os_name == "nt"`. Throws `requirement-invalid`. */
export function parseMarker(text: string): Marker {
  const scanner = new Scanner(text)
  const marker = readMarker(scanner)
  if (scanner.rest !== '') throw scanner.expected('"and", "or" or the end of the marker')
  return marker
}

/** Takes as much as is a marker. Throws `requirement-invalid`. */
export function readMarker(scanner: Scanner, depth = 0): Marker {
  if (depth > deepest) throw scanner.refused(`the marker has more than ${deepest} nested parentheses`)
  const anyOf: Marker[][] = [[readAtom(scanner, depth)]]
  for (let word = scanner.take(tokens.word); word; word = scanner.take(tokens.word)) {
    const atom = readAtom(scanner, depth)
    if (word === 'and') anyOf.at(-1)?.push(atom)
    else anyOf.push([atom])
  }
  const [[first, ...others] = [], ...alternatives] = anyOf
  return first && others.length + alternatives.length === 0 ? first : { anyOf }
}

function readAtom(scanner: Scanner, depth: number): Marker {
  scanner.take(tokens.space)
  const isGroup = scanner.take(tokens.open) !== undefined
  const atom = isGroup ? readMarker(scanner, depth + 1) : readComparison(scanner)
  if (isGroup && !scanner.take(tokens.close)) throw scanner.expected('")" after the marker')
  scanner.take(tokens.space)
  return atom
}

function readComparison(scanner: Scanner): MarkerComparison {
  const left = readOperand(scanner)
  scanner.take(tokens.space)
  const written = scanner.take(tokens.operator)?.replace(/[ \t]+/, ' ')
  const operator = operators.find((candidate) => candidate === written)
  if (!operator) throw scanner.expected('one of <=, <, !=, ==, >=, >, ~=, ===, in, not in')
  scanner.take(tokens.space)
  return withNormalisedExtra({ left, operator, right: readOperand(scanner) })
}

function readOperand(scanner: Scanner): MarkerOperand {
  const name = scanner.take(tokens.variable)?.replaceAll('.', '_')
  if (name === 'python_implementation') return { variable: 'platform_python_implementation' }
  const variable = variables.find((candidate) => candidate === name)
  if (variable) return { variable }
  const quoted = scanner.take(tokens.quoted)
  if (quoted === undefined) throw scanner.expected('a marker variable or text in quotes')
  const value = readQuoted(quoted)
  if (value === undefined) throw scanner.refused(`${quoted} is no text that Python can read`)
  return { value }
}

/** PEP 685: names of extras are compared in normal form; of groups too (PEP 735). */
function withNormalisedExtra({ left, operator, right }: MarkerComparison): MarkerComparison {
  if ('variable' in left && left.variable === 'extra' && 'value' in right) {
    return { left, operator, right: { value: normaliseName(right.value) } }
  }
  const names = 'variable' in right && /^(?:extras?|dependency_groups)$/.test(right.variable)
  return names && 'value' in left
    ? { left: { value: normaliseName(left.value) }, operator, right }
    : { left, operator, right }
}

const escape = /\\(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([0-7]{1,3})|([^]?))|\n/g
const escapeLetters = 'abfnrtv\n\\\'"'
const escapeMeanings = ['\u0007', '\b', '\f', '\n', '\r', '\t', '\v', '', '\\', "'", '"']

/** A string literal as Python reads it; undefined if it does not, or names a character by `\N{…}`. */
function readQuoted(quoted: string): string | undefined {
  let readable = !quoted.includes('\0')
  const body = quoted.slice(1, -1).replaceAll(/\r\n?/g, '\n')
  const value = body.replaceAll(escape, (whole: string, ...parts: (string | undefined)[]) => {
    const [two, four, eight, octal, other] = parts
    const code = octal ? Number.parseInt(octal, 8) : Number.parseInt(two ?? four ?? eight ?? '', 16)
    if (code <= 0x10ffff) return String.fromCodePoint(code)
    if (other === undefined || /^[xuUN]?$/.test(other)) readable = false
    return (other && escapeMeanings[escapeLetters.indexOf(other)]) ?? whole
  })
  return readable ? value : undefined
}

/** The text of `str(Marker(…))`; where that would not read back as the same marker, the value is escaped instead. */
export function printMarker(marker: Marker): string {
  if (!('anyOf' in marker)) {
    return `${printOperand(marker.left)} ${marker.operator} ${printOperand(marker.right)}`
  }
  return marker.anyOf.map((together) => together.map(printNested).join(' and ')).join(' or ')
}

function printNested(marker: Marker): string {
  return 'anyOf' in marker ? `(${printMarker(marker)})` : printMarker(marker)
}

function printOperand(operand: MarkerOperand): string {
  if ('variable' in operand) return operand.variable
  const { value } = operand
  const plain = value.includes('"') ? `'${value}'` : `"${value}"`
  const hasBoth = value.includes('"') && value.includes("'")
  return !hasBoth && readQuoted(plain) === value ? plain : `"${value.replaceAll(/[\0\r\n"\\]/g, escaped)}"`
}

function escaped(character: string): string {
  return `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`
}

type Values = Readonly<Record<string, string | ReadonlySet<string> | undefined>>

/**
 * Whether a marker holds. Every comparison is decided, so that no answer hides a senseless one: throws
 * `requirement-invalid` for `os_name ~= "posix"`, for text on both sides, and for a variable that is not set.
 */
export function evaluateMarker(marker: Marker, environment: MarkerEnvironment): boolean {
  const { extra = '', python_full_version: full } = environment
  const extras = typeof extra === 'string' ? [extra] : [...extra]
  // Builds of Python from an untagged tree call themselves `3.13.0a1+`.
  const values = { ...environment, python_full_version: full.endsWith('+') ? `${full}local` : full }
  return (extras.length === 0 ? [''] : extras)
    .map((name) => holds(marker, { ...values, extra: normaliseName(name) }))
    .some(Boolean)
}

function holds(marker: Marker, values: Values): boolean {
  if (!('anyOf' in marker)) return decide(marker, values)
  return marker.anyOf.map((together) => together.map((part) => holds(part, values)).every(Boolean)).some(Boolean)
}

/** Of two variables, packaging takes the right one for its bare name; of two texts, the right one for a variable. */
function decide(comparison: MarkerComparison, values: Values): boolean {
  const { left, operator, right } = comparison
  const name = 'variable' in left ? left.variable : textOf(right)
  const known = Object.hasOwn(values, name) ? values[name] : undefined
  if (known === undefined) throw senseless(comparison, `there is no variable ${name} here`)
  const [subject, object] = 'variable' in left ? [known, textOf(right)] : [left.value, known]
  if (typeof subject !== 'string') throw senseless(comparison, `${name} can only stand after "in"`)
  if (typeof object !== 'string')
    return decideText(comparison, normaliseName(subject), new Set([...object].map(normaliseName)))
  const specifier = versionVariables.test(name) ? parseSpecifier(`${operator}${object}`) : undefined
  return specifier ? contains({ specifiers: [specifier] }, subject) : decideText(comparison, subject, object)
}

function textOf(operand: MarkerOperand): string {
  return 'variable' in operand ? operand.variable : operand.value
}

/** PEP 508: operators "that are not in Python" order nothing: text is at least or at most itself, and no more. */
function decideText(comparison: MarkerComparison, subject: string, object: string | ReadonlySet<string>): boolean {
  const { operator } = comparison
  const isIn = typeof object === 'string' ? object.includes(subject) : object.has(subject)
  switch (operator) {
    case 'in':
      return isIn
    case 'not in':
      return !isIn
    case '==':
    case '<=':
    case '>=':
      return subject === object
    case '!=':
      return subject !== object
    case '<':
    case '>':
      return false
    case '~=':
    case '===':
      throw senseless(comparison, `${operator} compares versions only`)
    default:
      return operator satisfies never
  }
}

function senseless(comparison: MarkerComparison, detail: string): RegistryError {
  const text = printMarker(comparison)
  return new RegistryError(
    'requirement-invalid',
    { text },
    { detail: `the marker ${text} cannot be decided: ${detail}` },
  )
}
