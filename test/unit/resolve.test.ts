import { describe, expect, it } from 'vitest'
import { oneVersionEach } from '../../cli/resolve/one-version-each.ts'
import { requirementsForUv } from '../../cli/resolve/requirements-for-uv.ts'
import { uvTarget } from '../../cli/resolve/targets-for-uv.ts'
import type { ManifestPin } from '../../pool/manifest.ts'
import { resolverPageJson, sdistMetadata, shownName } from '../../pool/pages/resolver-page.ts'
import { readPins } from '../../pool/pins/read-pins.ts'
import { parseProjectName } from '../../pool/project-name.ts'
import { parseTarget } from '../../pool/target.ts'

describe('targets for uv', () => {
  it.each([
    ['cp311-manylinux_x86_64', '3.11', 'x86_64-manylinux_2_40', {}],
    ['cp312-manylinux_2_36_aarch64', '3.12', 'aarch64-manylinux_2_36', {}],
    ['cp312-manylinux_2_20_x86_64', '3.12', 'x86_64-manylinux_2_17', {}],
    ['cp39-musllinux_1_2_x86_64', '3.9', 'x86_64-unknown-linux-musl', {}],
    ['cp311-manylinux_riscv64', '3.11', 'riscv64-unknown-linux', {}],
    ['cp313-macosx_arm64', '3.13', 'aarch64-apple-darwin', {}],
    ['cp313-macosx_11_0_x86_64', '3.13', 'x86_64-apple-darwin', { MACOSX_DEPLOYMENT_TARGET: '11.0' }],
    ['cp311-win_amd64', '3.11', 'x86_64-pc-windows-msvc', {}],
    ['cp311-win_arm64', '3.11', 'aarch64-pc-windows-msvc', {}],
    ['cp311-win32', '3.11', 'i686-pc-windows-msvc', {}],
  ])('%s', (text, pythonVersion, pythonPlatform, env) => {
    const target = parseTarget(text)
    expect(uvTarget(target)).toEqual({ target, pythonVersion, pythonPlatform, env })
  })

  it.each([
    ['cp27-manylinux_x86_64', 'uv resolves for Python 3 alone'],
    ['pp310-manylinux_x86_64', 'uv resolves for CPython alone'],
    ['cp311-manylinux_2_12_x86_64', 'uv knows no such platform'],
    ['cp311-manylinux_ppc64le', 'uv knows no such platform'],
    ['cp311-musllinux_s390x', 'uv knows no such platform'],
  ])('%s: %s', (text, problem) => {
    expect(uvTarget(parseTarget(text))).toEqual({ problem })
  })
})

const targets = [parseTarget('cp311-manylinux_x86_64'), parseTarget('cp39-win_amd64')]

function pin(name: string, version: string): ManifestPin {
  return { project: parseProjectName(name), name, version, marker: null }
}

describe('requirements for uv', () => {
  it('are written anew, with extras and markers; what the base has is a constraint unless it is asked for', () => {
    const sources = [
      { name: 'a.txt', text: 'Zope[b, a] >= 5 ; python_version>"3.8"\nlxml==4.9\n--pre\n' },
      { name: 'c.txt', text: 'six<2\nattrs==23.1\n', as: 'constraints' as const },
    ]
    const read = readPins(sources, targets)
    const base = [pin('lxml', '4.8'), pin('WebOb', '1.8'), pin('repoze.bfg', '0.9.8.0-osi1')]
    expect(requirementsForUv({ ...read, problems: [] }, base)).toEqual({
      requirements: ['Zope[a,b]>=5; python_version > "3.8"', 'lxml==4.9'],
      constraints: ['attrs==23.1', 'six<2', 'webob==1.8'],
      problems: [],
    })
  })

  it('are one line each, or refused', () => {
    const read = readPins([{ name: 'a.txt', text: 'karl' }], targets)
    const [loose] = read.loose
    const value = '3"\n--index-url http://evil/'
    const marker = { left: { variable: 'python_version' }, operator: '>', right: { value } } as const
    const hostile = { ...read, loose: loose ? [{ ...loose, marker }] : [] }
    expect(requirementsForUv(hostile, []).problems).toEqual([
      expect.objectContaining({ hint: 'write it without \\ and control characters' }),
    ])
  })
})

it('takes the answers for several targets as one, or names what differs', () => {
  const answers = targets.map((target, index) => {
    const text = index === 0 ? 'a==1.0\nb==2.0\n' : 'a==1.0.0\nb==2.1\ncolorama==0.4\n'
    return { target, pins: readPins([{ name: 'uv', text }], [target]).pins }
  })
  expect(oneVersionEach(answers)).toEqual({
    lines: ['a==1.0', 'colorama==0.4 ; python_version == "3.9"'],
    problems: [
      {
        message: 'b: 2.0 for cp311-manylinux_x86_64, 2.1 for cp39-win_amd64',
        hint: 'a release holds one version of a project: bound it so that one does for all, or freeze a release for each of these targets',
      },
    ],
  })
})

const project = parseProjectName('zope.deferred')
const file = { requiresPython: null, uploadTime: null, yanked: null }

describe('the index for resolvers', () => {
  it('has sdists as the wheels that come last, and nothing that no resolver can use', () => {
    const files = [
      { ...file, filename: 'zope.deferred-1.0.tar.gz', kind: 'sdist', version: '1.0', requiresPython: '>=3' },
      { ...file, filename: 'zope.deferred-1.0-py3-none-any.whl', kind: 'wheel', version: '1.0', yanked: '' },
      { ...file, filename: 'zope.deferred-0.9-py2.7.egg', kind: 'egg', version: '0.9' },
      { ...file, filename: 'zope.deferred-0.9.8.0-osi1.zip', kind: 'sdist', version: '0.9.8.0-osi1' },
    ] as const
    const metadata = { 'core-metadata': true, 'dist-info-metadata': true }
    expect(JSON.parse(resolverPageJson(project, files))).toEqual({
      meta: { 'api-version': '1.0' },
      name: 'zope-deferred',
      versions: ['1.0'],
      files: [
        {
          filename: 'zope.deferred-1.0-py3-none-any.whl',
          url: 'zope.deferred-1.0-py3-none-any.whl/zope.deferred-1.0-py3-none-any.whl',
          hashes: {},
          ...metadata,
          yanked: true,
        },
        {
          filename: 'zope_deferred-1.0-py30-none-any.whl',
          url: 'zope.deferred-1.0.tar.gz/zope_deferred-1.0-py30-none-any.whl',
          hashes: {},
          ...metadata,
          'requires-python': '>=3',
        },
      ],
    })
  })

  it('gives a sdist under the normal form of its version', () => {
    const sdist = { filename: 'zope.deferred-01.0-1.zip', kind: 'sdist', version: '01.0-1' } as const
    expect(shownName(project, sdist)).toBe('zope_deferred-1.0.post1-py30-none-any.whl')
  })

  const facts = { project, version: '1.0', requiresPython: '>=3\nInjected: yes', extras: ['docs'] }
  const head =
    'Metadata-Version: 2.1\nName: zope-deferred\nVersion: 1.0\nRequires-Python: >=3 Injected: yes\nProvides-Extra: docs\n'
  it.each([
    [['six', 'sphinx ; extra == "docs"'], ['setuptools>=40'], ['six', 'sphinx; extra == "docs"', 'setuptools>=40']],
    [null, [], ['dependencies-stated-only-in-code']],
    [[], null, ['dependencies-stated-only-in-code']],
    [['six>=1.0.*'], [], ['requirements-that-cannot-be-read']],
    [['six\nInjected: yes'], [], ['requirements-that-cannot-be-read']],
  ])('says of a sdist that needs %j, and %j to be built: %j', (requires, buildRequires, expected) => {
    const lines = expected.map((line) => `Requires-Dist: ${line}\n`).join('')
    expect(sdistMetadata({ ...facts, requires, buildRequires })).toBe(`${head}${lines}\n`)
  })
})
