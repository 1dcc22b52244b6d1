/** Texts in requests that would be kept as others, or that show as others. */
import { afterAll, beforeAll, expect, it } from 'vitest'
import { makeWheel } from '../support/archives.ts'
import { uploadAll } from '../support/catalogue.ts'
import { cleanStop } from '../support/clean-stop.ts'
import { ask, json, type Reply } from '../support/requests.ts'
import { startServer, type TestServer } from '../support/server.ts'

let server: TestServer
beforeAll(async () => {
  server = await startServer()
  await uploadAll(server.url, [makeWheel({ name: 'karl', version: '1' })])
})
afterAll(() => cleanStop(server))

function send(method: string, path: string, body: object): Promise<Reply> {
  const headers = { 'Content-Type': 'application/json' }
  return ask(server.url, path, { method, headers, body: JSON.stringify(body) })
}

const freezing = { sources: [{ name: 'pins.txt', text: 'karl==1\n' }], targets: ['cp311-manylinux_x86_64'] }

it.each([
  ['POST', '/api/v1/yanks', { wanted: ['karl==1'], reason: 'broken \ud800' }],
  ['PUT', '/api/v1/projects/karl/status', { status: 'deprecated', reason: 'x \udc00' }],
  ['PUT', '/api/v1/releases/acme/1', { ...freezing, waivers: [{ project: 'zz', reason: 'half \ud83d' }] }],
  ['PUT', '/api/v1/releases/acme/1', { ...freezing, sources: [{ name: '\ud83d.txt', text: 'karl==1\n' }] }],
])('half of a surrogate pair is no text: %s %s', async (method, path, body) => {
  const before = (await server.store.records.events()).length
  const reply = await send(method, path, body)
  expect([reply.status, json(reply)]).toEqual([
    400,
    expect.objectContaining({
      code: 'request-invalid',
      detail: 'body: it has half of a surrogate pair, which is no text',
    }),
  ])
  expect((await server.store.records.events()).length).toBe(before)
})

it.each([
  ['of two lines', 'a\u2028b'],
  ['that turns what stands beside it round', 'see \u202egpj.exe'],
  ['that nobody sees', '\u200b\u0300'],
])('a reason is none: %s', async (_, reason) => {
  const reply = await send('POST', '/api/v1/yanks', { wanted: ['karl==1'], reason })
  expect([reply.status, json(reply)]).toMatchObject([400, { code: 'request-invalid' }])
})

const yank = async (reason: string) => (await send('POST', '/api/v1/yanks', { wanted: ['karl==1'], reason })).status

it('a reason is 500 characters at most, in any script', async () => {
  expect(await yank('סיבה: שגוי 壊れている')).toBe(200)
  expect(await yank('😀'.repeat(500))).toBe(200)
  expect(await yank('😀'.repeat(501))).toBe(400)
})
