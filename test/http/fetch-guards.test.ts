/** What the API takes for the guards of a fetch, and what a resolver is shown under them. */
import { join } from 'node:path'
import { rm, writeFile } from 'node:fs/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { applyConfig } from '../../cli/config/apply-config.ts'
import { readConfig } from '../../cli/config/read-config.ts'
import { serveCommand } from '../../cli/commands/serve.ts'
import { writeTerms, type ResolverTerms } from '../../pool/resolver-terms.ts'
import { createToken } from '../../server/actions/tokens.ts'
import { makeWheel } from '../support/archives.ts'
import { cleanStop } from '../support/clean-stop.ts'
import { ask, json, upload, type Reply } from '../support/requests.ts'
import { firn, startServer, temporaryDirectory, type TestServer } from '../support/server.ts'
import { startUpstream, type Upstream, type UpstreamEntry } from '../support/upstream.ts'

const week = 7 * 24 * 3_600_000

let server: TestServer
let upstream: Upstream
let admin: Readonly<Record<string, string>>
function web(version: string, uploadTime: string | null): UpstreamEntry {
  return { project: 'web', uploadTime, ...makeWheel({ name: 'web', version }) }
}

beforeAll(async () => {
  server = await startServer({ pip: false, minAge: week })
  const deps = { records: server.store.records, now: () => new Date().toISOString() }
  const { text } = await createToken(deps, { name: 'ci', scopes: ['admin'], expiresAt: null, actor: 'test' })
  admin = { Authorization: `Bearer ${text}` }
  await upload(server.url, makeWheel({ name: 'karl', version: '1.0' }))
  const young = new Date().toISOString()
  upstream = await startUpstream({
    files: [
      web('1.0', '2020-01-01T00:00:00Z'),
      web('2.0', young),
      web('3.0', null),
      { project: 'karl', ...makeWheel({ name: 'karl', version: '9.9' }) },
    ],
  })
})
afterAll(async () => {
  await cleanStop(server)
  await upstream.stop()
})

describe('POST /api/v1/fetch', () => {
  it.each([
    ['a least age that is none', { minAge: '7m' }, 'request-invalid'],
    ['a least age that is a number', { minAge: 7 }, 'request-invalid'],
    ['a project that is none', { fromUpstream: ['../x'] }, 'name-invalid'],
    ['files at hand of a project that is none', { atHand: [''] }, 'name-invalid'],
    ['an exception that is none', { allowYoung: ['karl>=1'] }, 'name-invalid'],
    ['an exception for a version that is none', { allowYoung: ['karl==*'] }, 'version-invalid'],
  ])('refuses %s', async (_, more, code) => {
    const sources = [{ name: 'pins', text: 'web==1.0' }]
    const body = JSON.stringify({ sources, targets: ['cp311-manylinux_x86_64'], indexes: [upstream.url], ...more })
    const headers = { 'Content-Type': 'application/json' }
    const reply = await ask(server.url, '/api/v1/fetch', { method: 'POST', headers, body })
    expect([reply.status, json(reply), upstream.requests]).toEqual([400, expect.objectContaining({ code }), []])
  })
})

async function page(project: string, terms: Partial<ResolverTerms>, headers = {}): Promise<Reply> {
  const none = { indexes: [upstream.url], fromUpstream: [], minAge: undefined, allowYoung: [] }
  return ask(server.url, `/resolve/upstream/${writeTerms({ ...none, ...terms })}/${project}`, { headers })
}

async function versions(project: string, terms: Partial<ResolverTerms>, headers = {}): Promise<unknown> {
  return (json(await page(`${project}/`, terms, headers)) as { versions?: unknown }).versions
}

describe('the index for resolvers', () => {
  it('shows what is old enough for the server, whatever the resolver asks for', async () => {
    const young = { allowYoung: ['web'], minAge: '0d' }
    expect([await versions('web', {}), await versions('web', young)]).toEqual([['1.0'], ['1.0']])
    expect(await versions('web', { allowYoung: ['Web==2.0'] }, admin)).toEqual(['1.0', '2.0'])
    expect(await versions('web', young, admin)).toEqual(['1.0', '2.0', '3.0'])
    expect(await versions('web', { minAge: '99999w' }, admin)).toBeUndefined()
  })

  it('has no metadata of what it does not show', async () => {
    const metadata = 'web/web-2.0-py3-none-any.whl/web-2.0-py3-none-any.whl.metadata'
    expect([(await page(metadata, {})).status, (await page(metadata, { allowYoung: ['web'] }, admin)).status]).toEqual([
      404, 200,
    ])
  })

  it("shows an upstream's files of the team's own projects to who names them", async () => {
    expect([await versions('karl', {}), await versions('karl', { fromUpstream: ['other'] })]).toEqual([
      ['1.0'],
      ['1.0'],
    ])
    expect(await versions('karl', { fromUpstream: ['Karl'] })).toEqual(['9.9'])
  })

  it.each<[string, Partial<ResolverTerms>]>([
    ['a least age that is none', { minAge: '7m' }],
    ['a project that is none', { fromUpstream: ['../x'] }],
    ['an exception that is none', { allowYoung: ['karl>=1'] }],
  ])('takes no terms with %s', async (_, terms) => {
    expect((await page('web/', terms)).status).toBe(400)
  })
})

describe('firn serve --min-age', () => {
  it.each(['7', '7m', '-1d', '1.5d', ''])('is not %j', async (text) => {
    const { code, stderr } = await firn(['serve', `--min-age=${text}`])
    expect([code, stderr]).toEqual([
      64,
      `error: option '--min-age <time>' argument '${text}' is invalid. It is a time, as 36h, 7d or 2w.\nhint: firn serve --help\n`,
    ])
  })

  it('may be in firn.toml', async () => {
    const directory = await temporaryDirectory()
    const path = join(directory, 'firn.toml')
    await writeFile(path, '[serve]\nmin-age = "7d"\n')
    const io = { stdout: process.stdout, stderr: process.stderr, env: {}, signal: new AbortController().signal }
    const command = serveCommand(io)
    applyConfig(command, await readConfig({ path, by: 'found' }))
    await rm(directory, { recursive: true })
    expect(command.opts()['minAge']).toBe(week)
  })
})
