/**
 * Python's `packaging` decides what is right: both read thousands of generated texts, and every answer must be equal.
 * FIRN_ORACLE_SEED chooses other texts, FIRN_ORACLE_SCALE more of them.
 */
import { expect, it } from 'vitest'
import { isRegistryError } from '../../pool/errors.ts'
import { evaluateMarker, parseMarker, printMarker } from '../../pool/marker.ts'
import { parseRequirement, printRequirement } from '../../pool/requirement.ts'
import { contains, parseSpecifierSet, printSpecifierSet } from '../../pool/specifier.ts'
import { markerEnvironment, parseTarget } from '../../pool/target.ts'
import { compareVersions, isPrerelease, parseVersion, printVersion } from '../../pool/version.ts'
import { run, toolEnvironment } from '../support/python.ts'

const linux = { ...markerEnvironment(parseTarget('cp311-manylinux_x86_64')), platform_release: '6.1.0-13-amd64' }
const windows = markerEnvironment(parseTarget('cp39-win_amd64'))
const pypy = markerEnvironment(parseTarget('pp310-macosx_arm64'))
const environments = [
  { values: { ...linux, extra: '' }, sets: {} },
  { values: { ...windows, extra: 'Foo.Bar' }, sets: { extras: ['foo-bar', 'Test'], dependency_groups: ['Dev'] } },
  { values: { ...pypy, python_full_version: '3.13.0a1+', extra: 'test' }, sets: { extras: [] } },
]

const oracle = String.raw`
import json, sys
from packaging.markers import InvalidMarker, Marker, UndefinedComparison, UndefinedEnvironmentName
from packaging.requirements import InvalidRequirement, Requirement
from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.version import InvalidVersion, Version

def either(function, error, otherwise):
    try:
        return function()
    except error:
        return otherwise

def holds(text, version):
    s = SpecifierSet(text)
    parsed = either(lambda: Version(version), InvalidVersion, version)
    return [s.contains(version, prereleases=p) for p in (None, True, False)] + [s.contains(parsed)]

def marker(text):
    m = Marker(text)
    def evaluate(e):
        e = e["values"] | {name: set(value) for name, value in e["sets"].items()}
        return either(lambda: m.evaluate(e), (UndefinedComparison, UndefinedEnvironmentName), "undefined")
    return ([] if "\\" in text else [str(m)]) + [evaluate(e) for e in data["environments"]]

def requirement(text):
    r = Requirement(text)
    printed = [] if "\\" in text else [r.marker and str(r.marker), str(r)]
    return [r.name, sorted(r.extras), str(r.specifier), r.url] + printed

kinds = {
    "version": lambda text: [str(Version(text)), Version(text).is_prerelease],
    "order": lambda a, b: (Version(a) > Version(b)) - (Version(a) < Version(b)),
    "specifier": lambda text: str(SpecifierSet(text)),
    "holds": holds, "marker": marker, "requirement": requirement,
}
invalid = InvalidMarker, InvalidRequirement, InvalidSpecifier, InvalidVersion
data = json.load(sys.stdin)
json.dump([either(lambda: kinds[kind](*texts), invalid, None) for kind, *texts in data["cases"]], sys.stdout)
`

const ours = {
  version(text: string): unknown {
    const version = parseVersion(text)
    return version ? [printVersion(version), isPrerelease(version)] : null
  },
  order(a: string, b: string): unknown {
    const [left, right] = [parseVersion(a), parseVersion(b)]
    return left && right ? compareVersions(left, right) : null
  },
  specifier(text: string): unknown {
    const set = parseSpecifierSet(text)
    return set ? printSpecifierSet(set) : null
  },
  holds(text: string, version: string): unknown {
    const set = parseSpecifierSet(text)
    if (!set) return null
    const answers = [undefined, true, false].map((prereleases) => contains(set, version, { prereleases }))
    return [...answers, contains(set, parseVersion(version) ?? version)]
  },
  marker(text: string): unknown {
    const marker = parseMarker(text)
    const answers = environments.map(({ values, sets }) => {
      const sameSets = Object.fromEntries(Object.entries(sets).map(([name, items]) => [name, new Set(items)]))
      return unlessInvalid(() => evaluateMarker(marker, { ...values, ...sameSets }), 'undefined')
    })
    return [...(text.includes('\\') ? [] : [printMarker(marker)]), ...answers]
  },
  requirement(text: string): unknown {
    const requirement = parseRequirement(text)
    const { name, extras, specifier, url = null, marker } = requirement
    const printed = () => [marker ? printMarker(marker) : null, printRequirement(requirement)]
    return [name, extras, printSpecifierSet(specifier), url, ...(text.includes('\\') ? [] : printed())]
  },
}

function unlessInvalid(read: () => unknown, otherwise: unknown): unknown {
  try {
    return read()
  } catch (error) {
    if (isRegistryError(error, 'requirement-invalid')) return otherwise
    throw error
  }
}

const scale = Number(process.env['FIRN_ORACLE_SCALE'] ?? 1)
let state = Math.imul(Number(process.env['FIRN_ORACLE_SEED'] ?? 1), 2654435761)

/** A linear congruential generator (Numerical Recipes): the same texts for the same seed on every machine. */
function random(): number {
  state = (Math.imul(state, 1664525) + 1013904223) >>> 0
  return state / 2 ** 32
}

const below = (limit: number): number => Math.floor(random() * limit)
const oneOf = (...texts: readonly string[]): string => texts[below(texts.length)] ?? ''
const word = (words: string): string => oneOf(...words.split(' '))
const maybe = (chance: number, make: () => string): string => (random() < chance ? make() : '')

function several(make: () => string, most: number, between: () => string): string {
  let text = make()
  for (let left = below(most); left > 0; left -= 1) text += between() + make()
  return text
}

const characters = ' \t\n.,;()[]@\'"=<>~!+-_*v0a9é٣\u0085\u2003\uFEFF\u001C\\xX'
const nasty = ['', '.*', '===', ' and ', '.dev', ...Array.from(characters)]

/** Now and then with some characters too many or too few. */
function damaged(chance: number, text: string): string {
  if (random() >= chance) return text
  const at = below(text.length + 1)
  return text.slice(0, at) + oneOf(...nasty) + text.slice(at + below(3))
}

const gap = (): string => oneOf('', '', ' ', ' ', '  ', '\t', ' \t')
const padded = (text: string): string => oneOf(text, text, text, `${oneOf(' \t', '\u2003\n', '\uFEFF')}${text}\u0085`)
const number = (): string => word('0 1 1 1 1 2 2 2 3 01 007 10 9007199254740992 9007199254740993')
const mark = (): string => oneOf('', '', '', '.', '-', '_')
const numbered = (words: string): string => mark() + word(words) + mark() + maybe(0.8, number)
const dotted = (): string => several(number, 4, () => '.')
const release = (): string => oneOf(word('1 1 1.0 1.0 1.0.0 1.1 0 0.0 1.0.1'), word('1 1.0 1.0.0 1.1'), dotted())
const localPart = (): string => word('0 1 01 2 abc ABC 1a ubuntu')
const local = (): string => `+${several(localPart, 3, () => word('. - _'))}`

function publicVersion(): string {
  const start = maybe(0.06, () => word('v V')) + maybe(0.1, () => word('0! 1!')) + release()
  const pre = maybe(0.3, () => numbered('a b c rc a b rc alpha beta pre preview A RC Beta'))
  const post = maybe(0.25, () => oneOf(`-${number()}`, numbered('post rev r POST post')))
  return start + pre + post + maybe(0.2, () => numbered('dev dev DEV'))
}

const legacy = (): string => word('2004d 0.9.8.0-osi1 1.0-SNAPSHOT dev foobar')
const version = (): string => damaged(0.03, publicVersion() + maybe(0.2, local))
const anyVersion = (): string => padded(random() < 0.15 ? legacy() : version())

function clause(): string {
  const operator = word('== != ~= <= >= < > == != < > ===')
  const isEquality = operator === '==' || operator === '!='
  const special = isEquality ? oneOf(`${release()}.*`, publicVersion() + local()) : publicVersion()
  const bound = maybe(operator === '===' ? 0.3 : 0.02, legacy) || oneOf(publicVersion(), special)
  return operator + maybe(0.2, gap) + damaged(0.02, bound)
}

// Around one release, where the rules for pre-, post-, dev and local versions meet.
const nearSuffix = (): string => word('   a1 rc1') + word('  .post0 .post1') + word('  .dev0 .dev1')
const near = (): string => word('1 1.0 1.0.0 1.0 1.0 1.1 1!1') + nearSuffix()
const nearClause = (): string => oneOf(word('== != <= >= < > < > ~=') + near(), word('==1.0.* !=1.* ==1.0+a !=1+a.1'))

const comma = (): string => damaged(0.02, oneOf(',', ',', ', ', ' , '))
const clauses = (): string => maybe(0.98, () => several(clause, 3, comma)) + maybe(0.03, () => ',')

const quoted = (text: string): string => oneOf(`"${text}"`, `'${text}'`)
const versioned = 'python_version python_full_version implementation_version platform_release python_version'
const plain =
  'os_name os.name sys_platform sys.platform platform_system platform_machine platform_version platform.version extra ' +
  'platform.machine python_implementation platform.python_implementation platform_python_implementation implementation_name'
const sets = 'extras dependency_groups extra'
const values = 'posix nt linux win32 Linux cpython CPython foo Foo_Bar foo.bar test dev SMP 6.1.0-13-amd64 os_name lin'
const odd = String.raw`\x41 \n \t\q \101 a\\b \u00e9 \U0001F600 \U00110000 \x4 \' \" \0 it's say" \X41 \8`
const pythons = () => oneOf(word('3.9 3.11 3.13 3.9.* 3.11.7 3.9.0b1 3.13.0a1 3.13.0a1+local'), publicVersion())

function operand(): string {
  const text = quoted(oneOf(word(values), pythons(), word(odd)))
  return oneOf(text, text, word(versioned), word(plain), word(sets))
}

function comparison(): string {
  const operator =
    gap() + word('== != ~= <= >= < > === in == != in').replace('in', oneOf('in', 'not in', 'not \tin')) + gap()
  const usual = [
    word(versioned) + operator + quoted(pythons()),
    quoted(pythons()) + operator + word(versioned),
    word(plain) + operator + quoted(word(values)),
    quoted(word(values)) + operator + word(sets),
  ]
  return oneOf(...usual, ...usual, operand() + operator + operand())
}

function marker(depth = 0): string {
  const part = (): string => (depth < 3 && random() < 0.3 ? `(${gap()}${marker(depth + 1)})` : comparison())
  return several(part, 4 - depth, () =>
    word('and or')
      .padStart(3 + below(2))
      .padEnd(4 + below(2)),
  )
}

function requirement(): string {
  const name = word('Zope.Interface zope-interface a A_b foo_ foo1 3to2 x--y')
  const extra = (): string => word('docs Test foo_bar z9 a-b docs')
  const extras = `[${gap()}${maybe(0.9, () => several(extra, 3, comma))}${gap()}]`
  const url = `@${gap()}${word('https://x.org/a-1.0.zip file:///a;b git+https://g/x@v1#egg=a')}${gap()}`
  const what = oneOf(clauses(), clauses(), `(${gap()}${clauses()}${gap()})`, url, '')
  return (
    maybe(0.05, gap) + name + gap() + maybe(0.3, () => extras + gap()) + what + gap() + maybe(0.5, () => `;${marker()}`)
  )
}

function cases(kind: keyof typeof ours, count: number, ...makers: readonly (() => string)[]) {
  return Array.from({ length: count * scale }, () => [kind, ...makers.map((make) => make())] as const)
}

it('agrees with packaging 26.3 on every generated text', { timeout: 900_000 }, async () => {
  const asked = [
    ...cases('version', 4000, () => damaged(0.1, anyVersion())),
    ...cases('order', 6000, version, version),
    ...cases('specifier', 3000, () => padded(damaged(0.1, clauses()))),
    ...cases('holds', 6000, clauses, anyVersion),
    ...cases('holds', 9000, nearClause, () => near() + word('   +a +a.1')),
    ...cases('requirement', 5000, () => damaged(0.15, requirement())),
    ...cases('marker', 5000, () => damaged(0.1, marker())),
  ]
  const { python } = await toolEnvironment('packaging', ['packaging==26.3'])
  const input = JSON.stringify({ cases: asked, environments })
  const { code, stdout, stderr } = await run(python, ['-W', 'ignore', '-c', oracle], { input })
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  const theirs: readonly unknown[] = JSON.parse(stdout)
  const mismatches = asked.flatMap((question, index) => {
    const [kind, first = '', second = ''] = question
    const firn = JSON.stringify(unlessInvalid(() => ours[kind](first, second), null))
    const packaging = JSON.stringify(theirs[index])
    return firn === packaging ? [] : [`${JSON.stringify(question)}: packaging ${packaging}, firn ${firn}`]
  })
  expect(theirs.length).toBeGreaterThanOrEqual(20_000)
  expect(mismatches.slice(0, 40), `${mismatches.length} of ${asked.length} differ`).toEqual([])
})
