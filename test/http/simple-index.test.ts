import { afterAll, beforeAll, expect, it } from 'vitest'
import { fileJson, legacyFiles, linkTo, pageHtml, sha256, uploadAll, zopeFiles } from '../support/catalogue.ts'
import { makeWheel } from '../support/archives.ts'
import { crawl, prefixProxy, visit } from '../support/crawl.ts'
import { cleanStop } from '../support/clean-stop.ts'
import { ask, json, upload } from '../support/requests.ts'
import { startServer, type TestServer } from '../support/server.ts'

const v1json = 'application/vnd.pypi.simple.v1+json'

let server: TestServer
let times: ReadonlyMap<string, string>
beforeAll(async () => {
  server = await startServer()
  times = await uploadAll(server.url, [...zopeFiles, ...legacyFiles].toReversed())
})
afterAll(() => cleanStop(server))

function get(path: string, headers: Readonly<Record<string, string>> = {}, method = 'GET') {
  return ask(server.url, path, { headers, method })
}

const liveHeaders = {
  'cache-control': 'no-cache',
  vary: 'Accept, Accept-Encoding',
  'x-content-type-options': 'nosniff',
}

it('lists the projects as HTML: normalised links, real names', async () => {
  const { status, headers, text, body } = await get('/simple/')
  const links = ['<a href="repoze-bfg/">repoze.bfg</a><br>', '<a href="zope-interface/">zope.Interface</a><br>']
  expect(text).toBe(pageHtml({ title: 'Simple index' }, links))
  expect(status).toBe(200)
  expect(headers).toMatchObject({
    ...liveHeaders,
    'content-type': 'text/html; charset=utf-8',
    etag: `"${sha256(body)}"`,
  })
})

it('lists the projects as JSON', async () => {
  const { headers, text, body } = await get('/simple/', { accept: v1json })
  expect(JSON.parse(text)).toEqual({
    meta: { 'api-version': '1.4' },
    projects: [{ name: 'repoze.bfg' }, { name: 'zope.Interface' }],
  })
  expect(headers).toMatchObject({ ...liveHeaders, 'content-type': v1json, etag: `"${sha256(body)}"` })
})

it('lists a project as HTML, hostile metadata escaped', async () => {
  const { headers, text, body } = await get('/simple/zope-interface/')
  const links = zopeFiles.map((file) => linkTo(file, '../../'))
  expect(text).toBe(pageHtml({ title: 'Links for zope.Interface' }, links))
  expect(text).toContain('data-requires-python="&gt;=3 ; &quot;&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;&amp;"')
  expect(headers).toMatchObject({
    ...liveHeaders,
    'content-type': 'text/html; charset=utf-8',
    etag: `"${sha256(body)}"`,
  })
})

it('lists a project as JSON, with the keys of PEP 691 and 700', async () => {
  const { headers, text } = await get('/simple/zope-interface/', { accept: v1json })
  expect(JSON.parse(text)).toEqual({
    meta: { 'api-version': '1.4' },
    name: 'zope-interface',
    versions: ['3.8.0', '5.9', '5.10'],
    files: zopeFiles.map((file) => fileJson(file, '../../', times.get(file.filename))),
  })
  expect(headers).toMatchObject({ ...liveHeaders, 'content-type': v1json })
})

it('lists legacy versions beside modern ones', async () => {
  const { text } = await get('/simple/repoze-bfg/', { accept: v1json })
  expect(JSON.parse(text)).toEqual({
    meta: { 'api-version': '1.4' },
    name: 'repoze-bfg',
    versions: ['1.0', '0.9.8.0-osi1'],
    files: legacyFiles.map((file) => fileJson(file, '../../', times.get(file.filename))),
  })
})

it('gives upload-time in UTC, as PEP 700 writes it', () => {
  for (const time of times.values()) expect(time).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/)
})

it.each([
  ['/simple/zope-interface', 'zope-interface/'],
  ['/simple/zope.Interface', 'zope-interface/'],
  ['/simple/Zope.Interface/', '../zope-interface/'],
  ['/simple/zope__.--interface/', '../zope-interface/'],
])('sends %s to the project by a relative redirect', async (path, location) => {
  const { status, headers } = await get(path)
  expect([status, headers.location, headers['cache-control']]).toEqual([301, location, 'no-cache'])
  const arrived = await visit(`${server.url}${path}`)
  expect([arrived.url, arrived.reply.status]).toEqual([`${server.url}/simple/zope-interface/`, 200])
})

it('keeps pages while nothing changes, and says when something has', async () => {
  const before = await get('/simple/new/')
  expect(before.status).toBe(404)
  await upload(server.url, makeWheel({ name: 'new', version: '1.0' }))
  const first = await get('/simple/new/')
  const etag = first.headers.etag ?? ''
  const again = await get('/simple/new/', { 'if-none-match': etag })
  expect([first.status, again.status, again.body.length, again.headers.etag]).toEqual([200, 304, 0, etag])
  await upload(server.url, makeWheel({ name: 'new', version: '1.1' }))
  const changed = await get('/simple/new/', { 'if-none-match': etag })
  expect([changed.status, changed.headers.etag === etag]).toEqual([200, false])
  expect(changed.text).toContain('new-1.1-py3-none-any.whl')
})

it('answers HEAD with the headers of GET and no body', async () => {
  const [got, headed] = [await get('/simple/zope-interface/'), await get('/simple/zope-interface/', {}, 'HEAD')]
  const { date: _, 'x-request-id': _id, ...headers } = got.headers
  expect([headed.status, headed.body.length]).toEqual([200, 0])
  expect(headed.headers).toMatchObject(headers)
})

it('leads to the root page from its path without the slash, whose links would lead astray', async () => {
  const reply = await get('/simple?format=x')
  expect([reply.status, reply.headers.location]).toEqual([301, 'simple/'])
})

it('answers for a project that the pool does not have', async () => {
  const reply = await get('/simple/not-there/', { accept: v1json })
  expect([reply.status, reply.headers['content-type'], reply.headers['cache-control']]).toEqual([
    404,
    'application/problem+json',
    'no-store',
  ])
  expect(json(reply)).toEqual({
    project: 'not-there',
    type: '/problems/project-unknown',
    title: 'No such project',
    status: 404,
    detail: 'the pool has no not-there',
    code: 'project-unknown',
  })
})

it.each([
  ['/simple/-bad-/', 400, 'name-invalid'],
  ['/simple/%3Cscript%3E/', 400, 'name-invalid'],
  ['/simple/%00/', 400, 'name-invalid'],
  ['/simple/%zz/', 400, 'request-invalid'],
  ['/simple/..%2f..%2fetc/', 400, 'name-invalid'],
  ['/simple/../../etc/passwd', 404, 'path-unknown'],
  ['/simple/karl/more/', 404, 'path-unknown'],
  ['/nothing', 404, 'path-unknown'],
])('refuses %s', async (path, status, code) => {
  const reply = await get(path)
  expect([reply.status, json(reply)]).toEqual([status, expect.objectContaining({ code, status })])
})

it('leads from the root to every file, by relative links whose hashes hold', async () => {
  const visited = await crawl(`${server.url}/simple/`)
  expect(visited.map(({ reply }) => reply.status)).toEqual(visited.map(() => 200))
  const files = visited.filter(({ url }) => url.includes('/pool/'))
  expect(files.length).toBeGreaterThanOrEqual(zopeFiles.length + legacyFiles.length)
  for (const { url, reply } of files) expect(new URL(url).hash).toBe(`#sha256=${sha256(reply.body)}`)
  for (const { reply } of visited) expect(reply.text).not.toMatch(/\srel\s*=/i)
})

it('works below a path prefix', async () => {
  const proxy = await prefixProxy(server.url)
  const visited = await crawl(`${proxy.url}/simple/`)
  expect(visited.map(({ url, reply }) => [url.startsWith(proxy.url), reply.status])).toEqual(
    visited.map(() => [true, 200]),
  )
  const redirected = await visit(`${proxy.url}/simple/Zope.Interface`)
  expect([redirected.url, redirected.reply.status]).toEqual([`${proxy.url}/simple/zope-interface/`, 200])
  await proxy.stop()
})
