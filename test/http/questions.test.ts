import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Manifest } from '../../pool/manifest.ts'
import type { UnsignedRelease } from '../../storage/ports.ts'
import { aRelease, inManifest } from '../contract/records.ts'
import { makeSdist, makeWheel } from '../support/archives.ts'
import { uploadAll } from '../support/catalogue.ts'
import { cleanStop } from '../support/clean-stop.ts'
import { ask, freeze, json } from '../support/requests.ts'
import { startServer, type TestServer } from '../support/server.ts'

const lxml = makeWheel({ name: 'lxml', version: '4.8' })

let server: TestServer
beforeAll(async () => {
  server = await startServer()
  await uploadAll(server.url, [
    lxml,
    makeSdist({ name: 'lxml', version: '4.9' }),
    makeSdist({ name: 'repoze.bfg', version: '0.9.8.0-osi1' }),
  ])
  const waivers = [{ project: 'setuptools', reason: 'the hosts have it' }]
  await freeze(server.url, 'karl/3.30', 'lxml==4.9\nrepoze.bfg===0.9.8.0-osi1\n', { waivers })
})
afterAll(() => cleanStop(server))

async function get<T>(path: string): Promise<T> {
  const reply = await ask(server.url, path)
  expect([reply.status, reply.headers['content-type']]).toEqual([200, 'application/json; charset=utf-8'])
  return json(reply) as T
}

interface List {
  readonly releases: readonly { readonly product: string; readonly release: string }[]
  readonly next: string | null
}

interface Usage {
  readonly files: readonly {
    readonly filename: string
    readonly unjudged: boolean
    readonly releases: List['releases']
  }[]
  readonly next: string | null
}

async function freezeAll(releases: readonly UnsignedRelease[]): Promise<void> {
  const { records } = server.store
  for (const release of releases) {
    const subject = `${release.name.product}/${release.name.release}`
    const facts = { digest: release.digest }
    await records.freezeRelease(release, { at: release.frozenAt, actor: 'jan', verb: 'freeze', subject, facts })
  }
}

/** Follows the `next` links of a list from `search` on, doing something between two pages. */
async function follow<P extends { next: string | null }>(
  path: string,
  search: string,
  between: (at: number) => Promise<void>,
): Promise<readonly P[]> {
  const pages: P[] = []
  for (let at: string | null = search; at !== null;) {
    const page: P = await get(`${path}${at}`)
    pages.push(page)
    await between(pages.length)
    at = page.next
  }
  return pages
}

/** Three releases a day, at the same instant. */
function dayOf(at: number): string {
  return new Date(Date.UTC(2025, 0, 1 + Math.floor(at / 3))).toISOString()
}

describe('a store of 300 releases', () => {
  beforeAll(async () => {
    const file = await server.store.records.distribution(lxml.filename)
    const files = file ? [inManifest(file)] : []
    await freezeAll(Array.from({ length: 300 }, (_, at) => aRelease('many', `${at}`, dayOf(at), { files })))
  })

  it('is listed in pages that stay as they are while more are frozen', async () => {
    const pages = await follow<List>('/api/v1/releases', '?product=many&limit=70', (at) =>
      freezeAll([aRelease('many', `later-${at}`, dayOf(3000 + at)), aRelease('elsewhere', `${at}`)]),
    )
    expect(pages.map(({ releases }) => releases.length)).toEqual([70, 70, 70, 70, 20])
    expect(pages.flatMap(({ releases }) => releases.map(({ release }) => release))).toEqual(
      Array.from({ length: 300 }, (_, at) => `${299 - at}`),
    )
    expect(pages[0]?.next).toMatch(/^\?product=many&limit=70&after=[\w-]+$/)
  })

  it('says where a file is used without reading a manifest', async () => {
    const { files } = await get<Usage>('/api/v1/where-used?q=lxml-4.8-py3-none-any.whl')
    const names = files[0]?.releases.map(({ product, release }) => `${product}/${release}`) ?? []
    expect([files.length, names.length, names[0], names.at(-1)]).toEqual([1, 300, 'many/299', 'many/0'])
  })
})

async function found(q: string): Promise<readonly unknown[]> {
  const { files } = await get<Usage>(`/api/v1/where-used?q=${encodeURIComponent(q)}`)
  return files.map(({ filename, unjudged, releases }) => [filename, unjudged, releases.map(({ release }) => release)])
}

it('shows a version that is none of PEP 440 rather than passing it over', async () => {
  const filename = 'repoze_bfg-0.9.8.0-osi1.tar.gz'
  expect(await found('repoze.bfg')).toEqual([[filename, false, ['3.30']]])
  expect(await found('repoze.bfg<1')).toEqual([[filename, true, ['3.30']]])
  expect(await found('repoze.bfg===0.9.8.0-osi1')).toEqual([[filename, false, ['3.30']]])
  expect(await found('repoze.bfg===1')).toEqual([])
})

it('pages through the files of a project, the newest version first', async () => {
  const pages = await follow<Usage>('/api/v1/where-used', '?q=lxml&limit=1', () => Promise.resolve())
  expect(pages.map(({ files }) => files.map(({ filename }) => filename))).toEqual([
    ['lxml-4.9.tar.gz'],
    ['lxml-4.8-py3-none-any.whl'],
  ])
})

it('gives a release with its manifest as it was frozen', async () => {
  const manifest = json(await ask(server.url, '/index/karl/3.30/manifest.json')) as Manifest
  expect(await get('/api/v1/releases/karl/3.30')).toEqual({
    release: 'karl/3.30',
    digest: expect.stringMatching(/^[0-9a-f]{64}$/) as unknown,
    path: '/index/karl/3.30/',
    'newer-base': null,
    later: { yanked: [], projects: [], removed: [] },
    waivers: manifest.waivers.map((waiver) => ({ ...waiver, expired: false })),
    origins: [{ index: null, files: ['lxml-4.9.tar.gz', 'repoze_bfg-0.9.8.0-osi1.tar.gz'] }],
    manifest,
  })
})

describe('a question that cannot be answered', () => {
  const hostile = encodeURIComponent("x' or '1'='1")
  it.each([
    ['/api/v1/releases/karl/4', 404, 'release-unknown'],
    ['/api/v1/releases/karl/..%2f..%2fetc', 400, 'release-name-invalid'],
    ['/api/v1/releases/%27/1', 400, 'release-name-invalid'],
    ['/api/v1/releases?limit=0', 400, 'request-invalid'],
    ['/api/v1/releases?limit=1001', 400, 'request-invalid'],
    ['/api/v1/releases?limit=x', 400, 'request-invalid'],
    ['/api/v1/releases?limit=1&limit=2', 400, 'request-invalid'],
    ['/api/v1/releases?unknown=1', 400, 'request-invalid'],
    ['/api/v1/releases?after=nonsense', 400, 'request-invalid'],
    [`/api/v1/releases?after=${Buffer.from('{"product":1}').toString('base64url')}`, 400, 'request-invalid'],
    [`/api/v1/releases?after=${Buffer.from('{"__proto__":{}}').toString('base64url')}`, 400, 'request-invalid'],
    ['/api/v1/diff', 400, 'request-invalid'],
    ['/api/v1/diff?from=karl/3.30', 400, 'request-invalid'],
    ['/api/v1/diff?from=karl/3.30&to=karl', 400, 'release-name-invalid'],
    ['/api/v1/diff?from=karl/3.30&to=karl/4', 404, 'release-unknown'],
    [`/api/v1/diff?from=karl/3.30&to=${'x'.repeat(10_000)}`, 400, 'request-invalid'],
    ['/api/v1/where-used', 400, 'request-invalid'],
    ['/api/v1/where-used?q=', 400, 'request-invalid'],
    [`/api/v1/where-used?q=${'x'.repeat(10_000)}`, 400, 'request-invalid'],
    ['/api/v1/where-used?q=sha256:abc', 400, 'request-invalid'],
    ['/api/v1/where-used?q=lxml&after=eyJ2ZXJzaW9uIjoxfQ', 400, 'request-invalid'],
    ['/api/v1/where-used?q=..', 400, 'requirement-invalid'],
    ['/api/v1/where-used?q=%25', 400, 'requirement-invalid'],
    ['/api/v1/where-used?q=.*', 400, 'requirement-invalid'],
    [`/api/v1/where-used?q=${hostile}`, 400, 'requirement-invalid'],
    ['/api/v1/where-used?q=lxml%3C4.9%00', 400, 'requirement-invalid'],
    ['/api/v1/where-used?q=nothing', 404, 'project-unknown'],
    ['/api/v1/where-used?q=nothing-1.0.tar.gz', 404, 'distribution-unknown'],
    ['/api/v1/where-used?q=ffffffffffff', 404, 'distribution-unknown'],
  ])('%.80s: %i', async (path, status, code) => {
    const reply = await ask(server.url, path)
    expect([reply.status, reply.headers['content-type']]).toEqual([status, 'application/problem+json'])
    expect(json(reply)).toMatchObject({ code })
  })

  it('gets nothing of what surrounds a product: quotes are only letters that no product has', async () => {
    expect(await get(`/api/v1/releases?product=${hostile}`)).toEqual({ releases: [], next: null })
  })

  it.each([
    ['no pins', 'request-invalid', { from: 'karl/3.30', sources: [] }],
    ['no release', 'release-unknown', { from: 'karl/4', sources: [{ name: 'a', text: 'lxml==4.9' }] }],
    [
      'a target that is none',
      'target-invalid',
      { from: 'karl/3.30', sources: [{ name: 'a', text: '' }], targets: ['x'] },
    ],
    ['pins that are loose', 'pins-invalid', { from: 'karl/3.30', sources: [{ name: 'a', text: 'lxml>4' }] }],
  ])('is a comparison with %s', async (_, code, body) => {
    const headers = { 'Content-Type': 'application/json' }
    const reply = await ask(server.url, '/api/v1/diff', { method: 'POST', headers, body: JSON.stringify(body) })
    expect(json(reply)).toMatchObject({ code })
  })
})
