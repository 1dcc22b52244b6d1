/**
 * Python's `packaging` decides what names, filenames of wheels and tags mean: thousands of each are read by both, and what
 * differs must be one of the differences that are named here. FIRN_ORACLE_SEED chooses other texts, FIRN_ORACLE_SCALE
 * more of them.
 */
import { array, constantFrom, integer, nat, oneof, sample, string, tuple, type Arbitrary } from 'fast-check'
import { expect, it } from 'vitest'
import { isRegistryError } from '../../pool/errors.ts'
import { parseFilename } from '../../pool/filename.ts'
import { isProjectName, normaliseName, parseProjectName } from '../../pool/project-name.ts'
import { accepts, parseTarget } from '../../pool/target.ts'
import { normaliseVersion, parseVersion } from '../../pool/version.ts'
import { run, toolEnvironment } from '../support/python.ts'

const oracle = String.raw`
import json, sys
from packaging import _manylinux, _musllinux, tags
from packaging.utils import InvalidName, InvalidWheelFilename, canonicalize_name, parse_wheel_filename

# What packaging finds out of the machine it runs on is told to it instead.
_manylinux._have_compatible_abi = lambda executable, archs: True
_manylinux._get_manylinux_module = lambda: None

def platforms(target):
    family, arch, level = target["family"], target["arch"], target.get("level")
    if family == "manylinux":
        _manylinux._get_glibc_version = lambda: tuple(level)
        return [*_manylinux.platform_tags([arch]), "linux_" + arch]
    if family == "musllinux":
        _musllinux._get_musl_version = lambda executable: _musllinux._MuslVersion(*level)
        return [*_musllinux.platform_tags([arch]), "linux_" + arch]
    if family == "macosx":
        return list(tags.mac_platforms(tuple(level), arch))
    return ["win32" if arch == "x86" else "win_" + arch]

def supported(target):
    version, found = (target["major"], target["minor"]), platforms(target)
    if target["implementation"] == "cp":
        made = tags.cpython_tags(version, target["abis"], found)
    else:
        made = tags.generic_tags("pp%d%d" % version, target["abis"], found)
    interpreter = "%s%d%d" % (target["implementation"], *version)
    return {str(tag) for tag in [*made, *tags.compatible_tags(version, interpreter, found)]}

def name(text):
    try:
        return canonicalize_name(text, validate=True)
    except InvalidName:
        return None

def wheel(text):
    try:
        project, version, build, found = parse_wheel_filename(text)
    except InvalidWheelFilename:
        return None
    return [project, str(version), sorted(str(tag) for tag in found)]

data = json.load(sys.stdin)
sets = [supported(target) for target in data["targets"]]
json.dump({
    "name": [name(text) for text in data["name"]],
    "wheel": [wheel(text) for text in data["wheel"]],
    "tag": [tag in sets[target] for target, tag in data["tag"]],
}, sys.stdout)
`

const scale = Number(process.env['FIRN_ORACLE_SCALE'] ?? 1)
const seed = Number(process.env['FIRN_ORACLE_SEED'] ?? 1)
const many = <T>(made: Arbitrary<T>, count: number): T[] => sample(made, { seed, numRuns: count * scale })

const mangled = (text: Arbitrary<string>): Arbitrary<string> =>
  oneof(
    { weight: 6, arbitrary: text },
    tuple(
      text,
      nat(60),
      constantFrom('', '-', '.', '_', '__', ' ', '\n', '\u00e4', '\u0661', '/', '\\', '\0', '+', '!'),
    ).map(([whole, at, piece]) => `${whole.slice(0, at)}${piece}${whole.slice(at + 1)}`),
  )

const piece = constantFrom('a', 'Z', '0', '9', 'karl', 'Zope', '-', '_', '.', '--', '._', 'x1')
const names = oneof(
  mangled(array(piece, { minLength: 1, maxLength: 6 }).map((pieces) => pieces.join(''))),
  string({ unit: 'binary', maxLength: 6 }),
  constantFrom('a'.repeat(200), '\u212a', '\u0130x', 'a\n', ''),
)

const versions = constantFrom(
  '1',
  '1.0',
  '1.0.0',
  '3.30',
  '0.1a1',
  '1.0.post1',
  '1!2.0',
  '2.0.dev0',
  '1.0+local.1',
  '1.0_1',
  'v1',
  '01',
  '2004d',
  '1.0_osi1',
)
const pythons = constantFrom(
  'py3',
  'py2',
  'py2.py3',
  'py27',
  'py310',
  'py311',
  'py312',
  'py399',
  'cp27',
  'cp36',
  'cp37',
  'cp38',
  'cp3',
  'cp310',
  'cp311',
  'cp312',
  'cp313',
  'cp311.cp312',
  'pp310',
  'pp311',
  'pp37',
  'py',
  'CP311',
  'Py3',
)
const abis = constantFrom(
  'none',
  'none',
  'abi3',
  'cp27m',
  'cp27mu',
  'cp37m',
  'cp37',
  'cp310',
  'cp311',
  'cp312',
  'cp313',
  'cp313t',
  'cp311d',
  'pypy310_pp73',
  'pypy311_pp73',
  'abi3.none',
  'abi3t',
)
const linuxes = tuple(
  constantFrom(
    'manylinux1',
    'manylinux2010',
    'manylinux2014',
    'manylinux_2_5',
    'manylinux_2_12',
    'manylinux_2_16',
    'manylinux_2_17',
    'manylinux_2_18',
    'manylinux_2_28',
    'manylinux_2_39',
    'manylinux_1_17',
    'musllinux_1_0',
    'musllinux_1_1',
    'musllinux_1_2',
    'musllinux_2_0',
    'linux',
  ),
  constantFrom('x86_64', 'aarch64', 'i686', 'armv7l', 'ppc64le', 's390x'),
).map((both) => both.join('_'))
const macs = tuple(
  constantFrom('10_3', '10_4', '10_6', '10_9', '10_15', '10_16', '11_0', '11_3', '12_0', '14_0', '15_0'),
  constantFrom('x86_64', 'arm64', 'universal2', 'universal', 'intel', 'fat64', 'fat3', 'fat', 'i386'),
).map(([level, arch]) => `macosx_${level}_${arch}`)
const platforms = oneof(linuxes, macs, constantFrom('any', 'any', 'win32', 'win_amd64', 'win_arm64', 'win_ia64'))

const wheels = mangled(
  tuple(
    constantFrom('karl', 'Zope.Karl', 'a_b', 'a__b', '_a', 'a.', 'x', '9', 'k-r'),
    versions,
    constantFrom('', '', '', '1-', '20b-', 'b1-', '0-', '-'),
    pythons,
    abis,
    oneof(
      platforms,
      tuple(platforms, platforms).map((both) => both.join('.')),
    ),
  ).map(
    ([name, version, build, python, abi, platform]) => `${name}-${version}-${build}${python}-${abi}-${platform}.whl`,
  ),
)

const targets = [
  'cp311-manylinux_2_17_x86_64',
  'cp312-manylinux_2_28_aarch64',
  'cp310-manylinux_2_16_i686',
  'cp37-manylinux_2_28_x86_64',
  'cp27-manylinux_2_12_x86_64',
  'cp313-musllinux_1_1_x86_64',
  'cp312-musllinux_1_2_aarch64',
  'cp311-macosx_11_0_arm64',
  'cp312-macosx_14_0_arm64',
  'cp310-macosx_10_15_x86_64',
  'cp313-macosx_12_0_x86_64',
  'cp312-win_amd64',
  'cp311-win32',
  'cp313-win_arm64',
  'pp310-manylinux_2_28_x86_64',
].map(parseTarget)

/** The ABI of an interpreter as it is built by default; `m` went with 3.8, `u` is for wide Unicode in 2. */
function abisOf({ implementation, major, minor }: (typeof targets)[number]['python']): readonly string[] {
  if (implementation === 'pp') return ['pypy310_pp73']
  if (major === 2) return ['cp27mu', 'cp27m']
  return [`cp${major}${minor}${minor < 8 ? 'm' : ''}`]
}

const tags = tuple(integer({ min: 0, max: targets.length - 1 }), tuple(pythons, abis, platforms)).filter(([, parts]) =>
  parts.every((part) => !part.includes('.')),
)

function unlessRefused<T>(read: () => T): T | null {
  try {
    return read()
  } catch (error) {
    if (isRegistryError(error)) return null
    throw error
  }
}

const ours = {
  name: (text: string): unknown => unlessRefused(() => parseProjectName(text)),
  wheel: (text: string): unknown =>
    unlessRefused(() => {
      const { readings, tags } = parseFilename(text)
      const [{ name, version } = { name: '', version: '' }] = readings
      const each = tags?.pythons.flatMap((python) =>
        tags.abis.flatMap((abi) => tags.platforms.map((platform) => `${python}-${abi}-${platform}`.toLowerCase())),
      )
      return [normaliseName(name), normaliseVersion(version), [...new Set(each)].toSorted()]
    }),
  tag: ([target, [python, abi, platform]]: readonly [number, readonly [string, string, string]]): unknown => {
    const found = targets[target]
    return found && accepts(found, { pythons: [python], abis: [abi], platforms: [platform] })
  },
}

interface Difference {
  readonly kind: keyof typeof ours
  readonly text: string
  readonly firn: unknown
  readonly packaging: unknown
}

const partOf = (text: string, index: number): string => text.split('-')[index] ?? ''

/** Why an answer may be another one. */
const explained: Readonly<Record<string, (difference: Difference) => boolean>> = {
  'what becomes a path and a URL has only safe characters in it': ({ kind, text, firn }) =>
    kind === 'wheel' && firn === null && !/^[A-Za-z0-9_][A-Za-z0-9._+!-]*$/.test(text),
  'versions from before PEP 440 are served too': ({ kind, text, packaging }) =>
    kind === 'wheel' && packaging === null && parseVersion(partOf(text, 1)) === undefined,
  'no project has such a name, so the file agrees with no metadata': ({ kind, text }) =>
    kind === 'wheel' && !isProjectName(partOf(text, 0)),
  'names that are escaped as before PEP 625 may have "__"': ({ kind, text, packaging }) =>
    kind === 'wheel' && packaging === null && partOf(text, 0).includes('__'),
}

it('agrees with packaging 26.3 on names, filenames of wheels and tags', { timeout: 900_000 }, async () => {
  const asked = { name: many(names, 7000), wheel: many(wheels, 7000), tag: many(tags, 12_000) }
  const { python } = await toolEnvironment('packaging', ['packaging==26.3'])
  const told = targets.map(({ python: interpreter, platform }) => ({
    ...interpreter,
    abis: abisOf(interpreter),
    ...platform,
  }))
  const input = JSON.stringify({
    ...asked,
    tag: asked.tag.map(([target, parts]) => [target, parts.join('-')]),
    targets: told,
  })
  const { code, stdout, stderr } = await run(python, ['-W', 'ignore', '-c', oracle], { input })
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  const theirs = JSON.parse(stdout) as Record<keyof typeof ours, readonly unknown[]>
  const found: readonly Difference[] = [
    ...asked.name.map((text, at) => ({
      kind: 'name' as const,
      text,
      firn: ours.name(text),
      packaging: theirs.name[at],
    })),
    ...asked.wheel.map((text, at) => ({
      kind: 'wheel' as const,
      text,
      firn: ours.wheel(text),
      packaging: theirs.wheel[at],
    })),
    ...asked.tag.map((each, at) => ({
      kind: 'tag' as const,
      text: `${targets[each[0]]?.text} ${each[1].join('-')}`,
      firn: ours.tag(each),
      packaging: theirs.tag[at],
    })),
  ]
  expect(found.length).toBeGreaterThanOrEqual(20_000)
  const different = found.filter(({ firn, packaging }) => JSON.stringify(firn) !== JSON.stringify(packaging))
  const left = different.filter((each) => !Object.values(explained).some((holds) => holds(each)))
  const shown = left.map((each) => JSON.stringify(each))
  expect([...new Set(shown)].slice(0, 40), `${left.length} of ${found.length} differ`).toEqual([])
})
