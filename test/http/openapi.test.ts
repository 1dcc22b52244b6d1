import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { z } from 'zod'
import { operations } from '../../server/routes/openapi.ts'
import { makeWheel } from '../support/archives.ts'
import { uploadAll } from '../support/catalogue.ts'
import { cleanStop } from '../support/clean-stop.ts'
import { ask, freeze, json } from '../support/requests.ts'
import { root, startServer, type TestServer } from '../support/server.ts'

let server: TestServer
beforeAll(async () => {
  server = await startServer()
  await uploadAll(server.url, [
    makeWheel({ name: 'lxml', version: '4.8' }),
    makeWheel({ name: 'lxml', version: '4.9' }),
  ])
  await freeze(server.url, 'karl/3.29', 'lxml==4.8\n')
  await freeze(server.url, 'karl/3.30', 'lxml==4.9\n')
  await freeze(server.url, 'acme/1', '', { base: 'karl/3.29', sources: [] })
})
afterAll(() => cleanStop(server))

/** Every route below `/api/v1`, as the sources of the routes have it: `get /releases/{product}/{release}`. */
function routesThere(): readonly string[] {
  const directory = join(root, 'server', 'routes')
  const sources = readdirSync(directory).map((name) => readFileSync(join(directory, name), 'utf8'))
  const api = readFileSync(join(directory, 'api.ts'), 'utf8')
  const mounted = [...api.matchAll(/router\.use\('([^']+)', (\w+)\(/g)].flatMap(([, path = '', made = '']) => {
    const source = sources.find((text) => text.includes(`export function ${made}(`)) ?? ''
    return routesIn(source).map(([method, below]) => [method, `${path}${below === '/' ? '' : below}`] as const)
  })
  return [...routesIn(api), ...mounted]
    .map(([method, path]) => `${method} ${path.replaceAll(/:(\w+)/g, '{$1}')}`)
    .toSorted()
}

function routesIn(source: string): readonly (readonly [string, string])[] {
  return [...source.matchAll(/router\.(get|post|put|delete|patch)\('([^']+)'/g)].map(([, method = '', path = '']) => [
    method,
    path,
  ])
}

it('describes every route that there is, and no other', () => {
  expect(operations.map(({ method, path }) => `${method} ${path}`).toSorted()).toEqual(routesThere())
})

it('is served as JSON whose references and parameters are whole', async () => {
  const reply = await ask(server.url, '/api/v1/openapi.json')
  const document = json(reply) as { paths: Record<string, Record<string, { parameters: unknown[] }>> }
  expect(document).toMatchObject({ openapi: '3.1.1', info: { title: 'firn' }, servers: [{ url: '.' }] })
  expect(document.paths['/where-used']?.['get']?.parameters).toEqual([
    expect.objectContaining({ name: 'q', in: 'query', required: true }),
    expect.objectContaining({ name: 'limit', in: 'query', required: false }),
    expect.objectContaining({ name: 'after', in: 'query', required: false }),
  ])
  expect(document.paths['/releases/{product}/{release}']?.['get']?.parameters).toEqual([
    { name: 'product', in: 'path', required: true, schema: { type: 'string' } },
    { name: 'release', in: 'path', required: true, schema: { type: 'string' } },
  ])
  expect(reply.text).not.toContain('"$ref"')
})

const pins = [{ name: 'pins.txt', text: 'lxml==4.9\n' }]

it.each<[string, string, string, object?]>([
  ['get /', 'GET', '/'],
  ['get /releases', 'GET', '/releases?limit=1'],
  ['get /releases', 'GET', '/releases'],
  ['get /releases/{product}/{release}', 'GET', '/releases/acme/1'],
  [
    'put /releases/{product}/{release}',
    'PUT',
    '/releases/karl/4',
    { sources: pins, targets: ['cp311-manylinux_x86_64'], dryRun: true },
  ],
  ['get /whoami', 'GET', '/whoami'],
  ['get /diff', 'GET', '/diff?from=karl/3.29&to=karl/3.30'],
  ['get /diff', 'GET', '/diff?from=karl/3.29&to=acme/1'],
  ['post /diff', 'POST', '/diff', { from: 'karl/3.29', sources: pins }],
  ['get /where-used', 'GET', '/where-used?q=lxml'],
  ['get /find', 'GET', '/find?q=lxml&q=karl'],
  ['get /projects/statuses', 'GET', '/projects/statuses'],
  ['get /projects/{project}/status', 'GET', '/projects/lxml/status'],
  ['put /projects/{project}/status', 'PUT', '/projects/lxml/status', { status: 'deprecated', reason: 'old' }],
  ['post /yanks', 'POST', '/yanks', { wanted: ['lxml==4.8'], reason: 'broken' }],
  ['get /releases/{product}/{release}', 'GET', '/releases/acme/1'],
  ['get /events', 'GET', '/events?limit=2'],
  ['get /keys', 'GET', '/keys'],
])('%s answers as it is described: %s %s', async (described, method, path, body) => {
  const operation = operations.find((each) => `${each.method} ${each.path}` === described)
  const headers = { 'Content-Type': 'application/json' }
  const sent = body === undefined ? {} : { headers, body: JSON.stringify(body) }
  const reply = await ask(server.url, `/api/v1${path}`, { method, ...sent })
  const answered = (operation?.answer ?? z.never()).safeParse(json(reply))
  const asked = (operation?.body ?? z.undefined()).safeParse(body)
  expect([reply.status, asked.error?.issues, answered.error?.issues]).toEqual([200, undefined, undefined])
})
