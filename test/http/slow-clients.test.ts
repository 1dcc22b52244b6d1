/** Clients that take their time, by the hundred: they are cut, leave nothing behind, and keep nobody else waiting. */
import { createCipheriv } from 'node:crypto'
import { readdirSync, readlinkSync } from 'node:fs'
import type { Socket } from 'node:net'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { makeWheel } from '../support/archives.ts'
import { cleanStop } from '../support/clean-stop.ts'
import { ask, eventually, freeze, stagedNames, stagingEmpties, upload } from '../support/requests.ts'
import { startServer, type TestServer } from '../support/server.ts'
import { openSocket, uploadRequest, wholeAnswer } from '../support/sockets.ts'

const hundreds = 200
const small = makeWheel({ name: 'karl', version: '3.30' })
/** More than the system holds between two sockets. */
const large = makeWheel({ name: 'large', version: '1.0', files: { 'a.bin': noise(24_000_000) } })
/** Forty pieces of it, 50 ms apart, take longer than a client may be idle. */
const steady = makeWheel({ name: 'steady', version: '1.0', files: { 'a.bin': noise(600_000) } })

/** What no archive makes smaller. */
function noise(size: number): Buffer {
  return createCipheriv('aes-128-ctr', Buffer.alloc(16), Buffer.alloc(16)).update(Buffer.alloc(size))
}

let server: TestServer
beforeEach(async () => {
  server = await startServer({
    limits: { connections: 2 * hundreds, uploads: hundreds, head: 700, idle: 1000, leastBody: 5000, keepAlive: 60_000 },
  })
  await upload(server.url, small)
  await freeze(server.url, 'karl/3.30', 'karl==3.30\n')
})
afterEach(() => cleanStop(server))

function slowOnes(count = hundreds): Promise<readonly Socket[]> {
  return Promise.all(Array.from({ length: count }, () => openSocket(server.url)))
}

/** Sends a text a piece at a time, for as long as anybody takes it. */
function drip(socket: Socket, pieces: Iterable<string | Buffer>): void {
  const left = pieces[Symbol.iterator]()
  const timer = setInterval(() => {
    const { value, done } = left.next()
    if (done !== true && socket.writable) socket.write(value)
    else clearInterval(timer)
  }, 50)
  socket.once('close', () => clearInterval(timer))
}

function* bytesOf(text: string | Buffer): Generator<Buffer> {
  const bytes = Buffer.from(text)
  for (let at = 0; at < bytes.length; at++) yield bytes.subarray(at, at + 1)
}

/** What this process has open: connections of both ends, and files of the server's. */
function openFiles(): number {
  return readdirSync('/proc/self/fd').length
}

function openPoolFiles(): readonly string[] {
  return readdirSync('/proc/self/fd').flatMap((descriptor) => {
    try {
      return [readlinkSync(`/proc/self/fd/${descriptor}`)].filter(
        (path) => path.startsWith(server.data) && /pool|staging/.test(path),
      )
    } catch {
      return []
    }
  })
}

/** Others are answered meanwhile. */
async function answersOthers(): Promise<void> {
  const paths = ['/index/karl/3.30/', `/pool/karl/${small.filename}`, '/simple/', '/api/v1/releases']
  for (const path of paths) expect([path, (await ask(server.url, path)).status]).toEqual([path, 200])
}

/** Whatever they were told, they are gone, and with them all that they held. */
async function goneWithoutTrace(answers: Promise<readonly string[]>, before: number): Promise<readonly string[]> {
  const told = await answers
  await stagingEmpties(server.data)
  await eventually('all is closed', () => openFiles() <= before && openPoolFiles().length === 0)
  await eventually('no upload is under way', async () =>
    (await ask(server.url, '/metrics')).text.includes('\nfirn_uploads_in_flight 0\n'),
  )
  return [...new Set(told.map((answer) => answer.split('\r\n', 1)[0] ?? ''))]
}

async function cutSoFar(): Promise<number> {
  return Number(/\nfirn_connections_cut_total (\d+)\n/.exec((await ask(server.url, '/metrics')).text)?.[1])
}

it('cuts connections on which nothing is sent', async () => {
  const before = openFiles()
  const answers = Promise.all((await slowOnes()).map(wholeAnswer))
  await answersOthers()
  expect(await goneWithoutTrace(answers, before)).toEqual(['HTTP/1.1 408 Request Timeout'])
})

it('cuts heads that come a byte at a time', async () => {
  const before = openFiles()
  const sockets = await slowOnes()
  const answers = Promise.all(sockets.map(wholeAnswer))
  for (const socket of sockets) drip(socket, bytesOf(`GET / HTTP/1.1\r\nHost: firn\r\nX: ${'x'.repeat(5000)}\r\n\r\n`))
  await answersOthers()
  expect(await goneWithoutTrace(answers, before)).toEqual(['HTTP/1.1 408 Request Timeout'])
})

it('cuts uploads that come a byte at a time, or stop coming, and keeps nothing of them', async () => {
  const before = openFiles()
  const { head, form } = uploadRequest(large)
  const sockets = await slowOnes(hundreds - 20)
  const answers = Promise.all(sockets.map(wholeAnswer))
  for (const [at, socket] of sockets.entries()) {
    socket.write(head)
    socket.write(form.subarray(0, 2000))
    if (at % 2 === 0) drip(socket, bytesOf(form.subarray(2000, 4000)))
  }
  await eventually('they are being staged', async () => (await stagedNames(server.data)).length > 10)
  await answersOthers()
  expect((await upload(server.url, makeWheel({ name: 'karl', version: '3.31' }))).status).toBe(200)
  expect(await goneWithoutTrace(answers, before)).toEqual([''])
  expect(await cutSoFar()).toBe(sockets.length)
})

it('cuts other bodies that come a byte at a time, also where none is wanted', async () => {
  const before = openFiles()
  const sockets = await slowOnes()
  const answers = Promise.all(sockets.map(wholeAnswer))
  for (const [at, socket] of sockets.entries()) {
    const line = at % 2 === 0 ? 'POST /api/v1/fetch' : 'GET /simple/'
    socket.write(
      `${line} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: 4000\r\n\r\n`,
    )
    drip(socket, bytesOf('x'.repeat(4000)))
  }
  await answersOthers()
  expect(await goneWithoutTrace(answers, before)).toEqual(['', 'HTTP/1.1 200 OK'])
})

it('cuts those who ask for a large file and do not read it, and closes the file', async () => {
  await upload(server.url, large)
  const before = openFiles()
  const sockets = await slowOnes(50)
  const path = `/pool/large/${large.filename}`
  for (const socket of sockets) {
    socket.pause()
    socket.write(`GET ${path} HTTP/1.1\r\nHost: firn\r\n\r\n`.repeat(3))
  }
  const closed = sockets.map((socket) => new Promise<void>((resolve) => socket.once('close', () => resolve())))
  await answersOthers()
  await eventually('they are cut', async () => (await cutSoFar()) === sockets.length)
  for (const socket of sockets) socket.destroy()
  await Promise.all(closed)
  expect(await goneWithoutTrace(Promise.resolve([]), before)).toEqual([])
})

it('does not cut those who are slow and get on, nor those who wait for the server', async () => {
  const { head, form } = uploadRequest(steady)
  const socket = await openSocket(server.url)
  const answer = wholeAnswer(socket)
  socket.write(head.replace('\r\n\r\n', '\r\nConnection: close\r\n\r\n'))
  const pieces = Array.from({ length: 40 }, (_, at) =>
    form.subarray(Math.floor((at * form.length) / 40), Math.floor(((at + 1) * form.length) / 40)),
  )
  drip(socket, pieces)
  expect(await answer).toMatch(/^HTTP\/1\.1 200 OK\r\n/)
  expect(await cutSoFar()).toBe(0)
})
