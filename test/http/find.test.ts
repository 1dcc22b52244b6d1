import { afterAll, beforeAll, expect, it } from 'vitest'
import type { Scope } from '../../pool/access/scope.ts'
import { createToken } from '../../server/actions/tokens.ts'
import { makeWheel } from '../support/archives.ts'
import { cleanStop } from '../support/clean-stop.ts'
import { ask, contentPart, formHeaders, formOf, json } from '../support/requests.ts'
import { startServer, type TestServer } from '../support/server.ts'
import { startUpstream, type Upstream } from '../support/upstream.ts'

const theme = makeWheel({ name: 'acme-theme', version: '1.0' })
const karl = makeWheel({ name: 'karl', version: '3.30' })

let server: TestServer
let upstream: Upstream
let tokens: Readonly<Record<'admin' | 'acme' | 'upload', string>>
beforeAll(async () => {
  upstream = await startUpstream({ files: [{ project: 'karl', ...karl }] })
  server = await startServer({ pip: false, access: { writes: 'token', privateProducts: ['acme'] } })
  tokens = { admin: await token('admin'), acme: await token('read:acme'), upload: await token('upload') }
  const headers = { ...formHeaders, Authorization: `Bearer ${tokens.admin}` }
  await ask(server.url, '/legacy/acme/', { method: 'POST', headers, body: formOf([contentPart(theme)]) })
})
afterAll(async () => {
  await upstream.stop()
  await cleanStop(server)
})

async function token(scope: Scope): Promise<string> {
  const deps = { records: server.store.records, now: () => new Date().toISOString() }
  return (await createToken(deps, { name: scope, scopes: [scope], expiresAt: null, actor: 'test' })).text
}

interface Answer {
  readonly code?: string
  readonly indexes?: readonly { readonly matches: readonly { readonly files: readonly { filename: string }[] }[] }[]
}

async function find(query: string, who?: keyof typeof tokens): Promise<readonly unknown[]> {
  const headers = who === undefined ? {} : { Authorization: `Bearer ${tokens[who]}` }
  const reply = await ask(server.url, `/api/v1/find?${query}`, { headers })
  const { code, indexes = [] } = json(reply) as Answer
  const files = indexes.flatMap(({ matches }) => matches.flatMap((match) => match.files))
  return [reply.status, code ?? files.map(({ filename }) => filename)]
}

it('finds what is private for those alone who may see it', async () => {
  expect(await find('q=acme-theme')).toEqual([200, []])
  expect(await find('q=acme-theme', 'upload')).toEqual([200, []])
  expect(await find('q=acme-theme', 'acme')).toEqual([200, [theme.filename]])
})

it('asks an index for those alone who may fetch from it', async () => {
  const query = `q=karl&index=${encodeURIComponent(upstream.url)}`
  expect(await find(query)).toEqual([401, 'token-required'])
  expect(await find(query, 'acme')).toEqual([403, 'not-allowed'])
  expect(upstream.requests).toEqual([])
  expect(await find(query, 'upload')).toEqual([200, [karl.filename]])
})
