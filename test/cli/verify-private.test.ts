import { expect, it } from 'vitest'
import type { Scope } from '../../pool/access/scope.ts'
import { createToken } from '../../server/actions/tokens.ts'
import { main } from '../../cli/main.ts'
import { makeWheel } from '../support/archives.ts'
import { uploadAll } from '../support/catalogue.ts'
import { cleanStop } from '../support/clean-stop.ts'
import { freeze } from '../support/requests.ts'
import { firn, startServer } from '../support/server.ts'

it('is proven to who may read it; to others it is not there', async () => {
  const server = await startServer({ access: { privateProducts: ['acme'] } })
  await uploadAll(server.url, [makeWheel({ name: 'karl', version: '3.30' })])
  const deps = { records: server.store.records, now: () => new Date().toISOString() }
  const as = async (scope: Scope) => {
    const request = { name: 'site', scopes: [scope], expiresAt: null, actor: 'test' }
    return { FIRN_URL: server.url, FIRN_TOKEN: (await createToken(deps, request)).text }
  }
  const target = ['--target', 'cp311-manylinux_x86_64']
  expect(await firn(['freeze', 'acme/1', 'karl==3.30', ...target], await as('admin'))).toMatchObject({ code: 0 })
  expect(await firn(['verify', 'acme/1'], await as('read:acme'))).toMatchObject({ code: 0, stderr: '' })
  expect(await firn(['verify', 'acme/1'], await as('read:globex'))).toMatchObject({ code: 66, stdout: '' })
  await cleanStop(server)
})

it('shows on a terminal how far it is', async () => {
  const server = await startServer()
  await uploadAll(server.url, [makeWheel({ name: 'karl', version: '3.30' })])
  await freeze(server.url, 'karl/1', 'karl==3.30')
  const [out, err]: [string[], string[]] = [[], []]
  const code = await main(['verify', 'karl/1'], {
    stdout: { write: (text) => out.push(text) },
    stderr: { write: (text) => err.push(text), isTTY: true, columns: 80 },
    env: { FIRN_URL: server.url },
    signal: new AbortController().signal,
  })
  expect([code, out.join('').split('\n')[0]]).toEqual([0, `karl/1 of ${server.url} holds`])
  expect(err.join('')).toMatch(/━ 100% {2}\d+ B of \d+ B/)
  expect(err.at(-1)).toBe('\r\u001b[2K')
  await cleanStop(server)
})
