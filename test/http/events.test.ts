import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { headMessage, type LogHead } from '../../pool/proof/log-head.ts'
import { lineMessage, type LogLine } from '../../pool/proof/log-line.ts'
import { isSignedBy } from '../../pool/proof/public-key.ts'
import { makeSdist, makeWheel } from '../support/archives.ts'
import { cleanStop } from '../support/clean-stop.ts'
import { ask, freeze, json, upload } from '../support/requests.ts'
import { startServer, type TestServer } from '../support/server.ts'

const karl = [makeWheel({ name: 'karl', version: '3.30' }), makeSdist({ name: 'karl', version: '3.30' })]
const zope = makeWheel({ name: 'zope.Interface', version: '8.5' })

let server: TestServer
let log: readonly LogLine[]
beforeAll(async () => {
  server = await startServer()
  for (const file of [...karl, zope]) await upload(server.url, file)
  await freeze(server.url, 'karl/3.30', 'karl==3.30')
  await freeze(server.url, 'karl/3.30', 'karl==3.30')
  await freeze(server.url, 'karl-0/1', 'karl==3.30')
  log = (await page('')).events
})
afterAll(() => cleanStop(server))

interface Page {
  readonly events: readonly LogLine[]
  readonly next: number | null
}

async function page(query: string): Promise<Page> {
  const reply = await ask(server.url, `/api/v1/events${query}`)
  expect(reply.status).toBe(200)
  return json(reply) as Page
}

async function found(query: string): Promise<readonly number[]> {
  return (await page(query)).events.map(({ sequence }) => sequence)
}

it('has every change once, in order, each signed', async () => {
  const { key } = server.store.signer
  expect(log.map(({ sequence, verb, subject }) => [sequence, verb, subject])).toEqual([
    [1, 'key', key.id],
    [2, 'upload', karl[0]?.filename],
    [3, 'upload', karl[1]?.filename],
    [4, 'upload', zope.filename],
    [5, 'freeze', 'karl/3.30'],
    [6, 'freeze', 'karl-0/1'],
  ])
  expect(log.every((line) => isSignedBy(key, lineMessage(line), line.signature ?? ''))).toBe(true)
  expect(Object.keys(log[0] ?? {}).toSorted()).toEqual([
    'actor',
    'at',
    'digest',
    'facts',
    'key',
    'previous',
    'sequence',
    'signature',
    'subject',
    'verb',
  ])
  expect((await page('')).next).toBe(null)
})

describe('a page of it', () => {
  it.each([
    ['?limit=2', [1, 2], 2],
    ['?limit=2&after=2', [3, 4], 4],
    ['?limit=2&after=4', [5, 6], null],
    ['?after=6', [], null],
    ['?order=desc&limit=4', [6, 5, 4, 3], 3],
    ['?order=desc&limit=4&after=3', [2, 1], null],
  ])('%s', async (query, sequences, next) => {
    const { events, next: following } = await page(query)
    expect([events.map(({ sequence }) => sequence), following]).toEqual([sequences, next])
  })
})

describe('a filter', () => {
  it.each([
    ['?product=karl', [5]],
    ['?product=karl-0', [6]],
    ['?product=kar', []],
    ['?product=%25', []],
    ['?project=karl', [2, 3]],
    ['?project=Zope_interface', [4]],
    ['?project=nothing', []],
    ['?actor=firn', [1]],
    ['?actor=anonymous&project=karl&limit=1&after=2', [3]],
    ['?since=2999-01-01', []],
    ['?until=2000-01-01', []],
    ['?since=2000-01-01&until=2999-12-31T23:59:59%2B02:00', [1, 2, 3, 4, 5, 6]],
  ])('%s', async (query, sequences) => expect(await found(query)).toEqual(sequences))

  it('by time has both ends', async () => {
    const [, second, , fourth] = log
    const sequences = await found(`?since=${second?.at}&until=${fourth?.at}`)
    expect([sequences.includes(2), sequences.includes(4)]).toEqual([true, true])
  })

  it('by day has the whole day', async () => {
    const day = log[0]?.at.slice(0, 10)
    expect((await found(`?since=${day}`)).includes(1)).toBe(true)
    expect((await found(`?until=${log.at(-1)?.at.slice(0, 10)}`)).includes(6)).toBe(true)
  })
})

it.each([
  ['?limit=0', 'request-invalid'],
  ['?limit=1001', 'request-invalid'],
  ['?limit=x', 'request-invalid'],
  ['?after=-1', 'request-invalid'],
  ['?since=yesterday', 'request-invalid'],
  ['?order=random', 'request-invalid'],
  ['?unknown=1', 'request-invalid'],
  ['?actor=a&actor=b', 'request-invalid'],
  ['?project=..', 'name-invalid'],
])('refuses %s', async (query, code) => {
  const reply = await ask(server.url, `/api/v1/events${query}`)
  expect([reply.status, json(reply)]).toEqual([400, expect.objectContaining({ code })])
})

it('says under its signature how far it goes', async () => {
  const head = json(await ask(server.url, '/api/v1/events/head')) as LogHead
  const { signer } = server.store
  const last = log.at(-1)
  expect(head).toEqual({
    sequence: 6,
    digest: last?.digest,
    at: head.at,
    key: signer.key.id,
    signature: signer.sign(headMessage(head)),
  })
})

it('states its public keys', async () => {
  const { id, pem } = server.store.signer.key
  expect(json(await ask(server.url, '/api/v1/keys'))).toEqual({ keys: [{ id, pem, since: log[0]?.at, current: true }] })
})
