import SQLite from 'better-sqlite3'
import { createHash } from 'node:crypto'
import { Kysely, Migrator, SqliteDialect } from 'kysely'
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { faultAt } from '../../storage/fault.ts'
import { layout } from '../../storage/layout.ts'
import { sqliteDialect } from '../../storage/sql/dialect.ts'
import { migrations } from '../../storage/sql/migrations.ts'
import { distributionRow } from '../../storage/sql/rows.ts'
import { openSqliteRecords } from '../../storage/sql/sqlite.ts'
import { openStore } from '../../storage/store.ts'
import { aSigner } from '../support/signer.ts'
import { spawnServer, temporaryDirectory } from '../support/server.ts'
import { aFile, anAddition, anEvent, recordsContract, type EventLine } from './records.ts'
import { overlaysContract } from './overlays.ts'
import { recordWritesContract, type WritesFixture } from './record-writes.ts'
import { totalsContract } from './totals.ts'

recordsContract('SQLite', makeFixture)
recordWritesContract('SQLite', makeFixture)
overlaysContract('SQLite', makeFixture)
totalsContract('SQLite', makeFixture)

async function makeFixture(): Promise<WritesFixture> {
  const directory = await temporaryDirectory()
  const path = join(directory, 'firn.db')
  const signer = aSigner()
  const records = await openSqliteRecords(path, faultAt(undefined), signer)
  return {
    records,
    signer,
    eventLines: () => Promise.resolve(rowsOf<EventLine>(path, eventColumns)),
    run: (statement) => runIn(path, statement),
    refuseEvents: () =>
      runIn(path, `create trigger no_events before insert on events begin select raise(abort, 'no events'); end`),
    rowCounts: () => Promise.resolve(countsIn(path)),
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

function countsIn(path: string): Readonly<Record<string, number>> {
  const tables = rowsOf<{ name: string }>(path, `select name from sqlite_master where type = 'table'`)
  const counted = (name: string) => rowsOf<{ rows: number }>(path, `select count(*) as rows from "${name}"`)
  return Object.fromEntries(tables.map(({ name }) => [name, counted(name)[0]?.rows ?? 0]))
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

/** A database as firn 0.1 left it. */
async function openFirst(path: string): Promise<void> {
  const db = new Kysely<unknown>({ dialect: new SqliteDialect({ database: new SQLite(path) }) })
  const [first] = Object.entries(migrations(sqliteDialect))
  const provider = { getMigrations: () => Promise.resolve(Object.fromEntries(first ? [first] : [])) }
  const { error } = await new Migrator({ db, provider }).migrateToLatest()
  await db.destroy()
  if (error) throw error as Error
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
    expect((await readdir(deep)).filter((name) => !name.startsWith('firn.'))).toEqual(['keys', 'pool', 'staging'])
    expect(rowsOf(database, tables)).toEqual(
      [
        'distributions',
        'event_signatures',
        'events',
        'facts',
        'file_numbers',
        'metadata',
        'project_statuses',
        'provenance',
        'release_files',
        'release_signatures',
        'release_summaries',
        'releases',
        'removals',
        'signing_keys',
        'token_revocations',
        'token_uses',
        'tokens',
        'versions',
        'yanks',
      ].map((name) => ({ name })),
    )
    expect(rowsOf(database, 'select name from kysely_migration order by name')).toEqual(
      [
        '0001-pool-and-releases',
        '0002-facts-and-versions',
        '0003-signatures',
        '0004-questions',
        '0005-access',
        '0006-overlays',
      ].map((name) => ({ name })),
    )
    await store.close()
  })

  it('of the first firn is brought up to date: its files are found by their versions', async () => {
    const { database } = layout(data)
    await openFirst(database)
    const file = aFile('a.zip', { version: 'v3.30.0' })
    const { product: _later, provenance_sha256: _latest, ...row } = distributionRow(file)
    const columns = Object.keys(row)
    const values = Object.values(row).map((value) => (value === null ? 'null' : `'${value}'`))
    await runIn(database, `insert into distributions (${columns.join()}) values (${values.join()})`)
    const store = await openStore(data)
    const found = await store.records.distributionsOfPins([{ project: file.project, version: '3.30' }])
    expect(found).toEqual(new Map([[file.project, [file]]]))
    expect(await store.records.factsOfAll([file.sha256])).toEqual(new Map())
    await store.close()
  })

  it.each(['/proc/firn', '/proc/firn/data'])('is refused where none can be made (%s)', async (place) => {
    await expect(openStore(place)).rejects.toMatchObject({ code: 'data-unusable' })
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
