import { afterAll, beforeAll, expect, it } from 'vitest'
import { parseProjectName } from '../../pool/project-name.ts'
import type { ProjectState } from '../../pool/project-status.ts'
import { createToken } from '../../server/actions/tokens.ts'
import { makeSdist, makeWheel } from '../support/archives.ts'
import { cleanStop } from '../support/clean-stop.ts'
import { ask, contentPart, formHeaders, formOf, json } from '../support/requests.ts'
import { startServer, type TestServer } from '../support/server.ts'
import { startUpstream, type Upstream } from '../support/upstream.ts'

let server: TestServer
let upstream: Upstream
let bearer: Readonly<Record<string, string>>
beforeAll(async () => {
  server = await startServer({ pip: false, access: { writes: 'token', privateProducts: ['globex'] } })
  const deps = { records: server.store.records, now: () => new Date().toISOString() }
  const { text } = await createToken(deps, { name: 'ci', scopes: ['admin'], expiresAt: null, actor: 'test' })
  bearer = { Authorization: `Bearer ${text}` }
  const body = formOf([contentPart(makeSdist({ name: 'globex-theme', version: '1.0' }))])
  await ask(server.url, '/legacy/globex/', { method: 'POST', headers: { ...formHeaders, ...bearer }, body })
  upstream = await startUpstream({
    files: ['web', 'globex-theme'].map((name) => ({ project: name, ...makeWheel({ name, version: '9.0' }) })),
  })
})
afterAll(async () => {
  await cleanStop(server)
  await upstream.stop()
})

const index = () => Buffer.from(upstream.url).toString('base64url')
const sdist = 'globex-theme/globex_theme-1.0.tar.gz/globex_theme-1.0-py30-none-any.whl.metadata'

it.each([
  ['an upstream without a token', () => `/resolve/upstream/${index()}/web/`, 401],
  ['a file of an upstream without a token', () => `/resolve/upstream/${index()}/web/web-9.0.zip/web.whl.metadata`, 401],
  ['what is private without a token', () => '/resolve/pool/globex-theme/', 404],
  ['its metadata without a token', () => `/resolve/pool/${sdist}`, 404],
])('does not show %s', async (_, path, status) => {
  expect((await ask(server.url, path())).status).toBe(status)
  expect(upstream.requests).toEqual([])
})

it("asks no upstream for a project of the team's own, a private one either", async () => {
  const page = await ask(server.url, `/resolve/upstream/${index()}/globex-theme/`, { headers: bearer })
  expect([(json(page) as { versions: unknown }).versions, upstream.requests]).toEqual([['1.0'], []])
})

it.each([
  ['no URL', 'x', 400],
  ['a file', Buffer.from('file:///etc/').toString('base64url'), 400],
])('takes %s for no upstream', async (_, text, status) => {
  expect((await ask(server.url, `/resolve/upstream/${text}/web/`, { headers: bearer })).status).toBe(status)
})

it('has no file under the name of another', async () => {
  const path = `/resolve/upstream/${index()}/web/web-9.0-py3-none-any.whl/other-1.0.whl.metadata`
  expect((await ask(server.url, path, { headers: bearer })).status).toBe(404)
})

it('has nothing that could not come in: files that were removed, projects that are closed', async () => {
  const { records } = server.store
  const event = { at: '2026-11-24T11:13:00.000Z', actor: 'test', facts: {} }
  const web = parseProjectName('web')
  const versions = async () => {
    const page = await ask(server.url, `/resolve/upstream/${index()}/web/`, { headers: bearer })
    return page.status === 200 ? (json(page) as { versions: unknown }).versions : page.status
  }
  const say = (status: ProjectState) =>
    records.setProjectStatus(
      { project: web, status, reason: null, at: event.at },
      { ...event, verb: 'status', subject: 'web' },
    )
  expect(await versions()).toEqual(['9.0'])
  await say('archived')
  expect(await versions()).toBe(404)
  await say('active')
  const wheel = makeWheel({ name: 'web', version: '9.0' })
  const form = formOf([{ name: 'firn_origin', value: `${upstream.url}web/` }, contentPart(wheel)])
  await ask(server.url, '/legacy/', { method: 'POST', headers: { ...formHeaders, ...bearer }, body: form })
  const removal = { filename: wheel.filename, reason: 'court order', at: event.at }
  await records.removeDistribution(removal, { ...event, verb: 'remove', subject: wheel.filename })
  expect(await versions()).toBe(404)
})
