/** How `firn store check` speaks, what it refuses, and that it works beside a server. */
import SQLite from 'better-sqlite3'
import { mkdir, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { layout } from '../../storage/layout.ts'
import { makeWheel } from '../support/archives.ts'
import { uploadAll } from '../support/catalogue.ts'
import { cleanStop } from '../support/clean-stop.ts'
import { check, copyOf, edit, flip, karl, linesOf, overwrite, pathIn, sharedData, zope } from '../support/damaged.ts'
import { firn, noPip, startServer, temporaryDirectory, type CommandResult } from '../support/server.ts'

const kept = sharedData()

/** The data directory is shown as `DATA`, the upstream as `UPSTREAM`. */
async function run(data: string, ...options: readonly string[]): Promise<CommandResult> {
  const result = await firn(['store', 'check', '--data', data, ...options], noPip)
  const shown = (text: string) =>
    text.replaceAll(data, 'DATA').replaceAll(kept.upstream.url.replace('simple/', ''), 'UPSTREAM/')
  return { ...result, stdout: shown(result.stdout), stderr: shown(result.stderr) }
}

async function damagedCopy(): Promise<string> {
  const data = await copyOf(kept.data)
  await overwrite(pathIn(data, karl), flip)
  await rm(pathIn(data, zope))
  edit(data, `update events set actor = 'nobody' where sequence = 3`)
  return data
}

describe('what it says', () => {
  it('of data that holds', async () => {
    expect(await run(await copyOf(kept.data))).toEqual({
      code: 0,
      stdout: 'nothing is wrong in DATA: 4 files, 3.0 kB; 1 release; 6 lines of the log\n',
      stderr: '',
    })
  })

  it('of data that does not: by kinds, each with what it means and what to do', async () => {
    const { code, stdout, stderr } = await run(await damagedCopy())
    expect([code, stderr]).toEqual([2, ''])
    expect(stdout).toMatchInlineSnapshot(`
      "log-broken: the log does not prove itself any more: a line was changed, added or taken away past firn
        line 3 has been changed: its digest is not that of what it says
        to do: hold it against a head that was kept (firn log verify --head), and restore a backup of before: firn store restore
      file-missing: a file of the pool is gone
        pool/zope-interface/zope_interface-8.5-py3-none-any.whl is gone
        to do: firn store check --repair fetches it again if it was fetched; else upload the same file again, or restore a backup
      file-damaged: a file of the pool has other bytes than when it came
        pool/karl/karl-3.30-py3-none-any.whl has the sha256 478fb61b37a6e9dcc41621d4389fff9cb912840dcd09185defd2b7ea35000ff7, not b92260ef1898f0e90f2c2bd29862080577c5dc194939acc9b5aee0becbac3521
        to do: firn store check --repair sets it aside and fetches it again if it was fetched; else upload the same file again, or restore a backup
      something is wrong in DATA: 3 findings in 3 files, 2.1 kB; 1 release; 6 lines of the log
      "
    `)
  })

  it('of a repair', async () => {
    const { code, stdout, stderr } = await run(await damagedCopy(), '--repair')
    expect([code, stderr]).toEqual([2, ''])
    expect(stdout).toMatchInlineSnapshot(`
      "log-broken: the log does not prove itself any more: a line was changed, added or taken away past firn
        line 3 has been changed: its digest is not that of what it says
          not mended: hold it against a head that was kept (firn log verify --head), and restore a backup of before: firn store restore
      file-missing: a file of the pool is gone
        pool/zope-interface/zope_interface-8.5-py3-none-any.whl is gone
          mended: put back from UPSTREAM/files/zope_interface-8.5-py3-none-any.whl
      file-damaged: a file of the pool has other bytes than when it came
        pool/karl/karl-3.30-py3-none-any.whl has the sha256 478fb61b37a6e9dcc41621d4389fff9cb912840dcd09185defd2b7ea35000ff7, not b92260ef1898f0e90f2c2bd29862080577c5dc194939acc9b5aee0becbac3521
          not mended: set aside as orphans/478fb61b37a6e9dcc41621d4389fff9cb912840dcd09185defd2b7ea35000ff7-karl-3.30-py3-none-any.whl; it was uploaded: upload the same file again, or restore a backup
      something is wrong in DATA: 3 findings, 1 mended in 3 files, 2.1 kB; 1 release; 6 lines of the log
      "
    `)
  })

  it('as JSON, a line for each finding and one for all', async () => {
    const data = await copyOf(kept.data)
    await rm(pathIn(data, zope))
    const lines = linesOf(await firn(['store', 'check', '--json', '--data', data]))
    expect(lines).toEqual([
      {
        event: 'finding',
        code: 'file-missing',
        subject: `pool/zope-interface/${zope.filename}`,
        detail: 'is gone',
        means: 'a file of the pool is gone',
        todo: expect.stringContaining('firn store check --repair') as string,
      },
      {
        event: 'summary',
        holds: false,
        files: 3,
        bytes: expect.any(Number) as number,
        releases: 1,
        lines: 6,
        findings: 1,
        open: 1,
      },
    ])
  })

  it('with --quick of the sizes of files alone', async () => {
    const data = await copyOf(kept.data)
    await overwrite(pathIn(data, karl), flip)
    await overwrite(pathIn(data, zope), (bytes) => bytes.subarray(1))
    expect(await check(data, '--quick')).toEqual({
      code: 2,
      findings: [`file-damaged pool/zope-interface/${zope.filename}`],
    })
  })
})

describe('what it refuses', () => {
  it('a directory that is none of firn, and leaves nothing in it', async () => {
    const empty = await temporaryDirectory()
    for (const options of [[], ['--repair']]) {
      expect(await run(empty, ...options)).toEqual({
        code: 78,
        stdout: '',
        stderr:
          'error: Data directory cannot be used: DATA/firn.db cannot be opened\nhint: name the data directory of a firn with --data\n',
      })
    }
    expect(await readdir(empty)).toEqual([])
  })

  it('to repair under a server', async () => {
    const server = await startServer({ data: await copyOf(kept.data) })
    const { code, stderr } = await run(server.data, '--repair')
    expect([code, stderr]).toEqual([
      75,
      'error: Data directory is in use by another firn: DATA\nhint: stop the other firn, or give this one another directory with --data\n',
    ])
    await cleanStop(server)
  })

  it('data of an earlier or a later firn', async () => {
    const data = await copyOf(kept.data)
    const database = new SQLite(layout(data).database)
    database.exec(`delete from kysely_migration where name >= '0006'`)
    expect(await run(data)).toMatchObject({
      code: 78,
      stderr: expect.stringContaining('start firn serve on it once') as string,
    })
    database.exec(`insert into kysely_migration values ('9999-later', '')`)
    expect((await run(data, '--json')).stdout).toContain('"code":"data-too-new"')
    database.close()
  })
})

describe('beside a server', () => {
  it('finds nothing while uploads go on', async () => {
    const server = await startServer({ data: await copyOf(kept.data) })
    const uploaded = new AbortController()
    const uploads = (async () => {
      for (let at = 0; !uploaded.signal.aborted; at++)
        await uploadAll(server.url, [makeWheel({ name: `more-${at % 7}`, version: `1.${at}` })])
    })()
    for (let round = 0; round < 5; round++) expect(await check(server.data)).toEqual({ code: 0, findings: [] })
    uploaded.abort()
    await uploads
    await cleanStop(server)
  })

  it('finds what is wrong, and changes nothing', async () => {
    const data = await damagedCopy()
    const server = await startServer({ data })
    await mkdir(join(data, 'pool', 'karl', 'sub'))
    const before = await readdir(data, { recursive: true })
    expect(await check(data)).toEqual({
      code: 2,
      findings: [
        'log-broken line 3',
        `file-missing pool/zope-interface/${zope.filename}`,
        `file-damaged pool/karl/${karl.filename}`,
        'stray pool/karl/sub',
      ],
    })
    expect(await readdir(data, { recursive: true })).toEqual(before)
    await cleanStop(server)
  })
})
