import { describe, expect, it } from 'vitest'
import { layOver, withoutProblems, type FilledPin } from '../../pool/base.ts'
import type { Distribution } from '../../pool/distribution.ts'
import { freeze } from '../../pool/freeze.ts'
import { describeDifference, type Manifest } from '../../pool/manifest.ts'
import { readPins } from '../../pool/pins/read-pins.ts'
import { parseProjectName } from '../../pool/project-name.ts'
import type { ReleaseName } from '../../pool/release-name.ts'
import { parseTarget } from '../../pool/target.ts'

const at = '2026-11-25T12:00:00.000Z'

function file(name: string, version: string, digit: string, tag = 'py3-none-any'): Distribution {
  return {
    filename: `${name}-${version}-${tag}.whl`,
    project: parseProjectName(name),
    name,
    version,
    kind: 'wheel',
    size: 10,
    sha256: digit.repeat(64),
    metadataSha256: 'f'.repeat(64),
    requiresPython: null,
    uploadTime: at,
    origin: null,
    product: null,
    yanked: null,
    provenanceSha256: null,
  }
}

const pool = [file('karl', '3.30', '1'), file('lxml', '4.9', '2'), file('lxml', '5.2', '3'), file('tomli', '2.0', '4')]
const gained = [...pool, file('lxml', '4.9', '5', 'cp311-cp311-win_amd64')]

interface Wanted {
  readonly base?: Manifest
  readonly without?: readonly string[]
  readonly files?: readonly Distribution[]
}

function frozen(name: ReleaseName, text: string, { base, without = [], files = pool }: Wanted = {}) {
  const targets = [parseTarget('cp311-manylinux_x86_64')]
  const { pins, roots } = readPins(text === '' ? [] : [{ name: 'pins', text }], targets)
  return freeze({
    name,
    base: base && { manifest: base, digest: 'd'.repeat(64) },
    without: without.map(parseProjectName),
    pins,
    roots,
    targets,
    filesOf: (project) => files.filter((each) => each.project === project),
    at,
    by: 'anonymous',
  })
}

const karl = frozen(
  { product: 'karl', release: '3.30' },
  'karl==3.30\nlxml==4.9\ntomli==2.0 ; python_version < "3.12"\n',
).manifest
const acme = { product: 'acme', release: '2026.11.1' }

function shown({ pins, files, overrides }: Pick<Manifest, 'pins' | 'files' | 'overrides'>): object {
  return {
    pins: pins.map(({ name, version, marker }) => `${name}==${version}${marker === null ? '' : ` ; ${marker}`}`),
    files: files.map(({ sha256 }) => sha256[0]).join(''),
    overrides: overrides.map(({ name, from, to }) => `${name} ${from} ${to ?? 'out'}`),
  }
}

function stated(digit: string): string {
  return `lxml==4.9 --hash=sha256:${digit.repeat(64)}`
}

const tomli = 'tomli==2.0 ; python_version < "3.12"'

describe('a release laid over a base', () => {
  it.each<[string, string, readonly string[], object]>([
    ['is all of it', '', [], { pins: ['karl==3.30', 'lxml==4.9', tomli], files: '124', overrides: [] }],
    [
      'has another version instead',
      'LXML==5.2',
      [],
      { pins: ['karl==3.30', 'lxml==5.2', tomli], files: '134', overrides: ['lxml 4.9 5.2'] },
    ],
    ['leaves a project out', '', ['Lxml'], { pins: ['karl==3.30', tomli], files: '14', overrides: ['lxml 4.9 out'] }],
    [
      'changes nothing with a pin of the same version',
      'lxml==4.9.0',
      [],
      { pins: ['karl==3.30', 'lxml==4.9', tomli], files: '124', overrides: [] },
    ],
    [
      'has a pin hold wherever its own or that of the base does',
      'tomli==2.0 ; python_version == "3.11"\nlxml==4.9 ; python_version == "3.11"',
      [],
      {
        pins: ['karl==3.30', 'lxml==4.9', 'tomli==2.0 ; python_version < "3.12" or python_version == "3.11"'],
        files: '124',
        overrides: [],
      },
    ],
    [
      'has a pin hold everywhere if its own does',
      'tomli==2.0',
      [],
      { pins: ['karl==3.30', 'lxml==4.9', 'tomli==2.0'], files: '124', overrides: [] },
    ],
  ])('%s', (_, text, without, expected) => {
    const { manifest, problems } = frozen(acme, text, { base: karl, without, files: gained })
    expect([problems, shown(manifest)]).toEqual([[], expected])
    expect(manifest.base).toEqual({ product: 'karl', release: '3.30', digest: 'd'.repeat(64) })
  })

  it('has what it adds besides, and its own requirements alone for roots', () => {
    const base = frozen({ product: 'zope', release: '1' }, 'lxml==4.9').manifest
    const { manifest } = frozen(acme, 'karl==3.30', { base })
    expect([shown(manifest), manifest.roots]).toEqual([
      { pins: ['karl==3.30', 'lxml==4.9'], files: '12', overrides: [] },
      ['karl==3.30'],
    ])
  })

  it('has the whole of a base that is laid over another one itself', () => {
    const middle = frozen({ product: 'karl', release: '4' }, 'lxml==5.2', { base: karl }).manifest
    const { manifest } = frozen(acme, '', { base: middle, without: ['tomli'] })
    expect(shown(manifest)).toEqual({
      pins: ['karl==3.30', 'lxml==5.2'],
      files: '13',
      overrides: ['tomli 2.0 out'],
    })
  })

  it('takes a hash that is stated for a file of the base, not for one that the pool has got since', () => {
    expect(frozen(acme, stated('2'), { base: karl, files: gained }).problems).toEqual([])
    expect(frozen(acme, stated('5'), { base: karl, files: gained }).problems).toHaveLength(1)
  })

  it('that says another base, or leaves out other things, is another one', () => {
    const { manifest } = frozen(acme, '', { base: karl })
    const asked = frozen(acme, '', { base: { ...karl, release: '3.31' }, without: ['tomli'] }).manifest
    const source = { url: 'https://example.org/acme', revision: 'abc', tag: null }
    expect(describeDifference(manifest, { ...asked, source, changes: 'x' })).toEqual([
      'only in the frozen release: tomli-2.0-py3-none-any.whl',
      `base, not in the frozen release: karl/3.31 sha256:${'d'.repeat(64)}`,
      `base, only in the frozen release: karl/3.30 sha256:${'d'.repeat(64)}`,
      'left out of the base, not in the frozen release: tomli',
      'source, not in the frozen release: https://example.org/acme abc',
      "the changelog's section is another one",
    ])
  })
})

it('without a base, what is laid over it is all', () => {
  const filled: readonly FilledPin[] = karl.pins.map((pin) => ({ pin, files: [] }))
  expect(layOver(undefined, { filled, without: [] })).toEqual({ pins: karl.pins, files: [], overrides: [] })
})

it('says what cannot be left out', () => {
  const [lxml, none] = ['lxml', 'none'].map(parseProjectName)
  if (!lxml || !none) throw new Error('no names')
  const messages = (base: Manifest | undefined, pinned: (typeof lxml)[]) =>
    withoutProblems(base, [lxml, none], new Set(pinned)).map(({ message }) => message)
  expect(messages(karl, [lxml])).toEqual([
    'lxml is pinned, and is to be left out as well',
    'none is to be left out, but karl/3.30 has none',
  ])
  expect(messages(undefined, [])).toEqual(['lxml is to be left out, of no base', 'none is to be left out, of no base'])
})
