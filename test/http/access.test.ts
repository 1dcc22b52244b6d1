import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Scope } from '../../pool/access/scope.ts'
import { createToken } from '../../server/actions/tokens.ts'
import { makeSdist, makeWheel } from '../support/archives.ts'
import { cleanStop } from '../support/clean-stop.ts'
import { ask, formHeaders, formOf, json, contentPart, type Reply } from '../support/requests.ts'
import { startServer, type TestServer } from '../support/server.ts'

const target = 'cp311-manylinux_x86_64'
const karl = makeWheel({ name: 'karl', version: '3.30' })
const theme = makeWheel({ name: 'acme-theme', version: '1.0' })
const patched = makeWheel({ name: 'karl', version: '3.30+acme1' })

let server: TestServer
let tokens: Readonly<Record<'admin' | 'acme' | 'other' | 'karlUpload', string>>
beforeAll(async () => {
  server = await startServer({ access: { privateProducts: ['acme', 'globex'] } })
  tokens = {
    admin: await token('admin'),
    acme: await token('read:acme'),
    other: await token('read:globex', 'freeze:karl'),
    karlUpload: await token('upload:karl'),
  }
  await put('/legacy/', karl, tokens.admin)
  for (const file of [theme, patched]) await put('/legacy/acme/', file, tokens.admin)
  await freeze('karl/3.30', ['karl==3.30'], tokens.admin)
  await freeze('acme/1', ['acme-theme==1.0', 'karl==3.30+acme1'], tokens.admin)
})
afterAll(() => cleanStop(server))

async function token(...scopes: readonly Scope[]): Promise<string> {
  const deps = { records: server.store.records, now: () => new Date().toISOString() }
  return (await createToken(deps, { name: scopes[0] ?? '', scopes, expiresAt: null, actor: 'test' })).text
}

function bearer(text: string | undefined): Record<string, string> {
  return text === undefined ? {} : { Authorization: `Bearer ${text}` }
}

function get(path: string, text?: string, headers: Readonly<Record<string, string>> = {}): Promise<Reply> {
  return ask(server.url, path, { headers: { ...bearer(text), ...headers } })
}

function put(path: string, file: { filename: string; bytes: Buffer }, text?: string, more = {}): Promise<Reply> {
  const body = formOf([contentPart(file)])
  return ask(server.url, path, { method: 'POST', headers: { ...formHeaders, ...bearer(text), ...more }, body })
}

function freeze(release: string, pins: readonly string[], text?: string): Promise<Reply> {
  const body = JSON.stringify({ sources: [{ name: 'pins', text: pins.join('\n') }], targets: [target] })
  const headers = { 'Content-Type': 'application/json', ...bearer(text) }
  return ask(server.url, `/api/v1/releases/${release}`, { method: 'PUT', headers, body })
}

/** Lays a release of a product over acme's, as one who may everything. */
function over(product: string): Promise<Reply> {
  const headers = { 'Content-Type': 'application/json', ...bearer(tokens.admin) }
  const body = JSON.stringify({ base: 'acme/1', targets: [target] })
  return ask(server.url, `/api/v1/releases/${product}/over`, { method: 'PUT', headers, body })
}

/** An answer but for what names the thing that was asked for. */
function shape({ status, headers, text }: Reply, asked: string): unknown {
  const { date: _date, 'x-request-id': _id, 'content-length': _length, ...others } = headers
  return { status, headers: others, text: text.replaceAll(asked, 'ASKED') }
}

describe('a private product', () => {
  it.each([
    ['its index', '/index/acme/1/', 'acme/1', '/index/none/1/', 'none/1'],
    ['its index without a slash', '/index/acme/1', 'acme/1', '/index/none/1', 'none/1'],
    ['a page of it', '/index/acme/1/karl/', 'acme/1', '/index/none/1/karl/', 'none/1'],
    ['a project that it lacks', '/index/acme/1/nothing/', 'acme/1', '/index/none/1/nothing/', 'none/1'],
    ['its manifest', '/index/acme/1/manifest.json', 'acme/1', '/index/none/1/manifest.json', 'none/1'],
    ['its requirements', '/index/acme/1/requirements.txt', 'acme/1', '/index/none/1/requirements.txt', 'none/1'],
    [
      'a file of its own',
      `/pool/acme-theme/${theme.filename}`,
      theme.filename,
      '/pool/acme-theme/none-1.0-py3-none-any.whl',
      'none-1.0-py3-none-any.whl',
    ],
    [
      'its metadata',
      `/pool/acme-theme/${theme.filename}.metadata`,
      theme.filename,
      '/pool/acme-theme/none-1.0-py3-none-any.whl.metadata',
      'none-1.0-py3-none-any.whl',
    ],
    ['its own project on the live index', '/simple/acme-theme/', 'acme-theme', '/simple/none/', 'none'],
  ])('answers for %s as if it were not there', async (_what, path, name, missing, missingName) => {
    for (const text of [undefined, tokens.other, tokens.karlUpload]) {
      expect(shape(await get(path, text), name)).toEqual(shape(await get(missing, text), missingName))
    }
    expect((await get(path)).status).toBe(404)
    // Once its holder has made it ready in memory, still nobody else is given it.
    expect([200, 301]).toContain((await get(path.replace('nothing', 'karl'), tokens.acme)).status)
    expect((await get(path)).status).toBe(404)
    expect((await get(path, tokens.other)).status).toBe(404)
  })

  it('shows its releases and files to who has a token, for no shared cache to keep', async () => {
    for (const path of [
      '/index/acme/1/',
      '/index/acme/1/karl/',
      '/index/acme/1/manifest.json',
      `/pool/acme-theme/${theme.filename}`,
    ]) {
      for (let time = 0; time < 2; time++) {
        const { status, headers } = await get(path, tokens.acme)
        expect([path, status, headers['cache-control'], headers.vary?.includes('Authorization')]).toEqual([
          path,
          200,
          'private, max-age=31536000, immutable',
          true,
        ])
      }
    }
    const basic = Buffer.from(`__token__:${tokens.acme}`).toString('base64')
    expect((await get('/index/acme/1/', undefined, { Authorization: `Basic ${basic}` })).status).toBe(200)
    const range = await get(`/pool/acme-theme/${theme.filename}`, tokens.acme, { Range: 'bytes=0-9' })
    expect([range.status, range.headers['cache-control']]).toEqual([206, 'private, max-age=31536000, immutable'])
  })

  it('is on no list and no page of others, and leaves what is public as public as before', async () => {
    for (const text of [undefined, tokens.other]) {
      const shown = await Promise.all(
        ['/', '/simple/', '/simple/karl/', '/api/v1/releases', '/index/karl/3.30/karl/'].map((path) => get(path, text)),
      )
      for (const { status, text: page } of shown) expect([status, /acme/i.test(page)]).toEqual([200, false])
    }
    expect((await get('/simple/karl/', tokens.acme)).text).toContain('acme1')
    expect((await get('/simple/', tokens.acme)).text).toContain('acme-theme')
    expect((await get('/api/v1/releases', tokens.acme)).text).toContain('"acme"')
    expect((await get('/index/karl/3.30/karl/')).headers['cache-control']).toBe('public, max-age=31536000, immutable')
  })

  it('gives its own files to no release of another product', async () => {
    const reply = await freeze('karl/stolen', ['karl==3.30+acme1'], tokens.admin)
    expect(json(reply)).toMatchObject({
      status: 422,
      problems: [{ message: expect.stringContaining('3.30+acme1') as string }],
    })
  })

  it('is the base of no release that everybody may see', async () => {
    expect(json(await over('zed'))).toMatchObject({
      code: 'freeze-refused',
      problems: [{ message: 'acme is private and zed is not: whoever reads zed would read the pins of acme' }],
    })
    expect([(await over('globex')).status, (await get('/index/zed/over/')).status]).toEqual([201, 404])
  })

  it('is frozen and uploaded to by a token alone, from this machine too', async () => {
    expect([(await freeze('acme/2', ['karl==3.30'])).status, (await put('/legacy/acme/', theme)).status]).toEqual([
      401, 401,
    ])
    expect((await freeze('acme/2', ['karl==3.30'], tokens.acme)).status).toBe(403)
  })

  it('keeps a file from being uploaded for everybody, or for another product', async () => {
    const replies = [await put('/legacy/', theme, tokens.admin), await put('/legacy/globex/', theme, tokens.admin)]
    expect(replies.map(json)).toEqual(
      replies.map(
        () =>
          expect.objectContaining({
            status: 400,
            code: 'filename-taken',
            title: 'Filename belongs to a file that is private to a product',
            detail: theme.filename,
          }) as unknown,
      ),
    )
  })
})

describe('writing', () => {
  const free = makeSdist({ name: 'free', version: '1.0' })

  it('is open to this machine, whatever password a client sends', async () => {
    const basic = Buffer.from('me:secret').toString('base64')
    expect((await put('/legacy/', free)).status).toBe(200)
    expect((await put('/legacy/', free, undefined, { Authorization: `Basic ${basic}` })).status).toBe(200)
  })

  it.each([
    ['passed on by a proxy', { 'X-Forwarded-For': '127.0.0.1' }],
    ['passed on by a proxy of the newer kind', { Forwarded: 'for=127.0.0.1' }],
    ['under a name that leads here', { Host: 'firn.example.com' }],
  ])('is not, when %s', async (_how, headers) => {
    const reply = await put('/legacy/', free, undefined, headers)
    expect([reply.status, reply.headers['www-authenticate'], json(reply)]).toEqual([
      401,
      'Basic realm="firn", charset="UTF-8"',
      expect.objectContaining({ code: 'token-required', scope: 'upload' }),
    ])
    expect((await put('/legacy/', free, tokens.admin, headers)).status).toBe(200)
  })

  it('goes as far as the scopes of the token', async () => {
    expect((await put('/legacy/', makeWheel({ name: 'Karl', version: '3.31' }), tokens.karlUpload)).status).toBe(200)
    expect(json(await put('/legacy/', free, tokens.karlUpload))).toMatchObject({
      code: 'not-allowed',
      scope: 'upload:free',
      status: 403,
    })
    expect(json(await put('/legacy/', free, tokens.acme))).toMatchObject({ code: 'not-allowed', status: 403 })
    expect(json(await freeze('zope/1', ['karl==3.30'], tokens.other))).toMatchObject({
      code: 'not-allowed',
      scope: 'freeze:zope',
    })
    expect((await freeze('karl/again', ['karl==3.30'], tokens.other)).status).toBe(201)
    const events = await server.store.records.events()
    expect(events.at(-1)).toMatchObject({
      verb: 'freeze',
      actor: expect.stringMatching(/^token read:globex \([0-9a-f]{12}\)$/) as string,
    })
  })

  it('is open to nobody, or to everybody, if the server is told so', async () => {
    const remote = { Host: 'firn.example.com' }
    for (const [writes, status] of [
      ['token', 401],
      ['open', 200],
    ] as const) {
      const other = await startServer({ access: { writes } })
      const body = formOf([contentPart(free)])
      const reply = await ask(other.url, '/legacy/', { method: 'POST', headers: { ...formHeaders, ...remote }, body })
      expect([writes, reply.status]).toEqual([writes, status])
      await cleanStop(other)
    }
  })
})

describe('a token', () => {
  it.each(['POST', 'GET'])('is made and listed by who may everything alone (%s)', async (method) => {
    const body = JSON.stringify({ name: 'x', scopes: ['admin'] })
    for (const text of [undefined, tokens.acme]) {
      const headers = { 'Content-Type': 'application/json', ...bearer(text) }
      const reply = await ask(server.url, '/api/v1/tokens', { method, headers, ...(method === 'POST' ? { body } : {}) })
      expect(reply.status).toBe(text === undefined ? 401 : 403)
    }
  })

  it('holds until it is revoked, or expires', async () => {
    const headers = { 'Content-Type': 'application/json', ...bearer(tokens.admin) }
    const body = JSON.stringify({
      name: 'short',
      scopes: ['read:acme', 'read:acme'],
      expiresAt: '2099-01-01T00:00:00+01:00',
    })
    const made = json(await ask(server.url, '/api/v1/tokens', { method: 'POST', headers, body })) as {
      token: string
      id: string
    }
    expect(made).toMatchObject({ name: 'short', scopes: ['read:acme'], expiresAt: '2098-12-31T23:00:00.000Z' })
    expect((await get('/index/acme/1/', made.token)).status).toBe(200)
    const list = (await get('/api/v1/tokens', tokens.admin)).text
    expect(list).not.toContain(made.token)
    expect(json({ text: list })).toMatchObject({
      tokens: expect.arrayContaining([
        expect.objectContaining({ id: made.id, lastUsedAt: expect.any(String) as string }),
      ]) as unknown,
    })
    const revoked = await ask(server.url, `/api/v1/tokens/${made.id}`, { method: 'DELETE', headers })
    expect(json(revoked)).toEqual({ id: made.id, outcome: 'revoked' })
    expect(json(await get('/index/acme/1/', made.token))).toMatchObject({ code: 'token-invalid', status: 401 })
    const gone = { name: 'gone', scopes: ['admin'], expiresAt: '2001-01-01T00:00:00Z' }
    const late = await ask(server.url, '/api/v1/tokens', { method: 'POST', headers, body: JSON.stringify(gone) })
    expect(json(late)).toMatchObject({ code: 'request-invalid' })
    const none = await ask(server.url, '/api/v1/tokens/000000000000', { method: 'DELETE', headers })
    expect(json(none)).toMatchObject({ code: 'token-unknown', status: 404 })
  })

  it('is not kept as it is', async () => {
    const rows = await server.store.records.tokens()
    expect(rows.some(({ sha256 }) => Object.values(tokens).includes(sha256))).toBe(false)
  })

  it('that is wrong costs time after some tries, and those of others do not', async () => {
    const guessing = await startServer()
    const wrong = `firn_0123456789ab_${'A'.repeat(43)}`
    const statuses: number[] = []
    for (let time = 0; time < 12; time++)
      statuses.push((await ask(guessing.url, '/simple/', { headers: bearer(wrong) })).status)
    expect(statuses).toEqual([...Array<number>(11).fill(401), 429])
    expect((await ask(guessing.url, '/simple/')).status).toBe(200)
    const limited = await ask(guessing.url, '/simple/', { headers: bearer(wrong) })
    expect([json(limited), limited.headers['retry-after']]).toEqual([
      expect.objectContaining({ code: 'attempts-exceeded' }),
      '1',
    ])
    await cleanStop(guessing)
  })
})

it('a server that shows nothing without a token shows its health', async () => {
  const closed = await startServer({ access: { reads: 'token' } })
  const deps = { records: closed.store.records, now: () => new Date().toISOString() }
  const { text } = await createToken(deps, { name: 'any', scopes: ['deploy:x'], expiresAt: null, actor: 'test' })
  for (const path of ['/', '/simple/', '/index/karl/1/', '/pool/a/b.whl', '/api/v1/releases', '/nothing']) {
    expect([path, (await ask(closed.url, path)).status]).toEqual([path, 401])
  }
  expect((await ask(closed.url, '/simple/', { headers: bearer(text) })).status).toBe(200)
  expect([(await ask(closed.url, '/healthz')).status, (await ask(closed.url, '/readyz')).status]).toEqual([200, 200])
  await cleanStop(closed)
})
