/** What is removed while somebody is being given it. */
import { EventEmitter, once } from 'node:events'
import { afterEach, expect, it } from 'vitest'
import { createToken } from '../../server/actions/tokens.ts'
import { makeWheel } from '../support/archives.ts'
import { uploadAll } from '../support/catalogue.ts'
import { cleanStop } from '../support/clean-stop.ts'
import { ask, type Reply } from '../support/requests.ts'
import { startServer, type TestServer } from '../support/server.ts'

const wheel = makeWheel({ name: 'karl', version: '1.0' })

const now = () => new Date().toISOString()

let server: TestServer
afterEach(() => cleanStop(server))

async function remove(): Promise<Reply> {
  const { records } = server.store
  const { text } = await createToken({ records, now }, { name: 'x', scopes: ['admin'], expiresAt: null, actor: 'x' })
  const body = JSON.stringify({ reason: 'court order' })
  const headers = { 'Content-Type': 'application/json', 'Content-Length': String(body.length) }
  return ask(server.url, `/api/v1/files/${wheel.filename}`, {
    method: 'DELETE',
    headers: { ...headers, Authorization: `Bearer ${text}` },
    body,
  })
}

it.each(['', '.metadata'])('is given to nobody who asks afterwards: %s', async (beside) => {
  server = await startServer()
  await uploadAll(server.url, [wheel])
  const path = `/pool/karl/${wheel.filename}${beside}`
  const { files, records } = server.store
  const [reading, removed] = [new EventEmitter(), new EventEmitter()]
  const slowly = async <T>(read: Promise<T>): Promise<T> => {
    const bytes = await read
    reading.emit('begun')
    await once(removed, 'done')
    return bytes
  }
  const [read, metadata] = [files.read.bind(files), records.metadata.bind(records)]
  files.read = (place) => slowly(read(place))
  records.metadata = (sha256) => slowly(metadata(sha256))
  const begun = once(reading, 'begun')
  const given = ask(server.url, path)
  await begun
  expect((await remove()).status).toBe(200)
  removed.emit('done')
  expect((await given).status).toBe(200)
  expect((await ask(server.url, path)).status).toBe(410)
})
