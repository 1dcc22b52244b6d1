import SQLite from 'better-sqlite3'
import { createHash } from 'node:crypto'
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { faultAt } from '../../storage/fault.ts'
import { layout } from '../../storage/layout.ts'
import { openSqliteRecords } from '../../storage/sql/sqlite.ts'
import { openStore } from '../../storage/store.ts'
import { spawnServer, temporaryDirectory } from '../support/server.ts'
import { aFile, anAddition, anEvent, recordsContract, type EventLine, type RecordsFixture } from './records.ts'

recordsContract('SQLite', makeFixture)

async function makeFixture(): Promise<RecordsFixture> {
  const directory = await temporaryDirectory()
  const path = join(directory, 'firn.db')
  const records = await openSqliteRecords(path, faultAt(undefined))
  return {
    records,
    eventLines: () => Promise.resolve(rowsOf<EventLine>(path, eventColumns)),
    run: (statement) => runIn(path, statement),
    async remove() {
      await records.close()
      await rm(directory, { recursive: true })
    },
  }
}

const eventColumns = 'select at, actor, verb, subject, facts, previous, digest from events order by sequence'

function rowsOf<Row>(path: string, query: string): readonly Row[] {
  const database = new SQLite(path)
  try {
    return database.prepare(query).all() as Row[]
  } finally {
    database.close()
  }
}

async function runIn(path: string, statement: string): Promise<void> {
  const database = new SQLite(path)
  try {
    await Promise.resolve()
    database.exec(statement)
  } finally {
    database.close()
  }
}

async function digestOf(path: string): Promise<string> {
  return createHash('sha256')
    .update(await readFile(path))
    .digest('hex')
}

describe('a data directory', () => {
  let data: string
  beforeEach(async () => {
    data = await temporaryDirectory()
  })
  afterEach(() => rm(data, { recursive: true }))

  it('is made with what leads to it, and has its schema', async () => {
    const deep = join(data, 'not', 'there')
    const store = await openStore(deep)
    const { database } = layout(deep)
    const tables = `select name from sqlite_master where type = 'table' and name not like 'kysely%' order by name`
    expect((await readdir(deep)).filter((name) => !name.startsWith('firn.'))).toEqual(['pool', 'staging'])
    expect(rowsOf(database, tables)).toEqual(
      [
        'distributions',
        'events',
        'facts',
        'file_numbers',
        'metadata',
        'release_files',
        'release_summaries',
        'releases',
      ].map((name) => ({ name })),
    )
    expect(rowsOf(database, 'select name from kysely_migration order by name')).toEqual(
      ['0001-pool-and-releases', '0002-facts', '0004-questions'].map((name) => ({ name })),
    )
    await store.close()
  })

  it('keeps what was added when it is opened again', async () => {
    const before = await openStore(data)
    await before.records.addDistribution(anAddition(aFile('a.zip')), anEvent('a.zip'))
    await before.close()
    const after = await openStore(data)
    expect(await after.records.distribution('a.zip')).toEqual(aFile('a.zip'))
    await after.close()
  })

  it('is refused, and left as it is, when a newer firn has changed it', async () => {
    await (await openStore(data)).close()
    const { database } = layout(data)
    await runIn(database, `insert into kysely_migration values ('0099-from-the-future', '2030-01-01T00:00:00.000Z')`)
    const before = await digestOf(database)
    await expect(openStore(data)).rejects.toMatchObject({
      code: 'data-too-new',
      facts: { path: database, migrations: ['0099-from-the-future'] },
    })
    expect(await digestOf(database)).toBe(before)
  })

  it('is swept of what was being uploaded', async () => {
    await mkdir(layout(data).staging)
    await writeFile(join(layout(data).staging, 'half.part'), 'half')
    const store = await openStore(data)
    expect([store.swept, await readdir(layout(data).staging)]).toEqual([1, []])
    await store.close()
  })

  it('cannot be one where a file stands', async () => {
    await writeFile(join(data, 'file'), '')
    await expect(openStore(join(data, 'file'))).rejects.toMatchObject({ code: 'data-unusable' })
    await expect(openStore(join(data, 'file', 'below'))).rejects.toMatchObject({ code: 'data-unusable' })
  })

  it.each(['firn.db', 'firn.lock'])('cannot be one whose %s is something else', async (name) => {
    await writeFile(join(data, name), 'this is no database, but it is long enough to be read as one.'.repeat(100))
    await expect(openStore(data)).rejects.toMatchObject({ code: 'data-unusable' })
    expect((await readFile(join(data, name), 'utf8')).slice(0, 10)).toBe('this is no')
  })
})

describe('the lock of a data directory', () => {
  let data: string
  beforeEach(async () => {
    data = await temporaryDirectory()
  })
  afterEach(() => rm(data, { recursive: true }))

  it('lets one firn in at a time, of this process or another', async () => {
    const store = await openStore(data)
    await expect(openStore(data)).rejects.toMatchObject({ code: 'data-in-use', facts: { directory: data } })
    await expect(spawnServer(data)).rejects.toThrow('ended (75)')
    await store.close()
    await (await openStore(data)).close()
  })

  it('ends with the process that holds it, however it ends', async () => {
    const server = await spawnServer(data)
    await expect(openStore(data)).rejects.toMatchObject({ code: 'data-in-use' })
    server.process.kill('SIGKILL')
    expect(await server.ended).toBe('SIGKILL')
    await (await openStore(data)).close()
  })

  it('does not sweep the staging of the firn that holds it', async () => {
    const store = await openStore(data)
    await writeFile(join(layout(data).staging, 'under-way.part'), 'half')
    await expect(openStore(data)).rejects.toMatchObject({ code: 'data-in-use' })
    expect(await readdir(layout(data).staging)).toEqual(['under-way.part'])
    await store.close()
  })
})
