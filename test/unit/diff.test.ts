import { describe, expect, it } from 'vitest'
import { diffPins } from '../../pool/diff/pins-diff.ts'
import type { DiffSide, ProjectDiff } from '../../pool/diff/project-diff.ts'
import { diffReleases } from '../../pool/diff/release-diff.ts'
import type { DistributionFacts } from '../../pool/facts.ts'
import { readManifest, type Manifest, type ManifestFile, type ManifestWaiver } from '../../pool/manifest.ts'
import { readPins } from '../../pool/pins/read-pins.ts'
import { normaliseName, parseProjectName } from '../../pool/project-name.ts'
import { parseTarget } from '../../pool/target.ts'

/** `six-1.17.tar.gz`, or `six-1.17.tar.gz#other` for other bytes under that name. */
function file(text: string): ManifestFile {
  const [filename = '', salt = 'a'] = text.split('#')
  const [, name = '', version = ''] = /^(.*?)-(\d[^-]*?)(?:-py3-none-any\.whl|\.tar\.gz)$/.exec(filename) ?? []
  return {
    filename,
    project: parseProjectName(name),
    name,
    version,
    kind: 'sdist',
    size: 1,
    sha256: `${filename}#${salt}`,
    'metadata-sha256': 'f'.repeat(64),
    'requires-python': null,
    'upload-time': '2026-11-24T11:13:00.000Z',
    origin: null,
  }
}

function manifest(files: readonly string[], more: Partial<Manifest> = {}): Manifest {
  const all = files.map(file)
  const pins = [
    ...new Map(all.map(({ project, name, version }) => [project, { project, name, version, marker: null }])),
  ]
  const text = JSON.stringify({ schema: 'firn-release/1', product: 'karl', release: '1', base: null, waivers: [] })
  return { ...readManifest(text), targets: ['cp311-any'], files: all, pins: pins.map(([, pin]) => pin), ...more }
}

function side(files: readonly string[], more: Partial<Manifest> = {}, facts: DiffSide['facts'] = new Map()): DiffSide {
  return { manifest: manifest(files, more), facts }
}

function facts(requires: readonly string[] | null, licence: Partial<DistributionFacts['licence']> = {}) {
  const statement = { expression: null, text: null, classifiers: [], ...licence }
  return { requires, extras: [], buildRequires: [], licence: statement, sboms: [] } satisfies DistributionFacts
}

const none = { marker: null, files: null, dependencies: null, licence: null }
const six = { project: normaliseName('six'), name: 'six' }

describe('a project differs', () => {
  it.each<[string, readonly string[], readonly string[], Partial<ProjectDiff> | undefined]>([
    ['not at all', ['six-1.17.tar.gz'], ['six-1.17.tar.gz'], undefined],
    ['by being new', [], ['six-1.17.tar.gz'], { change: 'added', from: null, to: '1.17' }],
    ['by being gone', ['six-1.17.tar.gz'], [], { change: 'removed', from: '1.17', to: null }],
    ['by a higher version', ['six-1.9.tar.gz'], ['six-1.17.tar.gz'], { change: 'up', from: '1.9', to: '1.17' }],
    ['by a lower version', ['six-1.17.tar.gz'], ['six-1.9.tar.gz'], { change: 'down', from: '1.17', to: '1.9' }],
    ['by a final release', ['six-1.0rc1.tar.gz'], ['six-1.0.tar.gz'], { change: 'up', from: '1.0rc1', to: '1.0' }],
    [
      'by the same version spelled otherwise, which is another file',
      ['six-1.0.tar.gz'],
      ['six-1.0.0.tar.gz'],
      {
        change: 'files',
        from: '1.0',
        to: '1.0.0',
        files: { added: ['six-1.0.0.tar.gz'], removed: ['six-1.0.tar.gz'], changed: [] },
      },
    ],
    [
      'by a wheel beside the sdist',
      ['six-1.17.tar.gz'],
      ['six-1.17-py3-none-any.whl', 'six-1.17.tar.gz'],
      {
        change: 'files',
        from: '1.17',
        to: '1.17',
        files: { added: ['six-1.17-py3-none-any.whl'], removed: [], changed: [] },
      },
    ],
    [
      'by other bytes under the same filename',
      ['six-1.17.tar.gz'],
      ['six-1.17.tar.gz#b'],
      { change: 'files', from: '1.17', to: '1.17', files: { added: [], removed: [], changed: ['six-1.17.tar.gz'] } },
    ],
  ])('%s', (_, from, to, expected) => {
    const { projects, same } = diffReleases(side(from), side(to))
    expect(projects).toEqual(expected ? [{ ...six, ...none, ...expected }] : [])
    expect(same).toBe(expected === undefined)
  })

  it('by where it is installed', () => {
    const pins = [{ ...six, version: '1.17', marker: 'python_version < "3.12"' }]
    const { projects } = diffReleases(side(['six-1.17.tar.gz']), side(['six-1.17.tar.gz'], { pins }))
    expect(projects).toEqual([
      {
        ...six,
        ...none,
        change: 'marker',
        from: '1.17',
        to: '1.17',
        files: { added: [], removed: [], changed: [] },
        marker: { from: null, to: 'python_version < "3.12"' },
      },
    ])
  })
})

describe('what a project requires, and its licence,', () => {
  it.each<[string, DistributionFacts, DistributionFacts, Pick<ProjectDiff, 'dependencies' | 'licence'>]>([
    [
      'differ',
      facts(['a>=1', 'b'], { text: 'BSD' }),
      facts(['a>=2', 'b'], { expression: 'MIT', text: 'ignored' }),
      { dependencies: { added: ['a>=2'], removed: ['a>=1'], unknown: null }, licence: { from: 'BSD', to: 'MIT' } },
    ],
    ['do not differ by spelling', facts(['a (>=1, <2)']), facts(['a<2,>=1']), { dependencies: null, licence: null }],
    [
      'are unknown before',
      facts(null),
      facts(['a'], { classifiers: ['License :: OSI Approved :: BSD License', 'License :: Other'] }),
      {
        dependencies: { added: [], removed: [], unknown: 'from' },
        licence: { from: null, to: 'BSD License, Other' },
      },
    ],
    [
      'are unknown now',
      facts(['a']),
      facts(null),
      { dependencies: { added: [], removed: [], unknown: 'to' }, licence: null },
    ],
    ['are unknown both times', facts(null), facts(null), { dependencies: null, licence: null }],
    [
      'are compared as text where nobody can read them',
      facts(['a b c']),
      facts([]),
      { dependencies: { added: [], removed: ['a b c'], unknown: null }, licence: null },
    ],
  ])('%s', (_, before, after, expected) => {
    const from = side(['six-1.0.tar.gz'], {}, new Map([['six-1.0.tar.gz#a', before]]))
    const to = side(['six-2.0.tar.gz'], {}, new Map([['six-2.0.tar.gz#a', after]]))
    const [project] = diffReleases(from, to).projects
    expect(project).toEqual({ ...six, ...none, change: 'up', from: '1.0', to: '2.0', ...expected })
  })

  it('are left out where nothing was read', () => {
    const from = side(['six-1.0.tar.gz'])
    const to = side(['six-2.0.tar.gz'], {}, new Map([['six-2.0.tar.gz#a', facts(['a'])]]))
    expect(diffReleases(from, to).projects).toEqual([{ ...six, ...none, change: 'up', from: '1.0', to: '2.0' }])
  })
})

describe('releases differ', () => {
  const waiver: ManifestWaiver = {
    rule: 'closure',
    project: six.project,
    reason: 'on the hosts',
    by: 'jan',
    until: null,
    waived: ['six is lacking'],
  }
  const base = { product: 'karl', release: '3.29', digest: 'd'.repeat(64) }

  it('by targets, waivers and base', () => {
    const kept = { ...waiver, rule: 'age' as const }
    const later = { ...kept, until: '2027-01-31' }
    const gone = { ...waiver, rule: 'yanked' as const }
    const from = side([], { targets: ['cp310-any', 'cp311-any'], waivers: [kept, gone] })
    const to = side([], { targets: ['cp311-any', 'cp312-any'], waivers: [waiver, later], base })
    expect(diffReleases(from, to)).toEqual({
      same: false,
      projects: [],
      targets: { added: ['cp312-any'], removed: ['cp310-any'] },
      waivers: { added: [waiver], removed: [gone], changed: [{ from: kept, to: later }] },
      base: { from: null, to: 'karl/3.29' },
    })
  })

  it('not by who froze them, when, from what and under which name', () => {
    const more = { release: '2', roots: ['six==1.17'], 'frozen-by': 'eva', 'frozen-at': '2027-01-01T00:00:00.000Z' }
    expect(diffReleases(side(['six-1.17.tar.gz']), side(['six-1.17.tar.gz'], more))).toEqual({
      same: true,
      projects: [],
      targets: { added: [], removed: [] },
      waivers: { added: [], removed: [], changed: [] },
      base: null,
    })
  })
})

describe('pins differ from a release', () => {
  const linux = parseTarget('cp311-manylinux_x86_64')
  const other = 'a'.repeat(64)
  const held = 'b'.repeat(64)
  const release = manifest(['six-1.17.tar.gz', 'tomli-2.0.tar.gz'], {
    pins: [
      { ...six, version: '1.17', marker: null },
      { project: normaliseName('tomli'), name: 'tomli', version: '2.0', marker: 'python_version < "3.11"' },
    ],
    files: [{ ...file('six-1.17.tar.gz'), sha256: held }],
  })
  const old = parseTarget('cp310-manylinux_x86_64')

  it.each<[string, string, readonly (readonly [string, ProjectDiff['change'], string | null, string | null])[]]>([
    ['not at all', 'six==1.17\n', []],
    ['not by another spelling', 'Six==1.17.0\n', []],
    ['not by hashes that allow more', `six==1.17 --hash=sha256:${other} --hash=sha256:${held}\n`, []],
    [
      'by a hash that does not allow the file',
      `six==1.17 --hash=sha256:${other}\n`,
      [['six', 'files', '1.17', '1.17']],
    ],
    ['by a newer one', 'six==1.18\n', [['six', 'up', '1.17', '1.18']]],
    ['by an older one', 'six==1.9\n', [['six', 'down', '1.17', '1.9']]],
    [
      'by more and less',
      'pip==24\n',
      [
        ['pip', 'added', null, '24'],
        ['six', 'removed', '1.17', null],
      ],
    ],
  ])('%s', (_, text, expected) => {
    const { pins } = readPins([{ name: 'pins', text }], [linux])
    const found = diffPins(release, pins, [linux])
    expect(found.map(({ name, change, from, to }) => [name, change, from, to])).toEqual(expected)
  })

  it('by those of the release alone that are installed there', () => {
    const { pins } = readPins([{ name: 'pins', text: 'six==1.17\n' }], [linux])
    expect(diffPins(release, pins, [old]).map(({ name }) => name)).toEqual(['tomli'])
    expect(diffPins(release, pins, []).map(({ name }) => name)).toEqual(['tomli'])
  })
})
