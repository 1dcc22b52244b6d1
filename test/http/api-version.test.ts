import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { apiVersion } from '../../pool/api-version.ts'
import { version } from '../../server/version.ts'
import { cleanStop } from '../support/clean-stop.ts'
import { closed } from '../support/crawl.ts'
import { ask, json } from '../support/requests.ts'
import { firn, startServer, type TestServer } from '../support/server.ts'

let server: TestServer
let other: Server
let otherUrl: string
let spoken = ''
beforeAll(async () => {
  server = await startServer()
  other = createServer((_req, res) => res.writeHead(404, { 'Firn-Api': spoken }).end())
  await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve))
  otherUrl = `http://127.0.0.1:${(other.address() as AddressInfo).port}`
})
afterAll(async () => {
  await closed(other)
  await cleanStop(server)
})

it('is said by the server on every answer of its API', async () => {
  const root = await ask(server.url, '/api/v1/')
  expect(json(root)).toEqual({ name: 'firn', version, api: apiVersion })
  const replies = [root, await ask(server.url, '/api/v1/nothing'), await ask(server.url, '/legacy/')]
  expect(replies.map(({ headers }) => headers['firn-api'])).toEqual([apiVersion, apiVersion, apiVersion])
})

it.each([
  ['2.0.0', 'upgrade this server'],
  ['0.9.1', 'upgrade the client'],
])('of a client that speaks %s is refused', async (client, hint) => {
  const reply = await ask(server.url, '/api/v1/releases', { headers: { 'Firn-API': client } })
  expect([reply.status, json(reply)]).toEqual([
    400,
    expect.objectContaining({ code: 'version-mismatch', client, server: apiVersion, hint }),
  ])
})

it.each(['1.99.0', 'nonsense', ''])('of a client that says %j is fine', async (client) => {
  expect((await ask(server.url, '/api/v1/', { headers: { 'Firn-API': client } })).status).toBe(200)
})

it.each([
  ['2.1.0', 'upgrade firn on this machine'],
  ['0.1.0', 'upgrade the server at URL'],
])('of a server that speaks %s ends a command, with what to upgrade', async (server, hint) => {
  spoken = server
  const argv = ['freeze', 'karl/1', 'karl==1', '--target', 'cp311-manylinux_x86_64', '--url', otherUrl]
  const { code, stdout, stderr } = await firn(argv)
  expect([code, stdout, stderr.replaceAll(otherUrl, 'URL')]).toEqual([
    78,
    '',
    `error: Command and server do not speak the same API: this command speaks ${apiVersion}, URL speaks ${server}\nhint: ${hint}\n`,
  ])
})
