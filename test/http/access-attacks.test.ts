/** What a stranger tries where something is private, and what he must not do to others by failing. */
import { connect } from 'node:net'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { Scope } from '../../pool/access/scope.ts'
import { canonicalJson, type Json } from '../../pool/canonical-json.ts'
import { makeAccess } from '../../server/access/access.ts'
import { createToken } from '../../server/actions/tokens.ts'
import { frozenIndex } from '../../server/hot/frozen-index.ts'
import { clientReader } from '../../server/http/client.ts'
import { makeWheel } from '../support/archives.ts'
import { cleanStop } from '../support/clean-stop.ts'
import { ask, contentPart, formHeaders, formOf, json } from '../support/requests.ts'
import { startServer, type TestServer } from '../support/server.ts'

const core = makeWheel({ name: 'karl', version: '3.30' })
const theme = makeWheel({ name: 'acme-theme', version: '1.0' })
const now = () => new Date().toISOString()

let server: TestServer
let admin: Record<string, string>
beforeAll(async () => {
  server = await startServer({ access: { privateProducts: ['acme'] } })
  admin = bearer(await token('admin'))
  for (const [path, file] of [
    ['/legacy/', core],
    ['/legacy/acme/', theme],
  ] as const) {
    const body = formOf([contentPart(file)])
    await ask(server.url, path, { method: 'POST', headers: { ...formHeaders, ...admin }, body })
  }
  const body = JSON.stringify({
    sources: [{ name: 'pins', text: 'karl==3.30\nacme-theme==1.0' }],
    targets: ['cp311-manylinux_x86_64'],
  })
  await ask(server.url, '/api/v1/releases/acme/1', { method: 'PUT', headers: { ...asJson, ...admin }, body })
})
afterAll(() => cleanStop(server))

const asJson = { 'Content-Type': 'application/json' }

async function token(...scopes: readonly Scope[]): Promise<string> {
  return (await createToken({ records: server.store.records, now }, { name: 'x', scopes, expiresAt: null, actor: 'x' }))
    .text
}

function bearer(text: string): Record<string, string> {
  return { Authorization: `Bearer ${text}` }
}

it('a right token never waits for those who failed at its address', async () => {
  const wrong = bearer(`firn_0123456789ab_${'A'.repeat(43)}`)
  const failed: number[] = []
  for (let time = 0; time < 12; time++) failed.push((await ask(server.url, '/simple/', { headers: wrong })).status)
  expect(failed.at(-1)).toBe(429)
  expect((await ask(server.url, '/simple/', { headers: admin })).status).toBe(200)
})

it('a token that is revoked while it is looked up is not remembered as good', async () => {
  const { records } = server.store
  const text = await token('read:acme')
  const id = text.split('_')[1] ?? ''
  const revoked = { at: now(), actor: 'x', verb: 'revoke-token', subject: id, facts: {} } as const
  let reads = 0
  const access = makeAccess(
    {
      now,
      clientOf: clientReader(),
      records: {
        ...records,
        tokenUsed: (used, at) => records.tokenUsed(used, at),
        async token(asked) {
          const found = await records.token(asked)
          if (reads++ === 0) {
            await records.revokeToken(id, revoked)
            access.forget()
          }
          return found
        },
      },
    },
    { writes: 'token', reads: 'open', privateProducts: ['acme'] },
  )
  const req = { headers: { authorization: `Bearer ${text}` }, socket: {} } as Parameters<typeof access.identify>[0]
  await access.identify(req)
  await expect(access.identify(req)).rejects.toMatchObject({ code: 'token-invalid' })
})

it.each(['/simple/', '/simple/karl/', '/simple/karl', '/api/v1/releases', '/api/v1/where-used?q=karl', '/'])(
  '%s is for no shared cache where something is private, whoever asks',
  async (path) => {
    for (const headers of [{}, admin]) {
      const reply = await ask(server.url, path, { headers })
      expect([reply.status < 400, reply.headers.vary]).toEqual([
        true,
        expect.stringMatching(/(?:^|, )Authorization$/) as string,
      ])
      expect(reply.headers['cache-control']).toMatch(/^(?:private, no-cache|no-store|no-cache)$/)
    }
  },
)

it.each([
  ['HTTP/1.0', 'HTTP/1.0', []],
  ['a header that only proxies send', 'HTTP/1.1', ['X-Forwarded-Proto: https']],
])('what a proxy passes on is not from this machine: %s', async (_what, version, headers) => {
  const { port } = new URL(server.url)
  const lines = ['POST /legacy/ ' + version, `Host: 127.0.0.1:${port}`, 'Content-Length: 0', 'Connection: close']
  const text = await new Promise<string>((resolve, reject) => {
    let all = ''
    connect(Number(port), '127.0.0.1')
      .on('data', (chunk) => (all += chunk.toString('latin1')))
      .on('end', () => resolve(all))
      .on('error', reject)
      .write([...lines, ...headers, '', ''].join('\r\n'))
  })
  expect(text.split(' ')[1]).toBe('401')
})

it('an import brings what is private to a product into no release of another', async () => {
  const own = await ask(server.url, '/index/acme/1/manifest.json', { headers: admin })
  const moved = canonicalJson({ ...(json(own) as Record<string, Json>), product: 'karl' })
  const asked = { method: 'POST', headers: { ...asJson, ...admin }, body: JSON.stringify({ manifest: moved }) }
  expect(json(await ask(server.url, '/api/v1/releases/import', asked))).toMatchObject({
    code: 'import-refused',
    problems: [{ message: `${theme.filename}: the pool does not have it` }],
  })
})

it('a document that takes long to print is printed once for all who ask at the same time', async () => {
  const index = frozenIndex(server.store)
  const asked = { form: () => 'html' as const, base: () => undefined }
  const made = await Promise.all(
    Array.from({ length: 100 }, () => index(['acme', '1', 'sbom.cdx.json'], asked, new Set())),
  )
  expect(new Set(made).size).toBe(1)
})

it('who may write nothing is not read megabytes of', async () => {
  const sources = [{ name: 'pins', text: '#'.repeat(5_000_000) }]
  const asked = { method: 'POST', body: JSON.stringify({ from: 'acme/1', sources }) }
  // No host of this machine: a stranger, to whom nothing is open.
  const stranger = await ask(server.url, '/api/v1/diff', { ...asked, headers: { ...asJson, Host: 'firn.example' } })
  expect(json(stranger)).toMatchObject({ status: 413, code: 'upload-too-large' })
  expect((await ask(server.url, '/api/v1/diff', { ...asked, headers: { ...asJson, ...admin } })).status).not.toBe(413)
})

it('the end of time is after every event, in whatever zone', async () => {
  const path = '/api/v1/events?since=9999-12-31T23:59:59-12:00'
  expect(json(await ask(server.url, path, { headers: admin }))).toEqual({ events: [], next: null })
})

it('what is said of a project that is private tells nobody else that there is one', async () => {
  const asked = { status: 'deprecated', reason: 'acme has bought another' }
  const path = '/api/v1/projects/acme-theme/status'
  const said = await ask(server.url, path, {
    method: 'PUT',
    headers: { ...asJson, ...admin },
    body: JSON.stringify(asked),
  })
  expect(said.status).toBe(200)
  const statuses = '/api/v1/projects/statuses'
  const nothing = { project: 'acme-theme', status: 'active', reason: null, since: null }
  expect(json(await ask(server.url, path))).toEqual(nothing)
  expect(json(await ask(server.url, statuses))).toEqual({ projects: [] })
  expect(json(await ask(server.url, path, { headers: admin }))).toMatchObject(asked)
  expect(json(await ask(server.url, statuses, { headers: admin }))).toMatchObject({ projects: [asked] })
})
