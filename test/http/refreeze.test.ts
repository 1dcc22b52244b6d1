import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { RegistryError } from '../../pool/errors.ts'
import { defaultPolicy } from '../../pool/policy/policy.ts'
import type { RefreezeEvent } from '../../pool/refreeze-event.ts'
import { defaultTemplate, parseTemplate } from '../../pool/refreeze-name.ts'
import { refreezeCustomers } from '../../server/actions/refreeze-customers.ts'
import { makeWheel } from '../support/archives.ts'
import { uploadAll } from '../support/catalogue.ts'
import { cleanStop } from '../support/clean-stop.ts'
import { ask, freeze, json } from '../support/requests.ts'
import { spawnServer, startServer, temporaryDirectory, type TestServer } from '../support/server.ts'

const products = ['acme', 'globex', 'initech'] as const

let directory: string
let data: string
beforeEach(async () => {
  directory = await temporaryDirectory()
  data = join(directory, 'data')
  await withServer(async ({ url }) => {
    await uploadAll(
      url,
      ['3.30', '3.31'].map((version) => makeWheel({ name: 'karl', version })),
    )
    for (const version of ['3.30', '3.31']) await freeze(url, `karl/${version}`, `karl==${version}`)
    for (const product of products) await freeze(url, `${product}/1`, '', { sources: [], base: 'karl/3.30' })
  })
})
afterEach(() => rm(directory, { recursive: true }))

async function withServer<T>(work: (server: TestServer) => Promise<T>): Promise<T> {
  const server = await startServer({ data })
  try {
    return await work(server)
  } finally {
    await cleanStop(server)
  }
}

/** What became of each customer, in order. */
async function refreeze(url: string, more: object = {}): Promise<readonly string[]> {
  const headers = { 'Content-Type': 'application/json' }
  const body = JSON.stringify({ base: 'karl/3.31', ...more })
  const { text } = await ask(url, '/api/v1/refreeze', { method: 'POST', headers, body })
  const events = text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as RefreezeEvent)
  return events.flatMap((event) => (event.event === 'customer' ? event.outcome : []))
}

/** The customers' releases over the new base. */
async function refrozen({ store }: TestServer): Promise<readonly string[]> {
  const over = await store.records.releasesOver({ product: 'karl', release: '3.31' })
  return over.map(({ name }) => `${name.product}/${name.release}`)
}

it('killed in the middle keeps what is frozen, and does the rest when it is asked again', async () => {
  const server = await spawnServer(data, { FIRN_FAULT: 'freeze:committed' })
  await expect(refreeze(server.url)).rejects.toThrow(/socket hang up|aborted|ECONNRESET/)
  expect(await server.ended).toBe('SIGKILL')
  await withServer(async (again) => {
    expect(await refrozen(again)).toEqual(['acme/1+karl3.31'])
    expect(await refreeze(again.url)).toEqual(['same', 'frozen', 'frozen'])
    expect(await refrozen(again)).toEqual(products.map((product) => `${product}/1+karl3.31`))
    expect(await refreeze(again.url)).toEqual(['same', 'same', 'same'])
  })
})

it('asked twice at once makes each release once, and neither asking fails', async () => {
  await withServer(async (server) => {
    const outcomes = await Promise.all([refreeze(server.url), refreeze(server.url)])
    const pairs = products.map((_, index) => new Set(outcomes.map((each) => each[index])))
    expect(pairs).toEqual(products.map(() => new Set(['frozen', 'same'])))
    expect(await refrozen(server)).toEqual(products.map((product) => `${product}/1+karl3.31`))
    const freezes = (await server.store.records.events()).filter(({ verb }) => verb === 'freeze')
    expect(freezes).toHaveLength(2 + 2 * products.length)
  })
})

it('freezes no customer that whoever asks may not freeze, and all others', async () => {
  await withServer(async (server) => {
    const events: RefreezeEvent[] = []
    const request = {
      base: { product: 'karl', release: '3.31' },
      products: [],
      template: parseTemplate(defaultTemplate),
      dryRun: false,
      actor: 'ann',
      permit: (product: string) => {
        if (product === 'globex') throw new RegistryError('cross-origin', { product })
      },
      signal: new AbortController().signal,
    }
    const deps = { ...server.store, policy: defaultPolicy, now: () => '2026-11-25T12:00:00.000Z' }
    await refreezeCustomers(deps, request, (event) => events.push(event))
    const outcomes = events.flatMap((event) => (event.event === 'customer' ? event.outcome : []))
    expect(outcomes).toEqual(['frozen', 'failed', 'frozen'])
    expect(await refrozen(server)).toEqual(['acme/1+karl3.31', 'initech/1+karl3.31'])
  })
})

it.each([
  ['no base', {}, 'request-invalid', 400],
  ['an unknown field', { base: 'karl/3.31', force: true }, 'request-invalid', 400],
  ['an unknown base', { base: 'karl/9' }, 'release-unknown', 404],
  ['a hostile template', { base: 'karl/3.31', template: '../../{release}' }, 'release-name-invalid', 400],
])('refuses %s as an ordinary problem', async (_, body, code, status) => {
  await withServer(async ({ url }) => {
    const headers = { 'Content-Type': 'application/json' }
    const reply = await ask(url, '/api/v1/refreeze', { method: 'POST', headers, body: JSON.stringify(body) })
    expect([reply.status, json(reply)]).toEqual([status, expect.objectContaining({ code })])
  })
})
