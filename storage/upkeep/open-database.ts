import SQLite from 'better-sqlite3'
import { RegistryError } from '../../pool/errors.ts'
import { sqliteDialect } from '../sql/dialect.ts'
import { migrations } from '../sql/migrations.ts'
import { refuseNewer } from '../sql/sqlite.ts'
import { openReadOnly } from '../sql/open-sqlite.ts'

/**
 * Opens a database to look at it, beside whoever writes to it. Nothing can be changed through it. Throws
 * `data-unusable`, `data-too-new`; what SQLite throws where the file is no database.
 */
export function openForReading(path: string): SQLite.Database {
  const database = open(path)
  try {
    database.pragma('query_only = ON')
    refuseNewer(database, path)
    refuseOlder(database, path)
    return database
  } catch (error) {
    database.close()
    throw error
  }
}

/** Throws `data-unusable` unless there is a database, whatever is in it. */
export function requireDatabase(path: string): void {
  open(path).close()
}

function open(path: string): SQLite.Database {
  try {
    return openReadOnly(path)
  } catch (cause) {
    const detail = `${path} cannot be opened`
    const hint = 'name the data directory of a firn with --data'
    throw new RegistryError('data-unusable', { path }, { detail, hint, cause })
  }
}

/** Only a server brings a database up to date: upkeep looks at what it finds. */
function refuseOlder(database: SQLite.Database, path: string): void {
  const applied = new Set(
    database.prepare(`select name from sqlite_master where name = 'kysely_migration'`).get() === undefined
      ? []
      : (database.prepare('select name from kysely_migration').pluck().all() as string[]),
  )
  const lacking = Object.keys(migrations(sqliteDialect)).filter((name) => !applied.has(name))
  if (lacking.length === 0) return
  throw new RegistryError(
    'data-unusable',
    { path, migrations: lacking },
    {
      detail: `${path} was made by an earlier firn`,
      hint: 'start firn serve on it once: that brings it up to date',
    },
  )
}

/** Whether SQLite itself says that the file is damaged or lacks what it should have. */
export function isDamage(error: unknown): error is InstanceType<typeof SQLite.SqliteError> {
  return error instanceof SQLite.SqliteError && !/^SQLITE_(?:BUSY|LOCKED|FULL|NOMEM|READONLY|CANTOPEN)/.test(error.code)
}
