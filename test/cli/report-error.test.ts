import { afterAll, beforeAll, expect, it } from 'vitest'
import { cleanStop } from '../support/clean-stop.ts'
import { firn, startServer, type TestServer } from '../support/server.ts'

let server: TestServer
beforeAll(async () => {
  server = await startServer()
})
afterAll(() => cleanStop(server))

it('says a problem that is the only one once', async () => {
  const { code, stderr } = await firn(['log', '--limit', '5000'], { FIRN_URL: server.url })
  expect([code, stderr]).toEqual([64, 'error: Request is not valid: limit: Too big: expected number to be <=1000\n'])
})

it('says each of several problems once, on a line of its own', async () => {
  const { code, stderr } = await firn(['log', '--limit', '5000', '--since', 'yesterday'], { FIRN_URL: server.url })
  expect([code, stderr.split('\n')]).toEqual([
    64,
    [
      'error: Request is not valid: 2 problems',
      '  since: is a day, as 2026-11-24, or an instant, as 2026-11-24T11:13:00Z',
      '  limit: Too big: expected number to be <=1000',
      '',
    ],
  ])
})

it('has the same problems as JSON', async () => {
  const { stdout } = await firn(['log', '--limit', '5000', '--json'], { FIRN_URL: server.url })
  const message = 'limit: Too big: expected number to be <=1000'
  expect(JSON.parse(stdout)).toMatchObject({ code: 'request-invalid', detail: message, problems: [{ message }] })
})
