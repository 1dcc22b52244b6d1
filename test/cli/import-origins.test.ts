/** A release that is imported keeps whose its files are: what came from an upstream there is not the team's own here. */
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import { createToken } from '../../server/actions/tokens.ts'
import { makeWheel } from '../support/archives.ts'
import { cleanStop } from '../support/clean-stop.ts'
import { contentPart, formHeaders, formOf, ask, freeze, json, upload } from '../support/requests.ts'
import { firn, startServer, temporaryDirectory, type TestServer } from '../support/server.ts'
import { startUpstream, type Upstream } from '../support/upstream.ts'

const ours = makeWheel({ name: 'karl', version: '3.30' })
const theirs = makeWheel({ name: 'lxml', version: '4.8' })
const newer = makeWheel({ name: 'lxml', version: '4.9' })

let upstream: Upstream
let there: TestServer
let directory: string
let bundle: string
let tree: string
beforeAll(async () => {
  upstream = await startUpstream({ files: [theirs, newer].map((file) => ({ project: 'lxml', ...file })) })
  there = await startServer({ upstream: upstream.url })
  directory = await temporaryDirectory()
  ;[bundle, tree] = [join(directory, 'karl.tar'), join(directory, 'tree')]
  await upload(there.url, ours)
  await firn(['fetch', 'lxml==4.8'], { FIRN_URL: there.url })
  await freeze(there.url, 'karl/3.30', 'karl==3.30\nlxml==4.8\n')
  await firn(['bundle', 'karl/3.30', bundle], { FIRN_URL: there.url })
  await firn(['export', 'karl/3.30', tree], { FIRN_URL: there.url })
})
afterAll(async () => {
  await cleanStop(there)
  await upstream.stop()
  await rm(directory, { recursive: true })
})

const now = () => new Date().toISOString()

let here: TestServer
beforeEach(async () => {
  here = await startServer({ upstream: upstream.url })
  return () => cleanStop(here)
})

it.each([
  ['a bundle', () => bundle],
  ['an export', () => tree],
])('keeps where each file of %s came from', async (_what, place) => {
  expect(await firn(['import', place()], { FIRN_URL: here.url })).toMatchObject({ code: 0, stderr: '' })
  const { records } = here.store
  const { url } = (await there.store.records.distribution(theirs.filename))?.origin ?? { url: '' }
  const origin = { index: new URL('/', upstream.url).href, url, uploadTime: null, yanked: null }
  expect((await records.distribution(theirs.filename))?.origin).toEqual(origin)
  expect((await records.distribution(ours.filename))?.origin).toBeNull()
  expect(await firn(['fetch', 'lxml==4.9'], { FIRN_URL: here.url })).toMatchObject({ code: 0 })
  expect(await firn(['fetch', 'karl==3.31'], { FIRN_URL: here.url })).toMatchObject({ code: 65 })
})

it('believes no origin of one who may upload one project alone', async () => {
  const request = { name: 'narrow', scopes: ['upload:lxml'], expiresAt: null, actor: 'test' }
  const { text } = await createToken({ records: here.store.records, now }, request)
  const body = formOf([{ name: 'firn_origin', value: 'https://index.example/lxml.whl' }, contentPart(theirs)])
  const headers = { ...formHeaders, authorization: `Bearer ${text}` }
  expect((await ask(here.url, '/legacy/', { method: 'POST', headers, body })).status).toBe(200)
  expect((await here.store.records.distribution(theirs.filename))?.origin).toBeNull()
})

it.each(['ftp://index.example/lxml.whl', 'lxml.whl', `https://index.example/${'x'.repeat(2000)}`])(
  'takes no origin that is no URL: %s',
  async (origin) => {
    const body = formOf([{ name: 'firn_origin', value: origin }, contentPart(theirs)])
    const reply = await ask(here.url, '/legacy/', { method: 'POST', headers: formHeaders, body })
    expect([reply.status, json(reply)]).toEqual([400, expect.objectContaining({ code: 'upload-invalid' })])
    expect(await here.store.records.distribution(theirs.filename)).toBeUndefined()
  },
)
