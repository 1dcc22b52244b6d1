/** A large file is sent by nginx where nginx asks, and by firn to all others. What nginx does with it: nginx-front.test.ts. */
import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createToken } from '../../server/actions/tokens.ts'
import { makeSdist, makeWheel } from '../support/archives.ts'
import { sha256 } from '../support/catalogue.ts'
import { cleanStop } from '../support/clean-stop.ts'
import { ask, contentPart, formHeaders, formOf, upload, type Reply } from '../support/requests.ts'
import { startServer, type TestServer } from '../support/server.ts'

const noise = { 'noise.bin': randomBytes(300_000) }
const large = makeSdist({ name: 'Large', version: '1.0+local', files: noise })
const own = makeSdist({ name: 'acme-theme', version: '1.0', files: noise })
const small = makeWheel({ name: 'small', version: '1.0' })
const etag = `"${sha256(large.bytes)}"`
const path = `/pool/large/${encodeURIComponent(large.filename)}`

let server: TestServer
let authorization: { readonly Authorization: string }
beforeAll(async () => {
  const access = { privateProducts: ['acme'] }
  server = await startServer({ trustedProxies: ['127.0.0.1'], accelRedirect: '/_firn_pool/', access })
  const deps = { records: server.store.records, now: () => new Date().toISOString() }
  const { text } = await createToken(deps, { name: 'x', scopes: ['admin'], expiresAt: null, actor: 'x' })
  authorization = { Authorization: `Bearer ${text}` }
  for (const [place, file] of [
    ['/legacy/', large],
    ['/legacy/', small],
    ['/legacy/acme/', own],
  ] as const) {
    const headers = { ...formHeaders, ...authorization }
    await ask(server.url, place, { method: 'POST', headers, body: formOf([contentPart(file)]) })
  }
})
afterAll(() => cleanStop(server))

/** As a trusted nginx asks for somebody. */
function through(asked: string, headers: Readonly<Record<string, string>> = {}, method = 'GET'): Promise<Reply> {
  return ask(server.url, asked, { method, headers: { 'X-Forwarded-For': '192.0.2.7', ...headers } })
}

function redirectOf({ headers }: Reply): string | string[] | undefined {
  return headers['x-accel-redirect']
}

it('nginx is told where the file is, and what its headers are', async () => {
  const { status, body, headers } = await through(path)
  const { date: _, 'x-request-id': _id, connection: __, ...rest } = headers
  expect([status, body.length]).toEqual([200, 0])
  expect(rest).toEqual({
    'x-accel-redirect': '/_firn_pool/large/large-1.0%2Blocal.tar.gz',
    'content-length': '0',
    'content-type': 'application/octet-stream',
    'cache-control': 'public, max-age=31536000, immutable',
    'x-content-type-options': 'nosniff',
    etag,
  })
})

it.each([{ range: 'bytes=5-9' }, { range: 'bytes=9999999-' }, { range: 'bytes=5-9', 'if-range': etag }])(
  'nginx sees to the range itself, with %j',
  async (headers) => expect(redirectOf(await through(path, headers))).toMatch(/^\/_firn_pool\/large\//),
)

describe('bytes are given', () => {
  it('to who asks firn itself, even on the machine of the proxy', async () => {
    const reply = await ask(server.url, path)
    expect([redirectOf(reply), sha256(reply.body)]).toEqual([undefined, sha256(large.bytes)])
  })

  it('to who only says that he is a proxy', async () => {
    const elsewhere = await startServer({ trustedProxies: ['192.0.2.1'], accelRedirect: '/_firn_pool/' })
    await upload(elsewhere.url, large)
    const reply = await ask(elsewhere.url, path, { headers: { 'X-Forwarded-For': '192.0.2.1' } })
    expect([redirectOf(reply), sha256(reply.body)]).toEqual([undefined, sha256(large.bytes)])
    await cleanStop(elsewhere)
  })

  it('of a small file, which is in memory', async () => {
    const reply = await through(`/pool/small/${small.filename}`)
    expect([redirectOf(reply), sha256(reply.body)]).toEqual([undefined, sha256(small.bytes)])
  })

  it.each(['if-match', 'if-unmodified-since', 'if-modified-since'])(
    'with %s, which nginx would judge otherwise',
    async (name) => {
      const reply = await through(path, { [name]: 'Wed, 25 Nov 2026 00:00:00 GMT' })
      expect([reply.status, redirectOf(reply), sha256(reply.body)]).toEqual([200, undefined, sha256(large.bytes)])
    },
  )
})

it('HEAD, and 304 to who has the file, are answered by firn', async () => {
  const headed = await through(path, {}, 'HEAD')
  expect([headed.status, redirectOf(headed), headed.headers['content-length'], headed.headers.etag]).toEqual([
    200,
    undefined,
    String(large.bytes.length),
    etag,
  ])
  for (const line of [etag, `W/${etag}`, '*']) {
    const kept = await through(path, { 'if-none-match': line })
    expect([kept.status, redirectOf(kept), kept.headers.etag]).toEqual([304, undefined, etag])
  }
  expect(redirectOf(await through(path, { 'if-none-match': '"other"' }))).toMatch(/^\/_firn_pool\//)
})

it('a private file is for the cache of who may have it alone', async () => {
  const asked = `/pool/acme-theme/${own.filename}`
  const stranger = await through(asked)
  expect([stranger.status, redirectOf(stranger), stranger.headers['cache-control']]).toEqual([
    404,
    undefined,
    'no-store',
  ])
  const reader = await through(asked, authorization)
  expect([redirectOf(reader), reader.headers['cache-control'], reader.headers.vary]).toEqual([
    `/_firn_pool/acme-theme/${own.filename}`,
    'private, max-age=31536000, immutable',
    'Authorization',
  ])
})

it('what a client says in such a header comes to nothing', async () => {
  const forged = {
    'X-Accel-Redirect': '/_firn_pool/acme-theme/x',
    'X-Accel-Mapping': '/=/etc/',
    'X-Sendfile-Type': 'x',
  }
  for (const asked of ['/simple/', '/simple/none/', '/', `/pool/small/${small.filename}`, '/pool/none/none']) {
    const reply = await through(asked, forged)
    expect(Object.keys(reply.headers).filter((name) => /accel|sendfile/.test(name))).toEqual([])
  }
  expect(redirectOf(await through(path, forged))).toBe('/_firn_pool/large/large-1.0%2Blocal.tar.gz')
})
