/** A file of the pool whose bytes are lost comes back when somebody uploads it again. */
import { readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { makeWheel, type Built } from '../support/archives.ts'
import { sha256 } from '../support/catalogue.ts'
import { cleanStop } from '../support/clean-stop.ts'
import { check, flip, overwrite, placeOf } from '../support/damaged.ts'
import { ask, json, upload } from '../support/requests.ts'
import { startServer, type TestServer } from '../support/server.ts'

const karl = makeWheel({ name: 'karl', version: '3.30' })
const other = makeWheel({ name: 'karl', version: '3.30', files: { 'other.py': '' } })
const url = `/${placeOf(karl)}`

let server: TestServer
let path: string
beforeAll(async () => {
  server = await startServer()
  path = join(server.data, placeOf(karl))
})
afterAll(() => cleanStop(server, ['file-missing']))
beforeEach(async () => {
  await upload(server.url, karl)
})

async function lastEvents(): Promise<readonly unknown[]> {
  return (await server.store.records.events({ order: 'desc', limit: 1 })).map(({ actor, verb, subject, facts }) => ({
    actor,
    verb,
    subject,
    facts,
  }))
}

function putBack({ filename, bytes }: Built): object {
  const facts = { done: 'put back', from: 'upload', sha256: sha256(bytes) }
  return { actor: 'anonymous', verb: 'repair', subject: filename, facts }
}

describe('the same file again', () => {
  it('changes nothing where the pool has it', async () => {
    const { sequence } = await server.store.records.lastEvent()
    const reply = await upload(server.url, karl)
    expect([reply.status, json(reply)]).toEqual([200, expect.objectContaining({ outcome: 'same' })])
    expect((await server.store.records.lastEvent()).sequence).toBe(sequence)
  })

  it('puts it back where it is gone', async () => {
    await rm(path)
    expect((await ask(server.url, url)).status).toBe(500)
    const reply = await upload(server.url, karl)
    expect([reply.status, json(reply)]).toEqual([200, expect.objectContaining({ outcome: 'same' })])
    expect(sha256((await ask(server.url, url)).body)).toBe(sha256(karl.bytes))
    expect(await lastEvents()).toEqual([putBack(karl)])
    expect(await check(server.data)).toEqual({ code: 0, findings: [] })
  })

  it('puts it back where it is damaged, sets aside what was there, and answers with it no more', async () => {
    const zope = makeWheel({ name: 'zope.interface', version: '8.5' })
    await upload(server.url, zope)
    await overwrite(join(server.data, placeOf(zope)), flip)
    const served = async () => sha256((await ask(server.url, `/${placeOf(zope)}`)).body)
    expect(await served()).toBe(sha256(flip(zope.bytes)))
    expect((await upload(server.url, zope)).status).toBe(200)
    expect(await served()).toBe(sha256(zope.bytes))
    expect(await lastEvents()).toEqual([putBack(zope)])
    expect(await readdir(join(server.data, 'orphans'))).toEqual([`${sha256(flip(zope.bytes))}-${zope.filename}`])
    expect(await check(server.data)).toEqual({ code: 0, findings: [] })
  })
})

it('other bytes of that name do not take the place of what is gone', async () => {
  await rm(path)
  const reply = await upload(server.url, other)
  expect([reply.status, json(reply)]).toEqual([400, expect.objectContaining({ code: 'distribution-exists' })])
  expect(await check(server.data)).toEqual({ code: 2, findings: [`file-missing ${placeOf(karl)}`] })
})
