/** An upstream that lies, hangs or never ends, and clients that read slowly, while the live index pulls through. */
import { rm } from 'node:fs/promises'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { makeSdist, makeWheel, noise, type Built } from '../support/archives.ts'
import { sha256 } from '../support/catalogue.ts'
import { cleanStop } from '../support/clean-stop.ts'
import { closed } from '../support/crawl.ts'
import { ask, eventually, json, stagedNames, stagingEmpties, type Reply } from '../support/requests.ts'
import { startServer, temporaryDirectory, type TestServer, type TestServerOptions } from '../support/server.ts'
import { openSocket, wholeAnswer } from '../support/sockets.ts'

const small = makeWheel({ name: 'lxml', version: '4.8' })
/** More than the system takes for a client that does not read. */
const large = makeSdist({ name: 'lxml', version: '5.0', files: { noise: noise(12_000_000) } })

let server: TestServer
const stops: (() => Promise<void>)[] = []
afterEach(async () => {
  await cleanStop(server)
  for (const stop of stops.splice(0)) await stop()
})

type Answering = (req: IncomingMessage, res: ServerResponse) => void

const type = { 'Content-Type': 'application/vnd.pypi.simple.v1+json' }

function pageOf(files: readonly object[]): string {
  return JSON.stringify({ meta: { 'api-version': '1.1' }, name: 'lxml', files })
}

const entry = ({ filename, bytes }: Built, more: object = {}) => ({
  filename,
  url: `/files/${filename}`,
  hashes: { sha256: sha256(bytes) },
  size: bytes.length,
  'upload-time': '2011-02-03T04:05:06.789012Z',
  ...more,
})

async function start(answering: Answering, options: TestServerOptions = {}): Promise<string> {
  const upstream = createServer(answering)
  await new Promise<void>((resolve) => upstream.listen(0, '127.0.0.1', resolve))
  stops.push(() => closed(upstream))
  const { port } = upstream.address() as AddressInfo
  const url = `http://127.0.0.1:${port}/simple/`
  server = await startServer({ upstream: url, pullThrough: true, ...options })
  return url
}

/** An upstream that has these files, listed with what is said besides. */
function having(files: readonly (readonly [Built, object?])[]): Answering {
  return (req, res) => {
    const url = req.url ?? ''
    const found = files.find(([{ filename }]) => url === `/files/${filename}`)
    if (found) res.end(found[0].bytes)
    else if (url === '/simple/lxml/')
      res.writeHead(200, type).end(pageOf(files.map(([file, more]) => entry(file, more))))
    else res.writeHead(404).end()
  }
}

const file = ({ filename }: Built, options: Parameters<typeof ask>[2] = {}): Promise<Reply> =>
  ask(server.url, `/pool/lxml/${filename}`, options)
const inPool = async ({ filename }: Built) => (await server.store.records.distribution(filename)) !== undefined
const codeOf = (reply: Reply) => (json(reply) as { code: string }).code

describe('a size that is not that of the file', () => {
  it.each([
    ['more than it is', 1000],
    ['less than it is', -1000],
  ])('is refused: %s', async (_, more) => {
    await start(having([[large, { size: large.bytes.length + more }]]))
    const socket = await openSocket(server.url)
    socket.write(`GET /pool/lxml/${large.filename} HTTP/1.1\r\nHost: x\r\n\r\n`)
    const answer = await wholeAnswer(socket)
    const [head = ''] = answer.split('\r\n\r\n', 1)
    const length = Number(/Content-Length: (\d+)/i.exec(head)?.[1])
    // Fewer bytes than the head says: no client takes it for the whole, and none takes the rest for another answer.
    expect(answer.length - head.length - 4).toBeLessThan(length)
    await stagingEmpties(server.data)
    expect(await inPool(large)).toBe(false)
  })

  it('is said of a small file', async () => {
    await start(having([[small, { size: 3 }]]))
    const reply = await file(small)
    expect([reply.status, codeOf(reply)]).toEqual([422, 'digest-mismatch'])
    expect(await inPool(small)).toBe(false)
  })

  it('is said before anything is sent, if it is more than is taken in', async () => {
    await start(having([[large]]), { uploadLimit: 1_000_000 })
    const reply = await file(large)
    expect([reply.status, codeOf(reply)]).toEqual([413, 'upload-too-large'])
  })
})

describe('a file that does not end', () => {
  it('ends at what is taken in', async () => {
    await start(
      (req, res) => {
        if (req.url === '/simple/lxml/')
          return void res.writeHead(200, type).end(pageOf([entry(large, { size: null })]))
        const more = () => {
          while (!res.destroyed && res.write(large.bytes));
        }
        res.on('drain', more)
        more()
      },
      { uploadLimit: 20_000_000 },
    )
    await expect(file(large)).rejects.toThrow(/aborted|hang up|reset/)
    await stagingEmpties(server.data)
    expect((await ask(server.url, '/simple/lxml/')).status).toBe(200)
  })
})

describe('a page', () => {
  it('that one entry would make unreadable is read without what is wrong', async () => {
    await start(
      having([
        [small, { 'upload-time': 'yesterday' }],
        [makeWheel({ name: 'lxml', version: '4.9' }), { 'upload-time': '2011-02-30T00:00:00Z' }],
        [large, { 'upload-time': '2011-02-03T04:05:06+01:00' }],
      ]),
    )
    const reply = await ask(server.url, '/simple/lxml/', { headers: { accept: type['Content-Type'] } })
    const { files } = json(reply) as { files: readonly object[] }
    expect(files.map((each) => 'upload-time' in each && each['upload-time'])).toEqual([
      false,
      false,
      '2011-02-03T03:05:06.000Z',
    ])
  })

  it('that names a file twice means the first', async () => {
    await start(having([[small], [small, { hashes: { sha256: 'f'.repeat(64) } }]]))
    const reply = await ask(server.url, '/simple/lxml/', { headers: { accept: type['Content-Type'] } })
    expect((json(reply) as { files: readonly object[] }).files).toMatchObject([
      { hashes: { sha256: sha256(small.bytes) } },
    ])
  })

  it('of more files than a project has is none', async () => {
    const many = Array.from({ length: 50_001 }, (_, i) => ({ ...entry(small), filename: `lxml-${i}.zip` }))
    await start((_, res) => void res.writeHead(200, type).end(pageOf(many)))
    const reply = await ask(server.url, '/simple/lxml/')
    expect([reply.status, codeOf(reply)]).toEqual([502, 'upstream-unavailable'])
  })
})

describe('an upstream that does not answer', () => {
  it('keeps nobody from what the pool has, and is heard again when it answers', async () => {
    let silent = false
    const held: (() => void)[] = []
    const newer = makeWheel({ name: 'lxml', version: '4.9' })
    const answering = having([[small], [newer]])
    const data = await temporaryDirectory()
    stops.push(() => rm(data, { recursive: true }))
    const upstream = await start(
      (req, res) => {
        if (silent) held.push(() => answering(req, res))
        else answering(req, res)
      },
      { data },
    )
    expect((await file(small)).status).toBe(200)
    await server.stop()
    silent = true
    server = await startServer({ upstream, pullThrough: true, data, limits: { upstream: 200 } })
    const links = async () => (await ask(server.url, '/simple/lxml/')).text.match(/<a /g)?.length
    expect(await links()).toBe(1)
    expect((await file(small)).status).toBe(200)
    const unknown = await ask(server.url, '/simple/other/')
    expect([unknown.status, codeOf(unknown)]).toEqual([502, 'upstream-unavailable'])
    silent = false
    for (const answer of held) answer()
    await eventually('the upstream is heard', async () => (await links()) === 2)
    expect((await file(newer)).status).toBe(200)
  })
})

describe('a client that does not read', () => {
  it('holds up nobody else who wants the file, nor the file', async () => {
    await start(having([[large]]))
    const socket = await openSocket(server.url)
    socket.pause()
    socket.write(`GET /pool/lxml/${large.filename} HTTP/1.1\r\nHost: x\r\n\r\n`)
    await eventually('it is on its way', async () => (await stagedNames(server.data)).length > 0)
    const replies = await Promise.all([file(large), file(large), file(large, { headers: { range: 'bytes=1-2' } })])
    expect(replies.map(({ status, body }) => [status, sha256(body)])).toEqual([
      [200, sha256(large.bytes)],
      [200, sha256(large.bytes)],
      [206, sha256(large.bytes.subarray(1, 3))],
    ])
    const whole = wholeAnswer(socket)
    socket.write(`GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`)
    socket.resume()
    // What it did not read then it is given from what was staged, though that has a place in the pool by now.
    expect(await whole).toContain(`\r\n\r\n${large.bytes.toString('latin1')}HTTP/1.1 200 OK`)
  })
})

describe('a server that stops', () => {
  it('does not wait for a file that does not come', async () => {
    await start((req, res) => {
      if (req.url === '/simple/lxml/') res.writeHead(200, type).end(pageOf([entry(large)]))
      else res.write('PK')
    })
    const asked = file(large).catch(() => 'cut')
    await eventually('it is on its way', async () => (await stagedNames(server.data)).length > 0)
    await server.stop()
    expect(await asked).toBe('cut')
  })
})
