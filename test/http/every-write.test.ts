/** Every request that changes something leaves an event with who made it; one that is a question, tried or refused, none. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createToken } from '../../server/actions/tokens.ts'
import { operations } from '../../server/routes/openapi.ts'
import { makeWheel } from '../support/archives.ts'
import { cleanStop } from '../support/clean-stop.ts'
import { ask, contentPart, formHeaders, formOf, json, type Reply } from '../support/requests.ts'
import { startServer, type TestServer } from '../support/server.ts'
import { startUpstream, type Upstream } from '../support/upstream.ts'

const targets = ['cp311-manylinux_x86_64']
const wheels = ['3.30', '3.31'].map((version) => makeWheel({ name: 'karl', version }))
const fetched = makeWheel({ name: 'zope.interface', version: '5.10' })

let there: TestServer
let server: TestServer
let upstream: Upstream
let secret: string
/** Whom events name as the one who did it. */
let actor: string
/** The id of the token that is made and revoked. */
let made = ''
beforeAll(async () => {
  upstream = await startUpstream({ files: [{ ...fetched, project: 'zope-interface' }] })
  there = await startServer()
  server = await startServer({ upstream: upstream.url, access: { writes: 'token' } })
  const request = { name: 'ci', scopes: ['admin' as const], expiresAt: null, actor: 'test' }
  const { text, token } = await createToken(
    { records: server.store.records, now: () => new Date().toISOString() },
    request,
  )
  secret = text
  actor = `token ci (${token.id})`
})
afterAll(async () => {
  await cleanStop(server)
  await cleanStop(there)
  await upstream.stop()
})

function send(method: string, path: string, asked: object, token = secret): Promise<Reply> {
  const body = JSON.stringify(asked)
  // Node states no length of what goes with a DELETE.
  const headers = {
    'Content-Type': 'application/json',
    'Content-Length': String(Buffer.byteLength(body)),
    Authorization: `Bearer ${token}`,
  }
  return ask(server.url, path, { method, headers, body })
}

function api(operation: string, body: object, more = ''): Promise<Reply> {
  const [method = '', path = ''] = operation.split(' ')
  return send(
    method.toUpperCase(),
    `/api/v1${path.replace('{product}/{release}', more).replace(/\{(?:id|project|filename)\}/, more)}`,
    body,
  )
}

/** Verb and subject of each event that comes of some work, all of them by the token. */
async function left(work: () => Promise<unknown>): Promise<readonly string[]> {
  const { records } = server.store
  const { sequence } = await records.lastEvent()
  await work()
  const events = await records.events({ after: sequence })
  expect(events.filter((event) => event.actor !== actor)).toEqual([])
  return events.map(({ verb, subject }) => `${verb} ${subject === made ? 'TOKEN' : subject}`)
}

function upload(file: { readonly filename: string; readonly bytes: Buffer }): Promise<Reply> {
  const headers = { ...formHeaders, Authorization: `Bearer ${secret}` }
  const body = formOf([
    { name: ':action', value: 'file_upload' },
    { name: 'protocol_version', value: '1' },
    contentPart(file),
  ])
  return ask(server.url, '/legacy/', { method: 'POST', headers, body })
}

/** A release of another server, with its signature. */
async function elsewhere(): Promise<object> {
  const [wheel = fetched] = wheels
  await ask(there.url, '/legacy/', { method: 'POST', headers: formHeaders, body: formOf([contentPart(wheel)]) })
  const headers = { 'Content-Type': 'application/json' }
  const body = JSON.stringify({ sources: pinned('3.30'), targets })
  await ask(there.url, '/api/v1/releases/acme/1', { method: 'PUT', headers, body })
  const [manifest, envelope] = await Promise.all(
    ['', '.sig'].map(async (more) => (await ask(there.url, `/index/acme/1/manifest.json${more}`)).text),
  )
  return { manifest, envelope }
}

function pinned(version: string): readonly object[] {
  return [{ name: 'pins', text: `karl==${version}` }]
}

interface Change {
  readonly body: () => object | Promise<object>
  readonly more?: () => string
  readonly leaves: readonly string[]
}

/** Each operation that is not a GET, in an order in which it can be done. */
const changes: Readonly<Record<string, Change>> = {
  'post /fetch': {
    body: () => ({ sources: [{ name: 'pins', text: 'zope.interface==5.10' }], targets }),
    leaves: [`fetch ${fetched.filename}`],
  },
  'put /releases/{product}/{release}': {
    body: () => ({ sources: pinned('3.30'), targets }),
    more: () => 'karl/3.30',
    leaves: ['freeze karl/3.30'],
  },
  'post /yanks': {
    body: () => ({ wanted: ['karl==3.31'], reason: 'broken' }),
    leaves: ['yank karl-3.31-py3-none-any.whl'],
  },
  'put /projects/{project}/status': {
    body: () => ({ status: 'deprecated' }),
    more: () => 'karl',
    leaves: ['status karl'],
  },
  'delete /files/{filename}': {
    body: () => ({ reason: 'a court says so', force: true }),
    more: () => fetched.filename,
    leaves: [`remove ${fetched.filename}`],
  },
  'post /releases/import': { body: elsewhere, leaves: ['import acme/1'] },
  'post /diff': { body: () => ({ from: 'karl/3.30', sources: pinned('3.31'), targets }), leaves: [] },
  'post /refreeze': { body: () => ({ base: 'karl/3.31', products: ['globex'] }), leaves: ['freeze globex/1+karl3.31'] },
  'post /tokens': { body: () => ({ name: 'made', scopes: ['admin'] }), leaves: ['create-token TOKEN'] },
  'delete /tokens/{id}': { body: () => ({}), more: () => made, leaves: ['revoke-token TOKEN'] },
}

it('covers every operation of the API that is not a question', () => {
  const known = operations.filter(({ method }) => method !== 'get').map(({ method, path }) => `${method} ${path}`)
  expect(Object.keys(changes).toSorted()).toEqual(known.toSorted())
})

describe('a change', () => {
  it('by upload leaves its event, once', async () => {
    for (const wheel of wheels) {
      expect(await left(() => upload(wheel))).toEqual([`upload ${wheel.filename}`])
      expect(await left(() => upload(wheel))).toEqual([])
    }
  })

  it('by each operation leaves its event, and none where it is tried or refused', async () => {
    for (const [operation, { body, more, leaves }] of Object.entries(changes)) {
      if (operation === 'post /refreeze') await customerOn('3.30')
      const asked = await body()
      const name = more?.()
      // A token is made or it is not: there is no trying.
      const tries = operation.includes('token') ? [{ unknown: 1 }] : [{ ...asked, dryRun: true }, { unknown: 1 }]
      const tried = operation === 'delete /tokens/{id}' ? [] : tries
      for (const each of tried)
        expect([operation, await left(() => api(operation, each, name))]).toEqual([operation, []])
      const done = await left(async () => {
        const reply = await api(operation, asked, name)
        expect([operation, reply.status]).toEqual([operation, expect.toBeOneOf([200, 201])])
        if (operation === 'post /tokens') made = (json(reply) as { id: string }).id
      })
      expect([operation, done]).toEqual([operation, leaves])
    }
  })

  it('by nobody leaves none', async () => {
    for (const [operation] of Object.entries(changes).filter(([, { leaves }]) => leaves.length > 0)) {
      const [method = '', path = ''] = operation.split(' ')
      const where = `/api/v1${path.replace('{product}/{release}', 'karl/9').replace(/\{\w+\}/, 'x')}`
      expect(await left(() => send(method.toUpperCase(), where, {}, 'wrong'))).toEqual([])
    }
  })
})

/** A customer of `karl/VERSION`, and a newer base for it. */
async function customerOn(version: string): Promise<void> {
  await api('put /releases/{product}/{release}', { base: `karl/${version}` }, 'globex/1')
  await api('put /releases/{product}/{release}', { sources: pinned('3.31'), targets }, 'karl/3.31')
}
