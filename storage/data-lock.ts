import SQLite from 'better-sqlite3'
import { RegistryError } from '../pool/errors.ts'
import { openSqlite } from './sql/open-sqlite.ts'

/** Whoever looks whether it is taken (`upkeep/is-served.ts`) holds it for an instant: that much is waited for. */
const lookMs = 250

/**
 * Takes a data directory for this process alone; what is returned gives it back. The lock is the system's (SQLite's
 * exclusive transaction, fcntl(2)), so that it ends with the process however that ends. Throws `data-in-use`,
 * `data-unusable`.
 */
export function lockData(path: string, directory: string): () => void {
  try {
    return holdLock(path)
  } catch (cause) {
    throw refusal(cause, path, directory)
  }
}

/** Makes a file, if it is not there, and holds it for this process alone. Throws what SQLite says; see `isHeld`. */
export function holdLock(path: string): () => void {
  let database: SQLite.Database | undefined
  try {
    database = openSqlite(path, { timeout: lookMs })
    // No WAL, where nothing is exclusive, and no file of a journal beside it.
    database.pragma('journal_mode = MEMORY')
    database.exec('begin exclusive')
  } catch (cause) {
    database?.close()
    throw cause
  }
  return () => database.close()
}

/** Whether `holdLock` failed because another process holds the file. */
export function isHeld(cause: unknown): boolean {
  return cause instanceof SQLite.SqliteError && cause.code.startsWith('SQLITE_BUSY')
}

function refusal(cause: unknown, path: string, directory: string): unknown {
  if (!(cause instanceof SQLite.SqliteError)) return cause
  if (!isHeld(cause)) {
    return new RegistryError('data-unusable', { path }, { detail: `${path} cannot be opened`, cause })
  }
  return new RegistryError(
    'data-in-use',
    { directory },
    { detail: directory, hint: 'stop the other firn, or give this one another directory with --data', cause },
  )
}
