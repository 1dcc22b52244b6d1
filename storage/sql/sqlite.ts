import type SQLite from 'better-sqlite3'
import { Kysely, Migrator, SqliteDialect } from 'kysely'
import { RegistryError } from '../../pool/errors.ts'
import type { ProjectName } from '../../pool/project-name.ts'
import type { Signature } from '../../pool/proof/envelope.ts'
import type { Fault } from '../fault.ts'
import type { Records } from '../ports.ts'
import type { Signer } from '../signing-key.ts'
import { sqliteDialect } from './dialect.ts'
import { signaturesOf } from './keys.ts'
import { migrations } from './migrations.ts'
import { sqlRecords } from './records.ts'
import { distribution, frozenRelease, statusOf } from './rows.ts'
import type { PoolFileRow, ProjectStatusRow, ReleaseRow, Schema } from './schema.ts'
import { totalsOf } from './totals.ts'
import { openSqlite } from './open-sqlite.ts'

/**
 * Records in one SQLite file, brought to this firn's schema. Throws `data-too-new`, `data-unusable`.
 * Durability: WAL with synchronous=FULL, so that what was answered survives a power cut (sqlite.org/pragma.html).
 */
export async function openSqliteRecords(path: string, fault: Fault, signer: Signer): Promise<Records> {
  const writer = connect(path)
  const db = new Kysely<Schema>({ dialect: new SqliteDialect({ database: writer }) })
  try {
    refuseNewer(writer, path)
    await migrate(db)
  } catch (error) {
    await db.destroy()
    throw error
  }
  return withHotReads(sqlRecords(db, fault, signer), db, connect(path))
}

/** SQLite reads a file at the first pragma, not before: a file that is no database is found out here. Throws `data-unusable`. */
export function connect(path: string): SQLite.Database {
  let database: SQLite.Database | undefined
  try {
    database = openSqlite(path, { timeout: 10_000 })
    database.pragma('journal_mode = WAL')
    database.pragma('synchronous = FULL')
    database.pragma('foreign_keys = ON')
    return database
  } catch (cause) {
    database?.close()
    throw new RegistryError('data-unusable', { path }, { detail: `${path} cannot be opened`, cause })
  }
}

/** Throws `data-too-new` on a database whose schema this firn does not know. */
export function refuseNewer(database: SQLite.Database, path: string): void {
  const has = database.prepare(`select 1 from sqlite_master where name = 'kysely_migration'`).get()
  if (!has) return
  const known = migrations(sqliteDialect)
  const applied = database.prepare('select name from kysely_migration order by name').pluck().all() as string[]
  const unknown = applied.filter((name) => !Object.hasOwn(known, name))
  if (unknown.length === 0) return
  throw new RegistryError(
    'data-too-new',
    { path, migrations: unknown },
    {
      detail: `${path} has changes that this firn does not know: ${unknown.join(', ')}`,
      hint: 'run the firn that made it, or a later one; nothing was changed',
    },
  )
}

/** Brings a database to this firn's schema. Throws `data-unusable`. */
export async function migrate(db: Kysely<Schema>): Promise<void> {
  const provider = { getMigrations: () => Promise.resolve(migrations(sqliteDialect)) }
  const { error } = await new Migrator({ db, provider }).migrateToLatest()
  if (error)
    throw new RegistryError('data-unusable', {}, { detail: 'its schema cannot be brought up to date', cause: error })
}

/**
 * The reads behind every page and file, as prepared statements: kysely costs five times as much a read. They have a
 * connection of their own, so that they see only what has been committed.
 */
function withHotReads(records: Omit<Records, 'totals'>, db: Kysely<Schema>, reader: SQLite.Database): Records {
  reader.pragma('query_only = ON')
  const one = reader.prepare<[string], PoolFileRow>('select * from pool_files where filename = ?')
  const ofProject = reader.prepare<[ProjectName], PoolFileRow>(
    'select * from pool_files where project = ? order by filename',
  )
  const metadata = reader.prepare<[string], Buffer>('select bytes from metadata where sha256 = ?').pluck()
  const release = reader.prepare<[string, string], ReleaseRow>(
    'select * from releases where product = ? and release = ?',
  )
  const status = reader.prepare<[ProjectName], ProjectStatusRow>(
    'select * from project_statuses where project = ? order by id desc limit 1',
  )
  const { sql } = signaturesOf(db, { product: '', release: '' }).compile()
  const signatures = reader.prepare<[string, string], Signature>(sql)
  const totals = totalsOf(reader)
  return {
    ...records,
    totals: async () => totals(),
    distribution: async (filename) => map(one.get(filename), distribution),
    distributionsOf: async (project) => ofProject.all(project).map(distribution),
    metadata: async (sha256) => metadata.get(sha256),
    projectStatus: async (project, before) =>
      before === undefined ? map(status.get(project), statusOf) : records.projectStatus(project, before),
    release: async (name) =>
      map(release.get(name.product, name.release), (row) =>
        frozenRelease(row, signatures.all(name.product, name.release)),
      ),
    async close() {
      reader.close()
      await records.close()
    },
  }
}

function map<A, B>(value: A | undefined, to: (value: A) => B): B | undefined {
  return value === undefined ? undefined : to(value)
}
