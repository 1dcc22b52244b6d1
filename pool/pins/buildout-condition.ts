import { evaluateMarker, parseMarker, type MarkerEnvironment } from '../marker.ts'
import { isRegistryError } from '../errors.ts'
import { Scanner } from '../scanner.ts'

/** Whether a condition of a section holds on a target; throws `requirement-invalid` if it cannot be told. */
export type Condition = (environment: MarkerEnvironment) => boolean

/**
 * Reads what stands in `[versions: …]`: a marker, or an expression of the names that buildout has for systems and
 * Pythons (`python311 and not windows`). Source: zc.buildout's manual, "Conditional sections". Any other Python is
 * refused: throws `requirement-invalid`.
 */
export function parseCondition(text: string): Condition {
  try {
    const marker = parseMarker(text.trim())
    return (environment) => evaluateMarker(marker, environment)
  } catch (error) {
    if (!isRegistryError(error, 'requirement-invalid')) throw error
    return parseExpression(text.trim())
  }
}

const tokens = { space: /[ \t]+/y, word: /\b[a-z]\w*\b/y, open: /\(/y, close: /\)/y } as const
const deepest = 100

function parseExpression(text: string): Condition {
  const scanner = new Scanner(text)
  const condition = readOr(scanner, 0)
  if (scanner.rest !== '')
    throw scanner.refused('only names as python311 or windows can stand here, and, or, not', hint)
  return condition
}

const hint = 'write a marker instead, as [versions: python_version < "3.12" and sys_platform == "linux"]'

function readOr(scanner: Scanner, depth: number): Condition {
  return readJoined(scanner, 'or', () => readJoined(scanner, 'and', () => readNot(scanner, depth)))
}

function readJoined(scanner: Scanner, word: 'and' | 'or', readPart: () => Condition): Condition {
  const parts = [readPart()]
  while (scanner.rest.startsWith(word) && scanner.take(tokens.word) === word) parts.push(readPart())
  if (word === 'and') return (environment) => parts.every((part) => part(environment))
  return (environment) => parts.some((part) => part(environment))
}

function readNot(scanner: Scanner, depth: number): Condition {
  if (depth > deepest) throw scanner.refused(`it is nested more than ${deepest} deep`)
  scanner.take(tokens.space)
  if (scanner.take(tokens.open) !== undefined) {
    const inner = readOr(scanner, depth + 1)
    if (scanner.take(tokens.close) === undefined) throw scanner.expected('")"', hint)
    scanner.take(tokens.space)
    return inner
  }
  const word = scanner.take(tokens.word) ?? ''
  scanner.take(tokens.space)
  if (word === 'not') {
    const negated = readNot(scanner, depth + 1)
    return (environment) => !negated(environment)
  }
  const named = Object.hasOwn(names, word) ? names[word] : pythonNamed(word)
  if (!named) throw scanner.expected('python311, linux, windows, …', hint)
  return named
}

const names: Readonly<Record<string, Condition>> = {
  python2: ({ python_version }) => python_version.startsWith('2.'),
  python3: ({ python_version }) => python_version.startsWith('3.'),
  cpython: ({ implementation_name }) => implementation_name === 'cpython',
  pypy: ({ implementation_name }) => implementation_name === 'pypy',
  linux: ({ sys_platform }) => sys_platform === 'linux',
  windows: ({ sys_platform }) => sys_platform === 'win32',
  macosx: ({ sys_platform }) => sys_platform === 'darwin',
  posix: ({ os_name }) => os_name === 'posix',
}

/** `python311` is Python 3.11. */
function pythonNamed(word: string): Condition | undefined {
  const [, major, minor] = /^python(\d)(\d{1,2})$/.exec(word) ?? []
  return major === undefined ? undefined : ({ python_version }) => python_version === `${major}.${minor}`
}
