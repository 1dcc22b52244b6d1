import { parse } from 'smol-toml'
import { describe, expect, it } from 'vitest'
import { documentNames } from '../../pool/documents/document-names.ts'
import { releaseDocument } from '../../pool/documents/documents.ts'
import type { DocumentedRelease, Surroundings } from '../../pool/documents/document.ts'
import { dependencyGraph } from '../../pool/documents/sbom/dependency-graph.ts'
import { aFile, aRelease, digestOf, factsOf, nastyFacts, nastyRelease } from '../support/printed-release.ts'

const base = 'https://firn.example/team/'

function printed(name: string, release: DocumentedRelease, surroundings: Surroundings = {}): string {
  return releaseDocument(name)?.print(release, surroundings) ?? ''
}

interface Lock {
  readonly environments?: readonly string[]
  readonly 'requires-python'?: string
  readonly packages: readonly Readonly<Record<string, unknown>>[]
}

function lockOf(...args: Parameters<typeof aRelease>): { lock: Lock; comments: readonly string[] } {
  const text = printed('pylock.toml', aRelease(...args), { base })
  return { lock: parse(text) as unknown as Lock, comments: text.split('\n').filter((line) => line.startsWith('#   ')) }
}

/** Of a lock for wheels that state these. */
function pythonOfLocked(...stated: readonly (string | null)[]): unknown {
  const files = stated.map((python, at) =>
    aFile(`a-1.0-${at}-py3-none-any.whl`, { name: 'a', 'requires-python': python }),
  )
  return lockOf(files).lock.packages[0]?.['requires-python']
}

describe('pylock.toml', () => {
  it('takes what PEP 751 has a place for, and names the rest', () => {
    const acme = { name: 'Acme.Web' }
    const legacy = { name: 'old', version: '0.9.8.0-osi1' }
    const { lock, comments } = lockOf([
      aFile('Acme.Web-1.0.zip', acme),
      aFile('Acme.Web-1.0.tar.gz', acme),
      aFile('Acme.Web-1.0.tar.bz2', acme),
      aFile('acme_web-1.0-py3-none-any.whl', acme),
      aFile('acme_web-1.0-1-cp311-cp311-win_amd64.whl', acme),
      aFile('acme__web-1.0-py2-none-any.whl', acme),
      aFile('Acme.Web-1.0-py2.7.egg', acme),
      aFile('old-0.9.8.0-osi1.tar.gz', legacy),
      aFile('zope.event-3.5.0-1.tar.gz', { name: 'zope.event', version: '3.5.0-1' }),
    ])
    expect(lock.packages.map(({ name, sdist, wheels }) => [name, sdist, wheels])).toEqual([
      [
        'acme-web',
        expect.objectContaining({ name: 'Acme.Web-1.0.tar.gz', url: `${base}pool/acme-web/Acme.Web-1.0.tar.gz` }),
        [
          expect.objectContaining({
            name: 'acme_web-1.0-py3-none-any.whl',
            hashes: { sha256: digestOf('acme_web-1.0-py3-none-any.whl') },
          }),
          expect.objectContaining({ name: 'acme_web-1.0-1-cp311-cp311-win_amd64.whl', size: 10 }),
        ],
      ],
    ])
    expect(comments).toEqual(
      [
        'Acme.Web-1.0.zip',
        'Acme.Web-1.0.tar.bz2',
        'acme__web-1.0-py2-none-any.whl',
        'Acme.Web-1.0-py2.7.egg',
        'old-0.9.8.0-osi1.tar.gz',
        'zope.event-3.5.0-1.tar.gz',
      ].map((filename) => `#   ${filename}`),
    )
  })

  it('states the Python that all files of a pin state, if it is one that can be read', () => {
    expect(pythonOfLocked('>=3.9', '>=3.9')).toBe('>=3.9')
    expect(pythonOfLocked('>=3.9', '>=3.8')).toBeUndefined()
    expect(pythonOfLocked('>=3.9', null)).toBeUndefined()
    expect(pythonOfLocked('>=3.9"\nname = "evil"')).toBeUndefined()
  })

  it('is for the targets of the release', () => {
    const targets = ['cp312-win_amd64', 'cp310-manylinux_x86_64', 'cp310-musllinux_x86_64']
    const { lock } = lockOf([aFile('a-1.0.tar.gz', { name: 'a' })], { targets })
    const linux = 'sys_platform == "linux" and platform_machine == "x86_64"'
    expect([lock.environments, lock['requires-python']]).toEqual([
      [
        'sys_platform == "win32" and platform_machine == "AMD64" and platform_python_implementation == "CPython" and python_version == "3.12"',
        `${linux} and platform_python_implementation == "CPython" and python_version == "3.10"`,
      ],
      '>=3.10',
    ])
  })
})

describe('versions.cfg', () => {
  it.each([
    ['http://127.0.0.1:8047/', '127.0.0.1:8047'],
    ['https://firn.example/team/', 'firn.example'],
    ['http://[::1]:8047/', '[[]::1]:8047'],
  ])('lets buildout reach %s', (at, hosts) => {
    const lines = printed('versions.cfg', nastyRelease, { base: at }).split('\n')
    expect(lines.slice(2, 9)).toEqual([
      '[buildout]',
      `index = ${at}index/karl/3.30/`,
      'allow-hosts =',
      `    ${hosts}`,
      `    *@${hosts}`,
      'versions = versions',
      '',
    ])
  })
})

type Requires = Readonly<Record<string, readonly string[] | null>>

function graphOf(roots: readonly string[], requires: Requires): object {
  const files = Object.keys(requires).map((name) => aFile(`${name}-1.0.tar.gz`, { name }))
  const facts = Object.entries(requires).map(([name, each]) => [`${name}-1.0.tar.gz`, { requires: each }])
  const graph = dependencyGraph(aRelease(files, { roots }).manifest, factsOf(Object.fromEntries(facts)))
  return { needs: Object.fromEntries(graph.needs), top: graph.top, unknown: [...graph.unknown] }
}

describe('dependencies', () => {
  it('hold where their markers do, on a target of the release', () => {
    const needs = ['b ; python_version < "3.12"', 'c ; os_name == "nt"', 'elsewhere']
    expect(graphOf([], { a: needs, b: [], c: ['B>=1'] })).toEqual({
      needs: { a: ['b'], b: [], c: ['b'] },
      top: ['a', 'c'],
      unknown: [],
    })
  })

  it('are those of the extras that are asked for, by a requirement or by a pin, also of itself', () => {
    const a = ['b[x] ; extra == "web"', 'a[web] ; extra == "all"']
    expect(graphOf(['a[ALL]==1.0'], { a, b: ['c ; extra == "x"', 'd ; extra == "y"'], c: [], d: [] })).toEqual({
      needs: { a: ['b'], b: ['c'], c: [], d: [] },
      top: ['a', 'd'],
      unknown: [],
    })
  })

  it('go round in circles, and are unknown where a file does not say', () => {
    expect(graphOf(['a==1.0'], { a: ['b', 'no requirement at all'], b: ['a'], c: null })).toEqual({
      needs: { a: ['b'], b: ['a'], c: [] },
      top: ['a', 'c'],
      unknown: ['c'],
    })
  })
})

describe('whatever a manifest says', () => {
  const ends = /[\p{Cc}\u2028\u2029]/u
  it.each([
    ['requirements.txt', 11, []],
    ['constraints.txt', 7, []],
    ['versions.cfg', 15, ['[buildout]', `index = ${base}index/karl/3.30/`, '[versions]']],
  ])('%s has no line but its own', (name, count, expected) => {
    const lines = printed(name, nastyRelease, { base }).split(ends)
    expect(lines.filter((line) => /^\s*(?:index|\[)/.test(line))).toEqual(expected)
    expect(lines.length).toBe(count)
  })

  it('pylock.toml reads back as what was written', () => {
    const text = printed('pylock.toml', nastyRelease, { base })
    const { packages } = parse(text) as unknown as { packages: readonly Record<string, unknown>[] }
    expect(packages.map(({ name, marker }) => [name, marker])).toEqual([
      ['zope', nastyRelease.manifest.pins[0]?.marker],
      ['acme', undefined],
    ])
  })

  it('sbom.cdx.json has references that are each one, and points only to what it has', () => {
    const bom = JSON.parse(printed('sbom.cdx.json', nastyRelease, { factsOf: nastyFacts })) as Bom
    const all = [bom.metadata.component, ...bom.components].flatMap(withInner)
    const refs = all.map((component) => component['bom-ref'])
    expect(new Set(refs).size).toBe(refs.length)
    expect(refs).not.toContain(undefined)
    for (const { ref, dependsOn = [] } of bom.dependencies)
      expect(refs).toEqual(expect.arrayContaining([ref, ...dependsOn]))
    expect(all.filter(({ name }) => name === 'deep').length).toBe(11)
    expect(all.filter(({ name }) => name === 'same').length).toBe(2)
  })

  it.each(documentNames)('%s is the same bytes twice', (name) => {
    const print = () => printed(name, structuredClone(nastyRelease), { base, factsOf: nastyFacts })
    expect(print()).toBe(print())
  })
})

interface Component {
  readonly 'bom-ref'?: string
  readonly name: string
  readonly components?: readonly Component[]
}

interface Bom {
  readonly metadata: { readonly component: Component }
  readonly components: readonly Component[]
  readonly dependencies: readonly { readonly ref: string; readonly dependsOn?: readonly string[] }[]
}

function withInner(component: Component): readonly Component[] {
  return [component, ...(component.components ?? []).flatMap(withInner)]
}
