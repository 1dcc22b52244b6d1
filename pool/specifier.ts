/**
 * Version specifiers after PEP 440, as `packaging` 26.3 decides them.
 * https://packaging.python.org/en/latest/specifications/version-specifiers/#version-specifiers
 */
import {
  compareCodePoints,
  compareVersions,
  isPrerelease,
  parseVersion,
  printVersion,
  pythonSpace,
  trimSpace,
  type Version,
} from './version.ts'

// Longest first: each is looked for at the start of the text.
const operators = ['===', '~=', '==', '!=', '<=', '>=', '<', '>'] as const

export type SpecifierOperator = (typeof operators)[number]

export interface Specifier {
  readonly operator: SpecifierOperator
  /** As written, only trimmed: `==v1.0` prints as it came. */
  readonly version: string
  /** What to compare with, a trailing `.*` left out; undefined for `===`, which compares text. */
  readonly bound: Version | undefined
}

/** All of these must hold. Sorted, and free of repetitions. */
export interface SpecifierSet {
  readonly specifiers: readonly Specifier[]
}

export interface ContainsOptions {
  /** `false` refuses every pre-release. Unset admits them: PEP 440 does so where there is no other candidate. */
  readonly prereleases?: boolean | undefined
}

const outsideArbitrary = new RegExp(`[${pythonSpace};)]`)

/** Reads `>=1.0,<2`; empty text and stray commas are allowed. Undefined if any part is not a specifier. */
export function parseSpecifierSet(text: string): SpecifierSet | undefined {
  const specifiers: Specifier[] = []
  for (const part of text.split(',')) {
    if (trimSpace(part) === '') continue
    const specifier = parseSpecifier(part)
    if (!specifier) return undefined
    specifiers.push(specifier)
  }
  return { specifiers: inCanonicalOrder(specifiers) }
}

/** Reads one specifier such as `~=1.4.2`; undefined if it is none. */
export function parseSpecifier(text: string): Specifier | undefined {
  const trimmed = trimSpace(text)
  const operator = operators.find((candidate) => trimmed.startsWith(candidate))
  if (!operator) return undefined
  const version = trimSpace(trimmed.slice(operator.length))
  if (operator === '===') return outsideArbitrary.test(version) ? undefined : { operator, version, bound: undefined }
  const bound = isWildcard(version) ? parsePrefix(operator, version) : parseBound(operator, version)
  return bound && { operator, version, bound }
}

function isWildcard(version: string): boolean {
  return version.endsWith('.*')
}

/** PEP 440: a prefix match may not "include a development, pre- or post-release, or a local version". */
function parsePrefix(operator: SpecifierOperator, version: string): Version | undefined {
  const prefix = version.slice(0, -2)
  const bound = parseVersion(prefix)
  if (!bound || prefix !== trimSpace(prefix) || (operator !== '==' && operator !== '!=')) return undefined
  return isPrerelease(bound) || bound.post !== undefined || bound.local ? undefined : bound
}

function parseBound(operator: SpecifierOperator, version: string): Version | undefined {
  const bound = parseVersion(version)
  if (bound?.local && operator !== '==' && operator !== '!=') return undefined
  // PEP 440: `~=` "MUST NOT be used with a single segment version number such as ~=1".
  return operator === '~=' && bound?.release.length === 1 ? undefined : bound
}

/** The text of `str(SpecifierSet(…))`: versions as written, sorted by text, equal specifiers once. */
export function printSpecifierSet(set: SpecifierSet): string {
  return set.specifiers.map(printSpecifier).join(',')
}

function printSpecifier({ operator, version }: Specifier): string {
  return `${operator}${version}`
}

function inCanonicalOrder(specifiers: readonly Specifier[]): readonly Specifier[] {
  const byMeaning = new Map<string, Specifier>()
  for (const specifier of specifiers.toSorted((a, b) => compareCodePoints(printSpecifier(a), printSpecifier(b)))) {
    const meaning = canonicalText(specifier)
    if (!byMeaning.has(meaning)) byMeaning.set(meaning, specifier)
  }
  return [...byMeaning.values()]
}

/** Equal for specifiers that mean the same: `>=1.0` and `>=1.0.0`, but not `~=1.0` and `~=1.0.0`. */
function canonicalText(specifier: Specifier): string {
  const { operator, version, bound } = specifier
  if (!bound || isWildcard(version)) return printSpecifier(specifier)
  const release = operator === '~=' ? bound.release : bound.release.slice(0, significantLength(bound.release))
  return `${operator}${printVersion({ ...bound, release })}`
}

function significantLength(release: readonly bigint[]): number {
  return Math.max(1, release.findLastIndex((number) => number !== 0n) + 1)
}

/**
 * Whether a version satisfies every specifier. Text that is no PEP 440 version satisfies only `===` and the empty set.
 * `===` compares the text as given, whatever its case, without trimming it.
 */
export function contains(set: SpecifierSet, version: Version | string, options: ContainsOptions = {}): boolean {
  const parsed = typeof version === 'string' ? parseVersion(version) : version
  if (options.prereleases === false && parsed && isPrerelease(parsed)) return false
  return set.specifiers.every((specifier) => {
    if (!specifier.bound) return printed(version).toLowerCase() === specifier.version.toLowerCase()
    return parsed !== undefined && admits(specifier, specifier.bound, parsed)
  })
}

function printed(version: Version | string): string {
  return typeof version === 'string' ? version : printVersion(version)
}

function admits({ operator, version: written }: Specifier, bound: Version, version: Version): boolean {
  switch (operator) {
    case '==':
      return isWildcard(written) ? hasPrefix(bound, version) : equals(bound, version)
    case '!=':
      return !(isWildcard(written) ? hasPrefix(bound, version) : equals(bound, version))
    case '~=':
      return compareVersions(version, bound) >= 0 && hasPrefix(withoutLastNumber(bound), version)
    case '>=':
      return compareVersions(version, bound) >= 0
    case '<=':
      return compareVersions(version, bound) <= 0 || samePublic(version, bound)
    case '>':
      return isAbove(bound, version)
    case '<':
      return isBelow(bound, version)
    case '===':
      return false
    default:
      return operator satisfies never
  }
}

/** PEP 440: a local label of the candidate "MUST be ignored" unless the specifier has one. */
function equals(bound: Version, version: Version): boolean {
  return bound.local ? compareVersions(version, bound) === 0 : samePublic(version, bound)
}

function samePublic(a: Version, b: Version): boolean {
  return compareVersions({ ...a, local: undefined }, { ...b, local: undefined }) === 0
}

function hasPrefix(prefix: Version, version: Version): boolean {
  const last = prefix.release.length - 1
  const next = prefix.release.map((number, index) => (index === last ? number + 1n : number))
  const first: Version = { ...prefix, pre: undefined, post: undefined, dev: 0n, local: undefined }
  return compareVersions(version, first) >= 0 && compareVersions(version, { ...first, release: next }) < 0
}

/** `~=1.4.5a1` is `>=1.4.5a1` and, whatever the suffix, `==1.4.*`. */
function withoutLastNumber(bound: Version): Version {
  return { ...bound, release: bound.release.slice(0, -1) }
}

/** PEP 440: `>V` "MUST NOT allow a post-release of the given version unless V itself is a post release". */
function isAbove(bound: Version, version: Version): boolean {
  if (bound.dev !== undefined) return compareVersions(version, { ...bound, dev: bound.dev + 1n }) >= 0
  if (bound.post !== undefined) return compareVersions(version, { ...bound, post: bound.post + 1n, dev: 0n }) >= 0
  const sameFamily = samePublic({ ...version, post: undefined, dev: undefined }, bound)
  return compareVersions(version, bound) > 0 && !sameFamily
}

/** PEP 440: `<V` "MUST NOT allow a pre-release of the specified version unless the specified version is itself" one. */
function isBelow(bound: Version, version: Version): boolean {
  return compareVersions(version, isPrerelease(bound) ? bound : { ...bound, dev: 0n }) < 0
}
