import { readFileSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { connect } from 'node:net'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { makeWheel } from '../support/archives.ts'
import { beginUpload } from '../support/begun-upload.ts'
import { sha256 } from '../support/catalogue.ts'
import { ask, eventually, formHeaders, formOf, json, stagedNames, stagingEmpties } from '../support/requests.ts'
import { spawnServer, temporaryDirectory, type ServerProcess } from '../support/server.ts'

let data: string
let server: ServerProcess
beforeEach(async () => {
  data = await temporaryDirectory()
  server = await spawnServer(data)
})
afterEach(async () => {
  server.process.kill('SIGKILL')
  await server.ended
  await rm(data, { recursive: true })
})

/** The most memory that the server has had, in MB. */
function peakMemory(): number {
  const status = readFileSync(`/proc/${server.process.pid}/status`, 'utf8')
  return Number(/VmHWM:\s+(\d+) kB/.exec(status)?.[1]) / 1000
}

/** A form whose file is `size` bytes that are made as they are sent. */
async function* largeForm(size: number): AsyncGenerator<Uint8Array> {
  const piece = Buffer.alloc(1_000_000, 'firn')
  const form = formOf([{ name: 'content', filename: 'large-1.0.tar.gz', bytes: Buffer.from('SPLIT') }]).toString(
    'latin1',
  )
  const [head = '', tail = ''] = form.split('SPLIT')
  yield Promise.resolve(Buffer.from(head, 'latin1'))
  for (let sent = 0; sent < size; sent += piece.length) yield piece
  yield Buffer.from(tail, 'latin1')
}

it('receives 300 MB without holding them in memory', async () => {
  await ask(server.url, '/simple/')
  const before = peakMemory()
  const reply = await ask(server.url, '/legacy/', {
    method: 'POST',
    headers: formHeaders,
    body: largeForm(300_000_000),
  })
  expect([reply.status, json(reply)]).toEqual([400, expect.objectContaining({ code: 'archive-invalid' })])
  await stagingEmpties(data)
  expect(peakMemory() - before).toBeLessThan(150)
}, 120_000)

const wheel = makeWheel({ name: 'karl', version: '3.30', files: { 'more.py': 'x = 1\n'.repeat(5000) } })

it('finishes the upload in flight when it is asked to stop, and takes no other connection', async () => {
  const { finish } = await beginUpload(server.url, { file: wheel, data })
  server.process.kill('SIGTERM')
  await eventually('it says that it is stopping', () => server.output().includes('stopping'))
  await expect(ask(server.url, '/simple/')).rejects.toMatchObject({ code: 'ECONNREFUSED' })
  expect(await finish()).toMatch(/^HTTP\/1\.1 200 OK\r\n/)
  expect(await server.ended).toBe(0)
  expect(server.output()).toMatch(/stopping: answering what is in flight\n(?:.*POST \/legacy\/ 200 .*\n)?stopped\n$/)
  server = await spawnServer(data)
  const kept = await ask(server.url, `/pool/karl/${wheel.filename}`)
  expect([sha256(kept.body), await stagedNames(data)]).toEqual([sha256(wheel.bytes), []])
})

it('stops at once when nothing is in flight, whoever keeps a connection open', async () => {
  const socket = connect(Number(new URL(server.url).port), '127.0.0.1')
  socket.write('GET /healthz HTTP/1.1\r\nHost: firn\r\n\r\n')
  await new Promise((resolve) => socket.once('data', resolve))
  server.process.kill('SIGINT')
  expect(await server.ended).toBe(0)
})

it('stops without waiting when it is told twice', async () => {
  const { socket } = await beginUpload(server.url, { file: wheel, data })
  socket.on('error', () => {})
  server.process.kill('SIGTERM')
  await eventually('it says that it is stopping', () => server.output().includes('stopping'))
  server.process.kill('SIGTERM')
  expect(await server.ended).toBe(143)
  server = await spawnServer(data)
  expect(server.output()).toContain('swept 1 unfinished file from staging')
  expect((await ask(server.url, '/simple/karl/')).status).toBe(404)
})
