import { describe, expect, it } from 'vitest'
import { checkClosure } from '../../pool/closure/check-closure.ts'
import { installsOf } from '../../pool/closure/installs.ts'
import { parseFilename } from '../../pool/filename.ts'
import { parseTarget } from '../../pool/target.ts'
import { releaseOf, type FileWanted, type PinWanted } from '../support/release.ts'

const linux = 'cp311-manylinux_x86_64'
const windows = 'cp313-win_amd64'

/** `karl 3.30` as a pure wheel that needs these. */
function wheel(spec: string, requires: readonly string[] | null = [], more: Partial<FileWanted> = {}): PinWanted {
  const [name = '', version = ''] = spec.split(' ')
  return { name, version, files: [{ filename: `${name}-${version}-py3-none-any.whl`, requires, ...more }] }
}

function sdist(spec: string, requires: readonly string[] | null, buildRequires: readonly string[] | null): PinWanted {
  const [name = '', version = ''] = spec.split(' ')
  return { name, version, files: [{ filename: `${name}-${version}.tar.gz`, requires, buildRequires }] }
}

function check(pins: readonly PinWanted[], { targets = [linux], roots = [] as readonly string[] } = {}) {
  const { holes, unknown } = checkClosure({ ...releaseOf(pins), roots, targets: targets.map(parseTarget) })
  return { holes: holes.map(({ severity, project, message }) => `${severity} ${project}: ${message}`), unknown }
}

const lacking = (who: string, project: string) =>
  `refuse ${project}: ${who} needs ${project}: the release has no ${project} (${linux})`

const installs = (filename: string, target: string, python: string | null = null) =>
  installsOf({ filename, kind: parseFilename(filename).kind, 'requires-python': python })(parseTarget(target))

const closed = { holes: [], unknown: [] }

describe('a release is closed', () => {
  const six = wheel('six 1.17')
  const rows: readonly [string, readonly PinWanted[]][] = [
    ['with nothing in it', []],
    ['with one that needs nothing', [six]],
    ['whatever the spelling of a name', [wheel('a 1', ['SIX>=1']), six]],
    ['with a cycle', [wheel('a 1', ['b']), wheel('b 1', ['a'])]],
    ['with one that needs itself', [wheel('a 1', ['a>=1'])]],
    ['with markers that hold elsewhere', [wheel('a 1', ['b; os_name == "nt"', 'c; python_version < "3"'])]],
    ['with extras that nobody asks for', [wheel('a 1', ['b ; extra == "x"'], { extras: ['x'] })]],
    ['with a pinned pre-release', [wheel('a 1', ['b>=1']), wheel('b 2rc1')]],
    ['with a URL that is pinned', [wheel('a 1', ['b @ https://example.org/b.zip']), wheel('b 2')]],
    ['with a local version', [wheel('a 1', ['b==1.0']), wheel('b 1.0+osi1')]],
    ['with build requirements pinned', [sdist('a 1', [], ['hatchling']), wheel('hatchling 1')]],
    ['with a setuptools that needs no wheel', [sdist('a 1', [], ['setuptools']), wheel('setuptools 70.1')]],
    [
      'with a wheel: nothing is built',
      [{ ...wheel('a 1'), files: [...wheel('a 1').files, ...sdist('a 1', null, null).files] }],
    ],
  ]
  it.each(rows)('%s', (_, pins) => {
    expect(check(pins)).toEqual(closed)
  })
})

describe('what is lacking', () => {
  const where = `(${linux})`
  const rows: readonly [string, readonly PinWanted[], readonly string[]][] = [
    [
      'a dependency',
      [wheel('pyramid 2.0.2', ['plaster>=1.0'])],
      [`refuse plaster: pyramid 2.0.2 needs plaster>=1.0: the release has no plaster ${where}`],
    ],
    [
      'another version',
      [wheel('a 1', ['Zope.Event<5 ; os_name == "posix"']), wheel('zope.event 6')],
      [`refuse zope-event: a 1 needs Zope.Event<5: the release has 6 ${where}`],
    ],
    [
      'the pin elsewhere',
      [wheel('a 1', ['b']), { ...wheel('b 1'), marker: 'os_name == "nt"' }],
      [`refuse b: a 1 needs b: the release pins it for other targets only ${where}`],
    ],
    [
      'each of several, by who needs it',
      [wheel('b 1', ['x', 'y']), wheel('a 1', ['x'])],
      ['a 1 needs x', 'b 1 needs x', 'b 1 needs y'].map(
        (text) => `refuse ${text.at(-1)}: ${text}: the release has no ${text.at(-1)} ${where}`,
      ),
    ],
    [
      'a build requirement',
      [sdist('a 1', [], ['hatchling>=1'])],
      [`refuse hatchling: a 1 needs hatchling>=1 to be built: the release has no hatchling ${where}`],
    ],
    [
      'what setuptools asks for when it builds',
      [sdist('a 1', [], ['setuptools']), wheel('setuptools 70.0')],
      [`refuse wheel: setuptools 70.0, which builds a 1, needs wheel: the release has no wheel ${where}`],
    ],
    [
      'a legacy version, which nobody can compare',
      [wheel('a 1', ['bfg>=0.9']), sdist('bfg 0.9-osi-x', [], [])],
      [`warn bfg: a 1 needs bfg>=0.9: the release has 0.9-osi-x, which cannot be compared ${where}`],
    ],
    [
      'sense',
      [wheel('a 1', ['b>=dev', 'c; os_name ~= "1"'])],
      [
        `warn a: a 1 states a requirement that cannot be read: "b>=dev" ${where}`,
        `warn a: a 1 states a requirement that cannot be read: "c; os_name ~= \\"1\\"" ${where}`,
      ],
    ],
    [
      'a file that installs there',
      [wheel('a 1', ['x'], { python: '>=3.12' })],
      [`refuse a: a 1: no file of it installs there ${where}`],
    ],
  ]
  it.each(rows)('%s', (_, pins, holes) => {
    expect(check(pins)).toEqual({ holes, unknown: [] })
  })

  it('is said once for all the targets on which it is', () => {
    const pins = [wheel('a 1', ['b', 'colorama; os_name == "nt"'])]
    expect(check(pins, { targets: [windows, linux] }).holes).toEqual([
      `refuse b: a 1 needs b: the release has no b (${windows}, ${linux})`,
      `refuse colorama: a 1 needs colorama: the release has no colorama (${windows})`,
    ])
  })
})

describe('extras', () => {
  const zope = wheel(
    'zope 1',
    ['a ; extra == "x"', 'zope[y] ; extra == "x"', 'b ; extra == "y" and os_name == "posix"'],
    { extras: ['x', 'y'] },
  )

  it('are those that the release asks for, and those that they ask for', () => {
    expect(check([zope], { roots: ['Zope[X]==1 ; os_name == "posix"'] }).holes).toEqual([
      lacking('zope[x] 1', 'a'),
      lacking('zope[y] 1', 'b'),
    ])
    expect(check([zope], { roots: ['zope[y]==1'] }).holes).toEqual([lacking('zope[y] 1', 'b')])
  })

  it('are those that other projects ask for', () => {
    expect(check([zope, wheel('karl 1', ['zope[y]>=1'])]).holes).toEqual([lacking('zope[y] 1', 'b')])
  })

  it('that are not there warn', () => {
    const pins = [zope, wheel('karl 1', ['zope[z]'])]
    expect(check(pins, { roots: ['karl[w]==1'] }).holes).toEqual([
      `warn karl: the release asks for karl[w]: karl 1 has no such extra (${linux})`,
      `warn zope: karl 1 asks for zope[z]: zope 1 has no such extra (${linux})`,
    ])
  })
})

describe('what nobody knows', () => {
  it('is named by file: dependencies in setup.py alone, a pyproject.toml that cannot be read', () => {
    const pins = [sdist('b 1', [], null), sdist('a 1', null, []), wheel('c 1', ['a[x]'])]
    expect(check(pins, { targets: [linux, windows] })).toEqual({ holes: [], unknown: ['a-1.tar.gz', 'b-1.tar.gz'] })
  })

  it('is the setuptools that builds an old sdist on Python 2', () => {
    const pins = [sdist('a 1', [], ['setuptools>=40.8.0'])]
    expect(check(pins, { targets: ['cp27-manylinux_x86_64'] })).toEqual(closed)
    expect(check(pins).holes.length).toBe(1)
  })
})

describe('a file installs', () => {
  it.each([
    ['a-1.tar.gz', linux, null, true],
    ['a-1.tar.gz', linux, '>=3.11.4', true],
    ['a-1.tar.gz', linux, '<3.11', false],
    ['a-1.tar.gz', linux, '>=3.12', false],
    ['a-1.tar.gz', linux, 'nonsense', true],
    ['a-1-cp311-cp311-manylinux_2_17_x86_64.whl', linux, null, true],
    ['a-1-cp311-cp311-manylinux_2_17_x86_64.whl', windows, null, false],
    ['a-1-py2.7.egg', 'cp27-manylinux_x86_64', null, true],
    ['a-1-py2.7.egg', linux, null, false],
    ['a-1-py2.7-linux-x86_64.egg', 'cp27-manylinux_x86_64', null, true],
    ['a-1-py2.7-linux-i686.egg', 'cp27-manylinux_x86_64', null, false],
    ['a-1-py2.7-win-amd64.egg', 'cp27-win_amd64', null, true],
    ['a-1-py2.7-win32.egg', 'cp27-win32', null, true],
    ['a-1-py2.7-macosx-10.6-intel.egg', 'cp27-macosx_10_9_x86_64', null, true],
  ])('%s on %s (Requires-Python: %s): %s', (filename, target, python, expected) => {
    expect(installs(filename, target, python)).toBe(expected)
  })
})
