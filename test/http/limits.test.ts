import { mkdir, rm, rmdir, writeFile } from 'node:fs/promises'
import type { Socket } from 'node:net'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { createToken } from '../../server/actions/tokens.ts'
import { operations } from '../../server/routes/openapi.ts'
import { makeWheel } from '../support/archives.ts'
import { cleanStop } from '../support/clean-stop.ts'
import { beginUpload, openSocket, wholeAnswer } from '../support/sockets.ts'
import { ask, contentPart, eventually, formHeaders, formOf, json, stagingEmpties, upload } from '../support/requests.ts'
import { firn, startServer, temporaryDirectory, type TestServer, type TestServerOptions } from '../support/server.ts'

const [one, two] = ['1.0', '2.0'].map((version) => makeWheel({ name: 'karl', version }))
if (!one || !two) throw new Error('no wheels')

/** A request after which the connection is closed. */
const closing = Buffer.from('GET /healthz HTTP/1.1\r\nHost: firn\r\nConnection: close\r\n\r\n')

const started: TestServer[] = []
async function start(options: TestServerOptions): Promise<TestServer> {
  const server = await startServer(options)
  started.push(server)
  return server
}
afterEach(async () => {
  for (const server of started.splice(0)) await cleanStop(server)
})

describe('more uploads than may be at once', () => {
  it('are told to come back, as are fetches; who may not upload is told that', async () => {
    const server = await start({ limits: { uploads: 1 }, access: { writes: 'local' } })
    const first = await beginUpload(server, one)
    const refused = await upload(server.url, two)
    expect([refused.status, refused.headers['retry-after'], json(refused)]).toEqual([
      503,
      '5',
      {
        type: '/problems/server-busy',
        title: 'Server takes in as much as it may',
        status: 503,
        detail: 'it takes 1 at once; come back in 5 s',
        hint: 'try again; more at once: firn serve --max-uploads',
        code: 'server-busy',
        uploads: 1,
        seconds: 5,
      },
    ])
    expect(refused.reason).toBe(
      'Server takes in as much as it may: it takes 1 at once; come back in 5 s (try again; more at once: firn serve --max-uploads)',
    )
    const body = JSON.stringify({ sources: [{ name: 'a', text: 'karl==1' }], targets: ['cp311-manylinux_x86_64'] })
    const headers = { 'Content-Type': 'application/json' }
    expect(json(await ask(server.url, '/api/v1/fetch', { method: 'POST', headers, body }))).toMatchObject({
      code: 'server-busy',
    })
    const foreign = { ...formHeaders, Host: 'firn.example' }
    const asked = { method: 'POST', headers: foreign, body: formOf([contentPart(two)]) }
    expect(json(await ask(server.url, '/legacy/', asked))).toMatchObject({ code: 'token-required' })
    expect((await ask(server.url, '/metrics')).text).toMatch(
      /\nfirn_uploads_in_flight 1\n[^]*firn_uploads_refused_total 2\n/,
    )
    first.socket.write(Buffer.concat([first.rest, closing]))
    expect(await wholeAnswer(first.socket)).toMatch(/^HTTP\/1\.1 200 OK\r\n/)
    expect((await upload(server.url, two)).status).toBe(200)
  })

  it('end a command with 75, which means: later', async () => {
    const server = await start({ limits: { uploads: 1 } })
    const { socket } = await beginUpload(server, one)
    const directory = await temporaryDirectory()
    const path = join(directory, two.filename)
    await writeFile(path, two.bytes)
    const { code, stdout } = await firn(['upload', path], { FIRN_URL: server.url })
    expect([code, stdout]).toEqual([75, expect.stringContaining('Server takes in as much as it may')])
    socket.destroy()
    await stagingEmpties(server.data)
    await eventually(
      'the place is free',
      async () => (await firn(['upload', path], { FIRN_URL: server.url })).code === 0,
    )
    await rm(directory, { recursive: true })
  })
})

it('more connections than may be are closed unheard, and others go on', async () => {
  const server = await start({ limits: { connections: 3 } })
  const sockets = await Promise.all([1, 2, 3].map(() => openSocket(server.url)))
  const [first] = sockets
  const fourth = await openSocket(server.url)
  fourth.write('GET /healthz HTTP/1.1\r\nHost: firn\r\n\r\n')
  expect(await wholeAnswer(fourth)).toBe('')
  first?.write('GET /metrics HTTP/1.1\r\nHost: firn\r\nConnection: close\r\n\r\n')
  expect(await wholeAnswer(first as Socket)).toMatch(/\nfirn_connections 3\n[^]*\nfirn_connections_refused_total 1\n/)
  expect((await ask(server.url, '/healthz')).status).toBe(200)
  for (const socket of sockets) socket.destroy()
})

async function* pieces(size: number): AsyncGenerator<Uint8Array> {
  yield Promise.resolve(Buffer.from('{"x":"'))
  for (let sent = 0; sent < size; sent += 1_000_000) yield Buffer.alloc(1_000_000, 'x')
  yield Buffer.from('"}')
}

describe('a body that is too long', () => {
  let server: TestServer
  let token: string
  beforeAll(async () => {
    server = await startServer({ uploadLimit: 1_000_000 })
    const deps = { records: server.store.records, now: () => new Date().toISOString() }
    token = (await createToken(deps, { name: 'a', scopes: ['admin'], expiresAt: null, actor: 'test' })).text
  })
  afterAll(() => cleanStop(server))

  const writing = operations.filter(({ method }) => method !== 'get').map(({ method, path }) => [method, path] as const)

  it.each(writing)('is refused, declared or not: %s /api/v1%s', async (method, path) => {
    const url = `/api/v1${path.replace('{product}/{release}', 'karl/1').replaceAll(/\{[a-z]+\}/g, 'x')}`
    const type = { 'Content-Type': 'application/json' }
    const whole = Buffer.concat([Buffer.from('{"x":"'), Buffer.alloc(21 * 1024 * 1024, 'x'), Buffer.from('"}')])
    const length = { 'Content-Length': String(whole.length) }
    const known = { ...type, Authorization: `Bearer ${token}` }
    const stranger = { ...type, Host: 'firn.example' }
    const replies = [
      await ask(server.url, url, { method, headers: { ...known, ...length }, body: whole }),
      await ask(server.url, url, {
        method,
        headers: { ...known, 'Transfer-Encoding': 'chunked' },
        body: pieces(21_000_000),
      }),
      await ask(server.url, url, {
        method,
        headers: { ...stranger, 'Transfer-Encoding': 'chunked' },
        body: pieces(5_000_000),
      }),
    ]
    expect(replies.map((reply) => (json(reply) as { code: string }).code)).toEqual(Array(3).fill('upload-too-large'))
  })

  it('is refused as a file, declared or not, and nothing stays', async () => {
    const body = formOf([{ name: 'content', filename: 'large-1.0.zip', bytes: Buffer.alloc(1_000_001) }])
    const declared = await ask(server.url, '/legacy/', { method: 'POST', headers: formHeaders, body })
    async function* undeclared(): AsyncGenerator<Uint8Array> {
      yield await Promise.resolve(body)
    }
    const chunked = await ask(server.url, '/legacy/', { method: 'POST', headers: formHeaders, body: undeclared() })
    expect([declared, chunked].map((reply) => (json(reply) as { code: string }).code)).toEqual(
      Array(2).fill('upload-too-large'),
    )
    await stagingEmpties(server.data)
  })

  it('is not read where none is wanted', async () => {
    const body = Buffer.alloc(30_000_000)
    for (const path of ['/simple/', '/index/karl/1/', '/healthz', '/metrics', '/']) {
      const reply = await ask(server.url, path, { headers: { 'Content-Length': String(body.length) }, body })
      expect([path, [200, 404].includes(reply.status)]).toEqual([path, true])
    }
  })
})

const notReady = (detail: string) => ({
  type: '/problems/not-ready',
  title: 'Server is not ready',
  status: 503,
  detail,
  hint: "what is wrong is in the server's log",
  code: 'not-ready',
})

describe('/readyz', () => {
  it('says no while the data directory takes no file, and the log says why', async () => {
    const server = await startServer()
    expect((await ask(server.url, '/readyz')).text).toBe('ready\n')
    const staging = join(server.data, 'staging')
    await rmdir(staging)
    const reply = await ask(server.url, '/readyz')
    expect([reply.status, json(reply)]).toEqual([503, notReady('its data directory takes no file')])
    expect(server.internalErrors.at(-1)?.cause).toMatchObject({ code: 'ENOENT' })
    await mkdir(staging)
    expect((await ask(server.url, '/readyz')).status).toBe(200)
    expect((await ask(server.url, '/healthz')).status).toBe(200)
    await cleanStop(server, ['not-ready'])
  })

  it('says no while the database does not answer', async () => {
    const server = await startServer()
    await server.store.records.close()
    expect(json(await ask(server.url, '/readyz'))).toEqual(notReady('its database does not answer'))
    expect((await ask(server.url, '/healthz')).status).toBe(200)
    await server.stop().catch(() => {})
  })

  it('says no while the server stops', async () => {
    const server = await startServer()
    const { socket, rest } = await beginUpload(server, one)
    const stopped = server.stop()
    socket.write(Buffer.concat([rest, Buffer.from('GET /readyz HTTP/1.1\r\nHost: firn\r\n\r\n')]))
    const answer = await wholeAnswer(socket)
    expect(answer).toMatch(/^HTTP\/1\.1 200 OK\r\n[^]*HTTP\/1\.1 503 Service Unavailable\r\n[^]*"it is being stopped"/)
    await stopped
  })
})
