import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import type { ArchiveParts, EggInfo, Part } from '../../pool/archive-parts.ts'
import { readFacts } from '../../pool/facts/read-facts.ts'
import { readRequiresTxt } from '../../pool/facts/requires-txt.ts'
import { parseRequirement } from '../../pool/requirement.ts'
import { parseProjectName } from '../../pool/project-name.ts'

const karl = parseProjectName('karl')

function header(version: string, ...lines: readonly string[]): Buffer {
  return Buffer.from([`Metadata-Version: ${version}`, 'Name: karl', 'Version: 3.30', ...lines, '', 'Text'].join('\n'))
}

function parts(metadata: Buffer, more: Partial<ArchiveParts> = {}): ArchiveParts {
  return { metadata, eggInfos: [], pyproject: 'absent', hasSetupPy: true, sboms: [], ...more }
}

const eggInfo = (path: string, text: string): EggInfo => ({
  path,
  requiresTxt: text === 'absent' || text === 'unreadable' ? text : Buffer.from(text),
})

const toml = (...lines: readonly string[]) => Buffer.from(lines.join('\n'))

describe('what a distribution needs to run', () => {
  const requires = ['Requires-Dist: WebOb>=1', 'Requires-Dist: lxml ; extra == "x"']
  const both = ['WebOb>=1', 'lxml ; extra == "x"']
  const own = [eggInfo('src/karl.egg-info', 'zope.event\n')]
  const rows: readonly [string, ArchiveParts, readonly string[] | null][] = [
    ['PKG-INFO of today', parts(header('2.4', ...requires)), both],
    ['PKG-INFO of today that states none', parts(header('2.2'), { eggInfos: own }), []],
    [
      'what is dynamic, from requires.txt',
      parts(header('2.2', 'Dynamic: Requires-Dist'), { eggInfos: own }),
      ['zope.event'],
    ],
    ['what is dynamic, of no setuptools', parts(header('2.2', 'Dynamic: Requires-Dist')), null],
    ['PKG-INFO of before that states some', parts(header('2.1', ...requires), { eggInfos: own }), both],
    ['PKG-INFO of before, then requires.txt', parts(header('2.1'), { eggInfos: own }), ['zope.event']],
    ['an egg-info without requires.txt', parts(header('1.0'), { eggInfos: [eggInfo('karl.egg-info', 'absent')] }), []],
    [
      'a requires.txt that cannot be read',
      parts(header('1.0'), { eggInfos: [eggInfo('karl.egg-info', 'unreadable')] }),
      null,
    ],
    ['nothing but setup.py', parts(header('1.0')), null],
    ['the egg-info of test data', parts(header('1.0'), { eggInfos: [eggInfo('tests/other.egg-info', 'x\n')] }), null],
    [
      'the least deep one of two',
      parts(header('1.0'), { eggInfos: [eggInfo('a/KARL.egg-info', 'x\n'), eggInfo('karl.egg-info', 'y\n')] }),
      ['y'],
    ],
    ['no setup.py either: its maker wrote PKG-INFO alone', parts(header('2.1'), { hasSetupPy: false }), []],
    [
      'the same, with a setup.py for old pips',
      parts(header('2.1'), {
        pyproject: toml('[build-system]', 'requires = []', 'build-backend = "poetry.core.masonry.api"'),
      }),
      [],
    ],
    [
      'pyproject.toml where nothing else does',
      parts(header('2.1'), {
        pyproject: toml(
          '[project]',
          'dependencies = ["a>=1"]',
          '[project.optional-dependencies]',
          'X_Y = ["b;os_name == \\"nt\\""]'.replaceAll('\\"', "'"),
        ),
      }),
      ['a>=1', `b ; (os_name == 'nt') and extra == "x-y"`],
    ],
    [
      'pyproject.toml that leaves it to setup.py',
      parts(header('2.1'), { pyproject: toml('[project]', 'dynamic = ["dependencies"]') }),
      null,
    ],
    [
      'more than anyone needs',
      parts(header('2.4', ...Array.from({ length: 6000 }, (_, at) => `Requires-Dist: p${at}`))),
      null,
    ],
    ['longer than anyone writes', parts(header('2.4', `Requires-Dist: p${' '.repeat(600_000)}; x`)), null],
  ]
  it.each(rows)('of a sdist: %s', (_, archive, expected) => {
    expect(readFacts('sdist', karl, archive).requires).toEqual(expected)
  })

  it('of a wheel is what METADATA states; of an egg what requires.txt does', () => {
    expect(readFacts('wheel', karl, parts(header('2.1'))).requires).toEqual([])
    expect(readFacts('wheel', karl, parts(header('2.1', ...requires))).requires).toEqual(both)
    const egg = (part: string) =>
      readFacts('egg', karl, parts(header('1.0'), { eggInfos: [eggInfo('EGG-INFO', part)] }))
    expect(egg('a\n').requires).toEqual(['a'])
    expect(egg('absent').requires).toEqual([])
    expect(egg('unreadable').requires).toBe(null)
  })
})

describe('requires.txt', () => {
  it('is read as PEP 508 has it', () => {
    const text = [
      'setuptools',
      'zope.interface >= 3.8, <5',
      'new @ https://example.org/a;b.zip',
      '',
      '[:python_version < "3"]',
      'futures',
      'mock; os_name == "nt" or os_name == "posix"',
      '[Test_Extra]\r',
      '# a comment',
      'nose>=1 ; os_name == "nt"',
      '[docs:(sys_platform == "win32")]',
      'Sphinx',
      'x @ https://example.org/a;b ; os_name == "nt"',
      '[not an extra]',
      'lost',
      '[',
    ].join('\n')
    const { requires, extras } = readRequiresTxt(text)
    expect(extras).toEqual(['docs', 'test-extra'])
    expect(requires).toEqual([
      'setuptools',
      'zope.interface >= 3.8, <5',
      'new @ https://example.org/a;b.zip',
      'futures ; (python_version < "3")',
      'mock ; (os_name == "nt" or os_name == "posix") and (python_version < "3")',
      'nose>=1 ; (os_name == "nt") and extra == "test-extra"',
      'Sphinx ; ((sys_platform == "win32")) and extra == "docs"',
      'x @ https://example.org/a;b ; (os_name == "nt") and ((sys_platform == "win32")) and extra == "docs"',
    ])
    for (const each of requires) expect(() => parseRequirement(each)).not.toThrow()
  })
})

describe('what a sdist needs to be built', () => {
  const pip = ['setuptools>=40.8.0']
  const rows: readonly [string, Part, readonly string[] | null][] = [
    ['no pyproject.toml', 'absent', pip],
    ['one without a build-system', toml('[tool.black]'), pip],
    [
      'one with',
      toml('[build-system]', 'requires = ["hatchling", "x; os_name == \'nt\'"]'),
      ['hatchling', "x; os_name == 'nt'"],
    ],
    ['a build-system without requires', toml('[build-system]'), null],
    ['requires that are no texts', toml('[build-system]', 'requires = [1]'), null],
    ['a build-system that is no table', toml('build-system = 1'), null],
    ['no TOML', toml('[build-system'), null],
    ['no UTF-8', Buffer.from('# \xe9\n', 'latin1'), null],
    ['one that was too large', 'unreadable', null],
    ['nesting that uses up the stack', toml(`x = ${'['.repeat(100_000)}`), null],
    ['tables that use up the stack', toml(`[${'a.'.repeat(100_000)}b]`), pip],
    ['the prototype of everything', toml('[__proto__]', 'build-system = 1'), pip],
  ]
  it.each(rows)('%s', (_, pyproject, expected) => {
    expect(readFacts('sdist', karl, parts(header('2.4'), { pyproject })).buildRequires).toEqual(expected)
    expect(({} as Record<string, unknown>)['build-system']).toBe(undefined)
  })

  it('is nothing for a wheel', () => {
    expect(readFacts('wheel', karl, parts(header('2.4'))).buildRequires).toEqual([])
  })
})

describe('the licence, the extras and the SBOMs', () => {
  it('are as they are stated', () => {
    const lines = [
      'License-Expression: ZPL-2.1',
      'License: Zope Public License',
      '        that goes on',
      'Classifier: License :: OSI Approved :: Zope Public License',
      'Classifier: Programming Language :: Python',
      'Classifier: License :: DFSG approved',
      'Provides-Extra: Web_Server',
      'Provides-Extra: docs',
      'Provides-Extra: <script>',
    ]
    const sbom = { path: 'karl-3.30.dist-info/sboms/a.json', bytes: Buffer.from('{"é":1}') }
    const broken = { path: 'karl-3.30.dist-info/sboms/b.json', bytes: Buffer.from('\xe9', 'latin1') }
    expect(readFacts('wheel', karl, parts(header('2.4', ...lines), { sboms: [sbom, broken] }))).toEqual({
      requires: [],
      extras: ['docs', 'web-server'],
      buildRequires: [],
      licence: {
        expression: 'ZPL-2.1',
        text: 'Zope Public License',
        classifiers: ['License :: DFSG approved', 'License :: OSI Approved :: Zope Public License'],
      },
      sboms: [{ path: sbom.path, sha256: createHash('sha256').update(sbom.bytes).digest('hex'), text: '{"é":1}' }],
    })
  })

  it('are nothing where they are UNKNOWN', () => {
    const { licence } = readFacts('sdist', karl, parts(header('1.0', 'License: UNKNOWN')))
    expect(licence).toEqual({ expression: null, text: null, classifiers: [] })
  })
})
