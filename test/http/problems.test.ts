import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { errors, type ErrorCode } from '../../pool/errors.ts'
import { firnServer, listen } from '../../server/server.ts'
import { requestLog } from '../../server/http/request-log.ts'
import { upstreamClient } from '../../server/upstream/client.ts'
import { makeWheel } from '../support/archives.ts'
import { cleanStop } from '../support/clean-stop.ts'
import { ask, contentPart, formHeaders, formOf, freeze, json, stagingEmpties, upload } from '../support/requests.ts'
import { firn, startServer, type TestServer } from '../support/server.ts'
import { startUpstream } from '../support/upstream.ts'

const target = 'cp311-manylinux_x86_64'
const windows = makeWheel({ name: 'pywin', version: '3.30', tag: 'cp311-cp311-win_amd64' })

let server: TestServer
beforeAll(async () => {
  server = await startServer()
  await upload(server.url, makeWheel({ name: 'karl', version: '3.30' }))
})
afterAll(() => cleanStop(server))

function send(method: string, path: string, body: string): ReturnType<typeof ask> {
  return ask(server.url, path, { method, headers: { 'Content-Type': 'application/json' }, body })
}

function fetchBody(more: object): string {
  return JSON.stringify({ sources: [{ name: 'a', text: 'karl==3.30' }], targets: [target], ...more })
}

it('says everything that keeps a release from being frozen, as facts', async () => {
  const reply = await freeze(server.url, 'karl/1', 'karl==3.31\nloose\n')
  expect([reply.status, reply.headers['content-type'], json(reply)]).toEqual([
    422,
    'application/problem+json',
    {
      release: 'karl/1',
      problems: expect.arrayContaining([
        {
          place: { source: 'pins.txt', line: 2 },
          message: '"loose" is not pinned',
          hint: 'write loose==VERSION, give constraints with -c, or have versions chosen with --resolve',
        },
      ]) as unknown,
      type: '/problems/freeze-refused',
      title: 'Release cannot be frozen',
      status: 422,
      detail: '2 problems',
      code: 'freeze-refused',
    },
  ])
})

describe('the JSON API refuses', () => {
  it.each<[string, ErrorCode, string, string, string]>([
    ['no JSON', 'request-invalid', 'PUT', '/api/v1/releases/karl/1', '{'],
    ['no object', 'request-invalid', 'PUT', '/api/v1/releases/karl/1', '[]'],
    ['an empty body', 'request-invalid', 'POST', '/api/v1/fetch', ''],
    ['an unknown field', 'request-invalid', 'POST', '/api/v1/fetch', fetchBody({ force: true })],
    ['no sources', 'request-invalid', 'POST', '/api/v1/fetch', fetchBody({ sources: [] })],
    [
      'an index that is a file',
      'request-invalid',
      'POST',
      '/api/v1/fetch',
      fetchBody({ indexes: ['file:///etc/passwd'] }),
    ],
    ['a target that is none', 'target-invalid', 'POST', '/api/v1/fetch', fetchBody({ targets: ['x'] })],
    ['a body of 25 MB', 'upload-too-large', 'POST', '/api/v1/fetch', fetchBody({ x: 'x'.repeat(25_000_000) })],
    [
      'pins that cannot be read',
      'fetch-refused',
      'POST',
      '/api/v1/fetch',
      fetchBody({ sources: [{ name: 'a', text: 'karl>1' }] }),
    ],
    ['a release name that is none', 'release-name-invalid', 'PUT', '/api/v1/releases/KARL/1', fetchBody({})],
    ['a path that it does not have', 'path-unknown', 'GET', '/api/v1/nothing', ''],
  ])('%s', async (_, code, method, path, body) => {
    const reply = await send(method, path, body)
    const { status, title } = errors[code]
    expect([reply.status, reply.headers['content-type']]).toEqual([status, 'application/problem+json'])
    expect(json(reply)).toMatchObject({ type: `/problems/${code}`, title, status, code })
  })
})

describe('a form that the page of another site sends', () => {
  it.each(['https://evil.example', 'null', 'nonsense'])('is refused: Origin: %s', async (origin) => {
    const other = makeWheel({ name: 'cross', version: '1.0' })
    const headers = { ...formHeaders, Origin: origin }
    const reply = await ask(server.url, '/legacy/', { method: 'POST', headers, body: formOf([contentPart(other)]) })
    expect([reply.status, json(reply)]).toEqual([
      errors['cross-origin'].status,
      expect.objectContaining({ code: 'cross-origin', origin }),
    ])
    await stagingEmpties(server.data)
    expect((await ask(server.url, '/simple/cross/')).status).toBe(404)
  })

  it('is taken when it is a page of this server', async () => {
    const reply = await ask(server.url, '/legacy/', {
      method: 'POST',
      headers: { ...formHeaders, Origin: server.url },
      body: formOf([contentPart(makeWheel({ name: 'karl', version: '3.30' }))]),
    })
    expect(reply.status).toBe(200)
  })
})

describe('fetching', () => {
  it('says per pin why it failed, by code', async () => {
    const upstream = await startUpstream({ files: [{ project: 'pywin', ...windows }], pages: { zope: 500 } })
    const text = 'pywin==3.30\nnone==1.0\nzope==1.0\n'
    const body = fetchBody({ sources: [{ name: 'a', text }], indexes: [upstream.url] })
    const events = (await send('POST', '/api/v1/fetch', body)).text.trimEnd().split('\n')
    const failed = events.map((line) => JSON.parse(line) as { event: string; subject: string; code: ErrorCode })
    const codes = failed.filter(({ event }) => event === 'failed').map(({ subject, code }) => [subject, code] as const)
    expect(new Map(codes)).toEqual(
      new Map<string, ErrorCode>([
        ['pywin==3.30', 'upstream-lacks'],
        ['none==1.0', 'upstream-lacks'],
        ['zope==1.0', 'upstream-unavailable'],
      ]),
    )
    await upstream.stop()
  })
})

it('tells a client no inner text of what it did not foresee, but the id under which the log has it', async () => {
  const broken = await startServer()
  await broken.store.records.close()
  const paths = ['/simple/', '/simple/karl/', '/index/karl/1/', '/pool/karl/karl.zip', '/']
  for (const path of paths) {
    const reply = await ask(broken.url, path)
    const { id } = broken.internalErrors.at(-1)?.facts ?? {}
    expect(reply.headers['x-request-id']).toBe(id)
    expect([reply.status, json(reply)]).toEqual([
      500,
      {
        id,
        type: '/problems/internal',
        title: 'Something went wrong inside firn',
        status: 500,
        code: 'internal',
        hint: "the server's log has what happened under this id",
      },
    ])
    expect(broken.internalErrors.at(-1)?.cause).toBeInstanceOf(Error)
  }
  expect((await ask(broken.url, '/healthz')).text).toBe('ok\n')
  await broken.stop().catch(() => {})
})

it('says that an address is taken', async () => {
  const upstream = upstreamClient({ index: undefined, python: undefined, userAgent: 'firn/test' })
  const log = requestLog('none', process.stdout)
  const access = { writes: 'local', reads: 'open', privateProducts: [] } as const
  const second = firnServer({ store: server.store, upstream, log, onError: () => {}, uploadLimit: 1, access })
  const port = Number(new URL(server.url).port)
  await expect(listen(second, { host: '127.0.0.1', port })).rejects.toMatchObject({
    code: 'address-unusable',
    facts: { host: '127.0.0.1', port },
    hint: 'stop it, or choose another port with --port',
  })
})

it.each<[ErrorCode, readonly string[]]>([
  ['server-unreachable', ['freeze', 'karl/1', 'karl==1', '--target', target, '--url', 'http://127.0.0.1:1']],
  ['usage', ['freeze', 'karl/1', '--target', target]],
  ['release-name-invalid', ['freeze', 'karl', 'karl==1', '--target', target]],
])('the command line ends with the exit code of %s, and says it as JSON', async (code, argv) => {
  const result = await firn([...argv, '--json'])
  expect([result.code, result.stderr]).toEqual([errors[code].exit, ''])
  expect(JSON.parse(result.stdout)).toMatchObject({ code, title: errors[code].title })
})

it.each(Object.keys(errors))('has a page for people about %s', async (code) => {
  const { status, headers, text } = await ask(server.url, `/problems/${code}`)
  expect([status, headers['content-type']]).toEqual([200, 'text/html; charset=utf-8'])
  expect(text).toContain(`<code>${code}</code>`)
})
