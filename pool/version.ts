/**
 * Versions after PEP 440, and the older texts that a pool still holds.
 * https://packaging.python.org/en/latest/specifications/version-specifiers/
 */

export interface PreRelease {
  readonly letter: 'a' | 'b' | 'rc'
  readonly number: bigint
}

/** A parsed PEP 440 version. Numbers are bigints: calendar and build numbers above 2^53 exist. */
export interface Version {
  readonly epoch: bigint
  /** As written, trailing zeros included: `1.0` and `1.0.0` are equal but print differently. */
  readonly release: readonly bigint[]
  readonly pre: PreRelease | undefined
  readonly post: bigint | undefined
  readonly dev: bigint | undefined
  readonly local: readonly (bigint | string)[] | undefined
}

/** Class body of what Python calls white space. JavaScript's `\s` has U+FEFF and lacks U+0085 and U+001C to U+001F. */
export const pythonSpace = String.raw`\t-\r\x1c-\x20\x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000`

const space = new RegExp(`[${pythonSpace}]`)

const pattern = new RegExp(
  [
    String.raw`^v?(?:(?<epoch>[0-9]+)!)?(?<release>[0-9]+(?:\.[0-9]+)*)`,
    String.raw`(?:[._-]?(?<pre>alpha|a|beta|b|preview|pre|c|rc)[._-]?(?<preNumber>[0-9]+)?)?`,
    String.raw`(?:-(?<bare>[0-9]+)|[._-]?(?<post>post|rev|r)[._-]?(?<postNumber>[0-9]+)?)?`,
    String.raw`(?:[._-]?(?<dev>dev)[._-]?(?<devNumber>[0-9]+)?)?`,
    String.raw`(?:\+(?<local>[a-z0-9]+(?:[._-][a-z0-9]+)*))?$`,
  ].join(''),
  'i',
)

// CPython refuses to read longer integers; here the limit keeps hostile text from costing quadratic time.
const tooManyDigits = /[0-9]{4301}/

/** `str.strip()` of Python. */
export function trimSpace(text: string): string {
  let start = 0
  let end = text.length
  while (start < end && space.test(text.charAt(start))) start += 1
  while (end > start && space.test(text.charAt(end - 1))) end -= 1
  return text.slice(start, end)
}

/** Reads a PEP 440 version in any of its spellings, white space around it allowed; undefined if it is none. */
export function parseVersion(text: string): Version | undefined {
  const groups = pattern.exec(trimSpace(text))?.groups
  if (!groups || tooManyDigits.test(text)) return undefined
  const { epoch, release, pre, preNumber, bare, post, postNumber, dev, devNumber, local } = groups
  return {
    epoch: BigInt(epoch ?? 0),
    release: (release ?? '').split('.').map(BigInt),
    pre: pre === undefined ? undefined : { letter: preLetter(pre), number: BigInt(preNumber ?? 0) },
    post: bare === undefined && post === undefined ? undefined : BigInt(bare ?? postNumber ?? 0),
    dev: dev === undefined ? undefined : BigInt(devNumber ?? 0),
    local: local?.split(/[._-]/).map(localSegment),
  }
}

function preLetter(spelling: string): PreRelease['letter'] {
  const word = spelling.toLowerCase()
  if (word === 'a' || word === 'alpha') return 'a'
  return word === 'b' || word === 'beta' ? 'b' : 'rc'
}

function localSegment(text: string): bigint | string {
  return /^[0-9]+$/.test(text) ? BigInt(text) : text.toLowerCase()
}

/** The normal form of PEP 440. Trailing zeros of the release stay: `v1.0-ALPHA` prints as `1.0a0`. */
export function printVersion({ epoch, release, pre, post, dev, local }: Version): string {
  return [
    epoch === 0n ? '' : `${epoch}!`,
    release.join('.'),
    pre ? `${pre.letter}${pre.number}` : '',
    post === undefined ? '' : `.post${post}`,
    dev === undefined ? '' : `.dev${dev}`,
    local ? `+${local.join('.')}` : '',
  ].join('')
}

/** PEP 440: "developmental releases … are also pre-releases". */
export function isPrerelease(version: Version): boolean {
  return version.pre !== undefined || version.dev !== undefined
}

/** The order of PEP 440; 0 for versions that are equal under it, as 1.0 and 1.0.0 are. */
export function compareVersions(a: Version, b: Version): number {
  return (
    compareNumbers([a.epoch], [b.epoch]) ||
    compareNumbers(a.release, b.release) ||
    compareNumbers(suffix(a), suffix(b)) ||
    compareLocals(a.local, b.local)
  )
}

/** PEP 440 pads the shorter release with zeros. */
function compareNumbers(a: readonly bigint[], b: readonly bigint[]): number {
  for (let index = 0; index < Math.max(a.length, b.length); index += 1) {
    const left = a[index] ?? 0n
    const right = b[index] ?? 0n
    if (left !== right) return left < right ? -1 : 1
  }
  return 0
}

const preRanks = { a: 0n, b: 1n, rc: 2n } as const

/** What follows the release, as numbers: dev-only < a < b < rc < final; no post < post; dev < no dev. */
function suffix({ pre, post, dev }: Version): readonly bigint[] {
  const finalRank = post === undefined && dev !== undefined ? -1n : 3n
  return [
    pre ? preRanks[pre.letter] : finalRank,
    pre?.number ?? 0n,
    post === undefined ? 0n : 1n,
    post ?? 0n,
    dev === undefined ? 1n : 0n,
    dev ?? 0n,
  ]
}

function compareLocals(a: Version['local'] = [], b: Version['local'] = []): number {
  for (let index = 0; index < Math.min(a.length, b.length); index += 1) {
    const order = compareLocalSegments(a[index] ?? 0n, b[index] ?? 0n)
    if (order !== 0) return order
  }
  return Math.sign(a.length - b.length)
}

function compareLocalSegments(a: bigint | string, b: bigint | string): number {
  if (a === b) return 0
  if (typeof a !== typeof b) return typeof a === 'string' ? -1 : 1
  return a < b ? -1 : 1
}

/** The normal form if the text is a PEP 440 version; legacy text (`2004d`, `1.0-SNAPSHOT`) only trimmed. */
export function normaliseVersion(text: string): string {
  const version = parseVersion(text)
  return version ? printVersion(version) : trimSpace(text)
}

/** Whether two texts name one version: by PEP 440 (1.0, 1.0.0 and v1.0 do), legacy texts by their characters. */
export function sameVersion(a: string, b: string): boolean {
  const left = parseVersion(a)
  const right = parseVersion(b)
  if (left && right) return compareVersions(left, right) === 0
  return !left && !right && trimSpace(a) === trimSpace(b)
}

/** A text that is the same for the versions that `sameVersion` takes for one, and for no others. */
export function versionKey(text: string): string {
  const version = parseVersion(text)
  if (!version) return trimSpace(text)
  const significant = version.release.findLastIndex((number) => number !== 0n)
  return printVersion({ ...version, release: version.release.slice(0, Math.max(1, significant + 1)) })
}

/**
 * A total order of version texts: PEP 440 versions ascending, then legacy texts by code point. Texts of equal versions
 * (1.0, 1.0.0) are ordered by code point too, so 0 means the very same text and a sorted list has one order only.
 */
export function compareVersionTexts(a: string, b: string): number {
  const left = parseVersion(a)
  const right = parseVersion(b)
  if (left && right) return compareVersions(left, right) || compareCodePoints(a, b)
  if (left) return -1
  return right ? 1 : compareCodePoints(a, b)
}

/** The order in which Python sorts text. JavaScript's `<` puts characters above U+FFFF before U+E000 to U+FFFF. */
export function compareCodePoints(a: string, b: string): number {
  for (let index = 0; index < Math.min(a.length, b.length); index += 1) {
    const left = a.charCodeAt(index)
    const right = b.charCodeAt(index)
    if (left !== right) return rankOfUnit(left) < rankOfUnit(right) ? -1 : 1
  }
  return Math.sign(a.length - b.length)
}

function rankOfUnit(unit: number): number {
  const isSurrogate = unit >= 0xd800 && unit <= 0xdfff
  return isSurrogate ? unit + 0x10000 : unit
}
