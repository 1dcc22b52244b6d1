import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createToken } from '../../server/actions/tokens.ts'
import { requestIdOf } from '../../server/http/request-id.ts'
import { makeWheel } from '../support/archives.ts'
import { cleanStop } from '../support/clean-stop.ts'
import { readMetrics, valueOf, type Family } from '../support/metrics.ts'
import { ask, eventually, freeze, json, upload } from '../support/requests.ts'
import { startServer, type TestServer } from '../support/server.ts'
import { startUpstream, type Upstream } from '../support/upstream.ts'

const secret = makeWheel({ name: 'acme-secret', version: '1.0' })
const karl = makeWheel({ name: 'karl', version: '3.30' })

const lines: string[] = []
let upstream: Upstream
let server: TestServer
beforeAll(async () => {
  upstream = await startUpstream({ files: [], pages: { zope: 403 } })
  server = await startServer({
    upstream: upstream.url,
    access: { writes: 'open', privateProducts: ['acme'] },
    log: { write: (text) => lines.push(...text.trimEnd().split('\n')) },
  })
  await upload(server.url, karl)
  await upload(server.url, secret)
  await freeze(server.url, 'karl/3.30', 'karl==3.30\n')
})
afterAll(async () => {
  await cleanStop(server)
  await upstream.stop()
})

/** What the server counts, as Python's own reader of the format finds it. */
async function metrics(): Promise<readonly Family[]> {
  return readMetrics((await ask(server.url, '/metrics')).text)
}

it('counts requests by what they are for, how, and how they end', async () => {
  const before = await metrics()
  const asked: readonly (readonly [string, string, string, string])[] = [
    ['GET', '/index/karl/3.30/', 'frozen', '2xx'],
    ['HEAD', '/index/karl/3.30/karl/', 'frozen', '2xx'],
    ['GET', '/index/karl/9/', 'frozen', '4xx'],
    ['GET', `/pool/karl/${karl.filename}`, 'pool', '2xx'],
    ['GET', '/simple/', 'live', '2xx'],
    ['GET', '/simple/KARL/', 'live', '3xx'],
    ['POST', '/legacy/', 'legacy', '4xx'],
    ['GET', '/api/v1/releases', 'api', '2xx'],
    ['PUT', '/api/v1/releases/karl/2', 'api', '4xx'],
    ['GET', '/resolve/pool/karl/', 'resolve', '2xx'],
    ['GET', '/healthz', 'health', '2xx'],
    ['GET', '/', 'pages', '2xx'],
    ['PROPFIND', '/anything/at/all', 'pages', '4xx'],
  ]
  for (const [method, path] of asked) await ask(server.url, path, { method })
  const after = await metrics()
  for (const [method, path, route, status] of asked) {
    const labels = { route, method: method === 'PROPFIND' ? 'other' : method, status }
    const times = asked.filter(([m, , r, s]) => m === method && r === route && s === status).length
    const more = path === '/healthz' ? 1 : 0
    const grown = valueOf(after, 'firn_requests_total', labels) - valueOf(before, 'firn_requests_total', labels)
    expect([path, grown]).toEqual([path, times + more])
  }
  const frozen = { route: 'frozen' }
  const name = 'firn_request_duration_seconds'
  expect(valueOf(after, `${name}_count`, frozen) - valueOf(before, `${name}_count`, frozen)).toBe(3)
  expect(valueOf(after, `${name}_bucket`, { ...frozen, le: '+Inf' })).toBe(valueOf(after, `${name}_count`, frozen))
  expect(valueOf(after, `${name}_sum`, frozen)).toBeGreaterThan(valueOf(before, `${name}_sum`, frozen))
  expect(valueOf(after, 'firn_sent_bytes_total')).toBeGreaterThan(valueOf(before, 'firn_sent_bytes_total') + 5000)
  expect(valueOf(after, 'firn_received_bytes_total')).toBeGreaterThan(valueOf(before, 'firn_received_bytes_total'))
})

it('says what there is, and follows it', async () => {
  const before = await metrics()
  expect(valueOf(before, 'firn_pool_files')).toBe(2)
  expect(valueOf(before, 'firn_pool_bytes')).toBe(karl.bytes.length + secret.bytes.length)
  expect(valueOf(before, 'firn_projects')).toBe(2)
  expect(valueOf(before, 'firn_releases')).toBe(1)
  const last = (await server.store.records.events({ order: 'desc', limit: 1 }))[0]
  expect(valueOf(before, 'firn_last_event_sequence')).toBe(last?.sequence)
  expect(valueOf(before, 'firn_last_event_timestamp_seconds')).toBe(Date.parse(last?.at ?? '') / 1000)
  expect(valueOf(before, 'firn_data_free_bytes')).toBeGreaterThan(0)
  expect(valueOf(before, 'firn_requests_in_flight')).toBe(1)
  expect(valueOf(before, 'firn_connections')).toBeGreaterThanOrEqual(1)
  await upload(server.url, makeWheel({ name: 'karl', version: '3.31' }))
  const after = await metrics()
  expect([valueOf(after, 'firn_pool_files'), valueOf(after, 'firn_projects')]).toEqual([3, 2])
  expect(valueOf(after, 'firn_last_event_sequence')).toBe(valueOf(before, 'firn_last_event_sequence') + 1)
})

it('counts what goes wrong: tokens, upstreams', async () => {
  const wrong = { Authorization: `Bearer firn_0123456789ab_${'A'.repeat(43)}` }
  await ask(server.url, '/simple/', { headers: wrong })
  const sources = [{ name: 'pins', text: 'zope==1.0\n' }]
  const body = JSON.stringify({ sources, targets: ['cp311-manylinux_x86_64'] })
  await ask(server.url, '/api/v1/fetch', { method: 'POST', headers: { 'Content-Type': 'application/json' }, body })
  const families = await metrics()
  const names = ['firn_tokens_refused_total', 'firn_upstream_requests_total', 'firn_upstream_failures_total']
  expect(names.map((name) => valueOf(families, name))).toEqual([1, 1, 1])
})

it('keeps to the naming of Prometheus, names nothing that is private, and is of this server alone', async () => {
  const { text, headers } = await ask(server.url, '/metrics')
  expect([headers['content-type'], headers['cache-control']]).toEqual([
    'text/plain; version=0.0.4; charset=utf-8',
    'no-store',
  ])
  expect(text).not.toMatch(/acme|karl|secret/i)
  const own = (await readMetrics(text)).filter(({ name }) => name.startsWith('firn_'))
  const wrong = own.flatMap(({ name, type, help, samples }) => [
    ...(help === '' ? [`${name} has no help`] : []),
    ...(type === 'counter' && !samples.every((sample) => sample.name.endsWith('_total')) ? [`${name} counts`] : []),
    ...(type !== 'counter' && /_(?:total|count|sum|bucket)$/.test(name) ? [`${name} is ${type}`] : []),
    ...(/milli|kilo|mega|minute|percent|_ms|gauge|counter|histogram/.test(name) ? [`${name} has no base unit`] : []),
    ...(/(?:duration|time|lag)/.test(name) && !name.endsWith('_seconds') ? [`${name} is in no seconds`] : []),
  ])
  expect([wrong, own.length]).toEqual([[], 22])
  const other = await startServer()
  expect(valueOf(await readMetrics((await ask(other.url, '/metrics')).text), 'firn_pool_files')).toBe(0)
  await cleanStop(other)
})

it('has the process too: memory, files, event loop', async () => {
  const names = (await metrics()).map(({ name }) => name)
  for (const name of ['process_resident_memory_bytes', 'process_open_fds', 'nodejs_eventloop_lag_p99_seconds'])
    expect(names).toContain(name)
})

it('wants a token where reading does, and Prometheus can bring one', async () => {
  const closed = await startServer({ access: { reads: 'token' } })
  const deps = { records: closed.store.records, now: () => new Date().toISOString() }
  const request = { name: 'prometheus', scopes: ['deploy:x' as const], expiresAt: null, actor: 'test' }
  const { text } = await createToken(deps, request)
  const bearer = { Authorization: `Bearer ${text}` }
  expect((await ask(closed.url, '/metrics')).status).toBe(401)
  expect((await ask(closed.url, '/metrics', { headers: bearer })).status).toBe(200)
  await cleanStop(closed)
})

describe('the id of a request', () => {
  it('is on every answer, whoever gives it, and is nobody else’s', async () => {
    const paths = ['/index/karl/3.30/', '/index/none/1/', '/index/karl/3.30', `/pool/karl/${karl.filename}`]
    const others = ['/simple/', '/simple/none/', '/', '/nothing', '/healthz', '/metrics', '/api/v1/releases']
    const ids = new Set<unknown>()
    for (const path of [...paths, ...others]) ids.add((await ask(server.url, path)).headers['x-request-id'])
    const { etag = '' } = (await ask(server.url, '/index/karl/3.30/')).headers
    const same = await ask(server.url, '/index/karl/3.30/', { headers: { 'If-None-Match': etag } })
    const part = await ask(server.url, `/pool/karl/${karl.filename}`, { headers: { Range: 'bytes=0-3' } })
    for (const { headers } of [same, part, await upload(server.url, karl)]) ids.add(headers['x-request-id'])
    expect([ids.size, same.status, part.status]).toEqual([paths.length + others.length + 3, 304, 206])
    expect([...ids].filter((id) => !/^[0-9a-f]{12}-[0-9a-z]+$/.test(String(id)))).toEqual([])
  })

  it('is in the log, with what went out', async () => {
    const { headers, body } = await ask(server.url, `/pool/karl/${karl.filename}`)
    const id = headers['x-request-id']
    await eventually('the line is written', () => lines.some((line) => line.includes(`"${String(id)}"`)))
    const line = json({ text: lines.find((each) => each.includes(`"${String(id)}"`)) ?? '' }) as { bytes: number }
    expect(line).toMatchObject({ id, method: 'GET', url: `/pool/karl/${karl.filename}`, status: 200 })
    expect(line.bytes).toBeGreaterThan(body.length)
    const texts: string[] = []
    const text = await startServer({ log: { write: (more) => texts.push(more) }, logForm: 'text' })
    const answered = (await ask(text.url, '/healthz')).headers['x-request-id']
    await eventually('the line is written', () => texts.join('').includes(` GET /healthz 200 `))
    expect(texts.join('')).toMatch(new RegExp(` GET /healthz 200 [\\d.]+ms ${String(answered)} "-"\n$`))
    await cleanStop(text)
  })

  it('is that of the error in the log, and in the problem', async () => {
    const met: (readonly [string, unknown])[] = []
    const broken = await startServer({ onError: (error, id) => met.push([id, error.cause]) })
    await broken.store.records.close()
    for (const path of ['/simple/', '/index/karl/1/', '/api/v1/releases']) {
      const reply = await ask(broken.url, path)
      const id = reply.headers['x-request-id']
      expect([json(reply), met.at(-1)]).toEqual([
        expect.objectContaining({ code: 'internal', id }),
        [id, expect.any(Error) as unknown],
      ])
    }
    await broken.stop().catch(() => {})
  })

  it('is taken from a proxy that is trusted, and from nobody else', async () => {
    const behind = await startServer({ trustedProxies: ['127.0.0.1'] })
    const headers = { 'X-Request-Id': 'a-1' }
    const [theirs, ours] = [
      await ask(behind.url, '/healthz', { headers }),
      await ask(server.url, '/healthz', { headers }),
    ]
    expect(theirs.headers['x-request-id']).toBe('a-1')
    expect(ours.headers['x-request-id']).not.toBe('a-1')
    await cleanStop(behind)
  })

  it.each<[string | readonly string[] | undefined, boolean]>([
    ['6f1c8e0a-93b7-4f0e-8f57-0d6a2b1c9e44', true],
    ['Root=1-67891233-abcdef012345678912345678', true],
    ['a', true],
    ['a'.repeat(100), true],
    ['a'.repeat(101), false],
    ['', false],
    ['-a', false],
    ['a, b', false],
    ['a b', false],
    ['a\u0007', false],
    ['"a"', false],
    ['ä', false],
    [undefined, false],
  ])('is taken from a trusted peer if it is well-formed: %j', (brought, taken) => {
    const headers = brought === undefined ? {} : { 'x-request-id': brought as string }
    expect(requestIdOf({ headers }, true) === brought).toBe(taken)
    expect(requestIdOf({ headers }, false)).not.toBe(brought)
  })
})
