/** Behind a proxy that is trusted, and beside one that is not: who is counted, who is local, what is believed. */
import { rm } from 'node:fs/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { makeWheel } from '../support/archives.ts'
import { cleanStop } from '../support/clean-stop.ts'
import {
  ask,
  contentPart,
  eventually,
  formHeaders,
  formOf,
  freeze,
  upload as uploadFile,
  type Reply,
} from '../support/requests.ts'
import { startServer, temporaryDirectory, type TestServer } from '../support/server.ts'

type Headers = Readonly<Record<string, string>>

const wrong = { Authorization: `Bearer firn_0123456789ab_${'A'.repeat(43)}` }
const karl = makeWheel({ name: 'karl', version: '3.30' })

/** Trusts this machine, from which all is asked here; the other trusts some other machine. */
let trusting: TestServer
let other: TestServer
let data: string
let logged = ''
beforeAll(async () => {
  data = await temporaryDirectory()
  const before = await startServer({ data })
  const log = { write: (text: string) => (logged += text) }
  other = await startServer({ trustedProxies: ['192.0.2.1'], log })
  for (const { url } of [before, other]) {
    await uploadFile(url, karl)
    await freeze(url, 'karl/3.30', 'karl==3.30')
  }
  await before.stop()
  trusting = await startServer({ data, trustedProxies: ['127.0.0.1', '10.0.0.0/8'], log })
})
afterAll(async () => {
  await cleanStop(trusting)
  await cleanStop(other)
  await rm(data, { recursive: true })
})

/** Of fourteen. */
const slowed = '11 × 401, 3 × 429'

/** What so many wrong tokens were answered with. */
async function guesses(server: TestServer, times: number, headersOf: (time: number) => Headers): Promise<string> {
  const statuses = new Map<number, number>()
  for (let time = 0; time < times; time++) {
    const { status } = await ask(server.url, '/simple/', { headers: { ...wrong, ...headersOf(time) } })
    statuses.set(status, (statuses.get(status) ?? 0) + 1)
  }
  return [...statuses].map(([status, times]) => `${times} × ${status}`).join(', ')
}

describe('wrong tokens', () => {
  it('are counted for the client, whatever it puts before its address', async () => {
    expect(await guesses(trusting, 14, (time) => ({ 'X-Forwarded-For': `198.51.100.${time}, 192.0.2.10` }))).toBe(
      slowed,
    )
  })

  it('are counted for the client in all spellings of its address', async () => {
    const spellings = ['2001:db8::a', '2001:DB8:0:0::A', '[2001:db8::a]:4000', '2001:0db8::000a']
    expect(await guesses(trusting, 14, (time) => ({ 'X-Forwarded-For': spellings[time % 4] ?? '' }))).toBe(slowed)
  })

  it('are counted for a network of IPv6, whose addresses one client has all', async () => {
    expect(await guesses(trusting, 14, (time) => ({ 'X-Forwarded-For': `2001:db8:0:7:${time}::1` }))).toBe(slowed)
    for (const next of ['2001:db8:0:8::1', '2001:db8:1::7', '2001:db8:7::'])
      expect(await guesses(trusting, 1, () => ({ 'X-Forwarded-For': next }))).toBe('1 × 401')
  })

  it('of one client lock no other out, whomever it names', async () => {
    await guesses(trusting, 14, () => ({ 'X-Forwarded-For': '192.0.2.12, 192.0.2.11' }))
    expect(await guesses(trusting, 1, () => ({ 'X-Forwarded-For': '192.0.2.12' }))).toBe('1 × 401')
  })

  it('of who forges a header past the proxy are counted for him', async () => {
    expect(await guesses(other, 14, (time) => ({ 'X-Forwarded-For': `198.51.100.${time}` }))).toBe(slowed)
  })

  it('of those for whom a proxy names nobody are counted for the proxy, and for nobody else', async () => {
    const odd = ['unknown', '', '_x', '192.0.2.12.', 'localhost']
    expect(await guesses(trusting, 14, (time) => ({ 'X-Forwarded-For': odd[time % 5] ?? '' }))).toBe(slowed)
    expect(await guesses(trusting, 1, () => ({ 'X-Forwarded-For': '192.0.2.13' }))).toBe('1 × 401')
  })
})

function upload(server: TestServer, headers: Headers): Promise<Reply> {
  const body = formOf([contentPart(karl)])
  return ask(server.url, '/legacy/', { method: 'POST', headers: { ...formHeaders, ...headers }, body })
}

describe('what is open to this machine alone', () => {
  it.each([
    { 'X-Forwarded-For': '127.0.0.1' },
    { 'X-Forwarded-For': '::1' },
    { 'X-Forwarded-For': '127.0.0.1', 'X-Forwarded-Host': 'localhost' },
    { 'X-Forwarded-For': '192.0.2.7' },
    { Host: 'localhost' },
    {},
  ])('is closed to what comes through a trusted proxy, with %j', async (headers) => {
    expect((await upload(trusting, headers)).status).toBe(401)
  })

  it.each([
    { 'X-Forwarded-For': '127.0.0.1' },
    { 'X-Forwarded-Host': 'localhost' },
    { 'X-Forwarded-Prefix': '/' },
    { Forwarded: 'for=127.0.0.1' },
    { Via: '1.1 front' },
    { 'X-Real-IP': '127.0.0.1' },
  ])('is closed to what says that it was passed on by another, with %j', async (headers) => {
    expect((await upload(other, headers)).status).toBe(401)
  })

  it('is open to who asks from it', async () => {
    expect((await upload(other, {})).status).toBe(200)
  })
})

/** Whom the log names for what was asked at these URLs, in their order. */
function clientsOf(...queries: readonly string[]): readonly string[] {
  const lines = queries.flatMap((query) => logged.split('\n').filter((line) => line.includes(query)))
  return lines.map((line) => (JSON.parse(line) as { client: string }).client)
}

it('the log names the client, and not what it says of itself', async () => {
  await ask(trusting.url, '/simple/?one', { headers: { 'X-Forwarded-For': '127.0.0.1, 192.0.2.20, 10.1.1.1' } })
  await ask(trusting.url, '/simple/?two', { headers: { 'X-Forwarded-For': 'x"\\u001b[31m' } })
  await ask(other.url, '/simple/?three', { headers: { 'X-Forwarded-For': '192.0.2.21' } })
  const asked = ['?one', '?two', '?three']
  await eventually('both logs are written', () => clientsOf(...asked).length === 3)
  expect(clientsOf(...asked)).toEqual(['192.0.2.20', '127.0.0.1', '127.0.0.1'])
})

it('a form of the site that a trusted proxy names is no form of another', async () => {
  const headers = { 'X-Forwarded-Host': 'firn.example', Origin: 'https://firn.example' }
  expect((await upload(trusting, headers)).status).toBe(401)
  expect((await upload(trusting, { ...headers, Origin: 'https://other.example' })).status).toBe(403)
  expect((await upload(other, headers)).status).toBe(403)
})

it('a document has the URL that a trusted proxy says the client came by', async () => {
  const headers = { Host: 'firn.example', 'X-Forwarded-Proto': 'https', 'X-Forwarded-Prefix': '/python' }
  const urls = async ({ url }: TestServer) =>
    (await ask(url, '/index/karl/3.30/versions.cfg', { headers })).text.match(/http.*karl.*/g)
  expect(await urls(trusting)).toEqual(['https://firn.example/python/index/karl/3.30/'])
  expect(await urls(other)).toEqual(['http://firn.example/index/karl/3.30/'])
  const odd = await ask(trusting.url, '/index/karl/3.30/versions.cfg', { headers: { 'X-Forwarded-Prefix': '/../' } })
  expect([odd.status, odd.text]).toEqual([400, expect.stringContaining('X-Forwarded-Prefix is not a path') as string])
})
