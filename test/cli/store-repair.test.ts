/** What a repair notes in the log, and what it does where the origin of a file has not what it had. */
import { mkdir, readdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { sha256 } from '../support/catalogue.ts'
import { cleanStop } from '../support/clean-stop.ts'
import {
  check,
  copyOf,
  edit,
  flip,
  linesOf,
  overwrite,
  pathIn,
  placeOf,
  zodb,
  sharedData,
  zope,
} from '../support/damaged.ts'
import { firn, noPip, startServer, temporaryDirectory } from '../support/server.ts'

const kept = sharedData()

function filesUrl(): string {
  return kept.upstream.url.replace('simple/', 'files/')
}

describe('the log', () => {
  it('tells of each thing that was done, and holds', async () => {
    const data = await copyOf(kept.data)
    await overwrite(pathIn(data, zope), flip)
    edit(data, `delete from versions where filename = '${zodb.filename}'`)
    await check(data, '--repair')
    const server = await startServer({ data })
    const events = (await server.store.records.events()).slice(-3)
    const damaged = sha256(flip(zope.bytes))
    expect(events.map(({ actor, verb, subject, facts }) => ({ actor, verb, subject, facts }))).toEqual([
      {
        actor: 'data directory',
        verb: 'repair',
        subject: placeOf(zope),
        facts: { finding: 'file-damaged', done: 'set aside', to: `orphans/${damaged}-${zope.filename}` },
      },
      {
        actor: 'data directory',
        verb: 'repair',
        subject: zope.filename,
        facts: {
          finding: 'file-damaged',
          done: 'put back',
          from: `${filesUrl()}${zope.filename}`,
          sha256: sha256(zope.bytes),
        },
      },
      {
        actor: 'data directory',
        verb: 'repair',
        subject: zodb.filename,
        facts: { finding: 'versions-differ', done: 'made again' },
      },
    ])
    expect((await firn(['log', 'verify'], { FIRN_URL: server.url })).code).toBe(0)
    await cleanStop(server)
  })

  it('tells of nothing where nothing was done', async () => {
    const data = await copyOf(kept.data)
    expect(await check(data, '--repair')).toEqual({ code: 0, findings: [] })
    expect((await firn(['store', 'check', '--data', data])).stdout).toContain('; 6 lines of the log')
  })
})

describe('an origin', () => {
  it.each<[string, () => string, string]>([
    ['that has another file there', () => `${filesUrl()}${zodb.filename}`, 'bytes today'],
    ['that has it no more', () => `${filesUrl()}none.whl`, 'it answers 404'],
    ['that is not there', () => 'http://127.0.0.1:9/none.whl', 'Upstream index cannot be used'],
  ])('%s puts nothing into the pool', async (_, url, reason) => {
    const data = await copyOf(kept.data)
    await rm(pathIn(data, zope))
    edit(data, `update distributions set origin_url = '${url()}' where filename = '${zope.filename}'`)
    const result = await firn(['store', 'check', '--repair', '--json', '--data', data], noPip)
    expect([result.code, linesOf(result)[0]]).toEqual([
      2,
      expect.objectContaining({ code: 'file-missing', mended: false, what: expect.stringContaining(reason) as string }),
    ])
    expect(await readdir(join(data, 'pool', 'zope-interface'))).toEqual([])
    expect(await readdir(join(data, 'staging'))).toEqual([])
  })
})

it('the directory of the server in firn.toml is the one that is looked at, unless another is named', async () => {
  const data = await copyOf(kept.data)
  await rm(pathIn(data, zope))
  const directory = await temporaryDirectory()
  const config = join(directory, 'firn.toml')
  await writeFile(config, `[serve]\ndata = "${data}"\n`)
  expect((await firn(['store', 'check', '--config', config])).code).toBe(2)
  expect((await firn(['store', 'check', '--config', config], { FIRN_DATA: kept.data })).code).toBe(0)
  await mkdir(join(directory, 'none'))
  expect((await firn(['store', 'check', '--config', config, '--data', join(directory, 'none')])).code).toBe(78)
})
