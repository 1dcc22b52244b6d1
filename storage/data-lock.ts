import SQLite from 'better-sqlite3'
import { RegistryError } from '../pool/errors.ts'

/**
 * Takes a data directory for this process alone; what is returned gives it back. The lock is the system's (SQLite's
 * exclusive transaction, fcntl(2)), so that it ends with the process however that ends. Throws `data-in-use`,
 * `data-unusable`.
 */
export function lockData(path: string, directory: string): () => void {
  let database: SQLite.Database | undefined
  try {
    database = new SQLite(path, { timeout: 0 })
    database.pragma('journal_mode = DELETE')
    database.exec('begin exclusive')
  } catch (cause) {
    database?.close()
    throw refusal(cause, path, directory)
  }
  return () => database.close()
}

function refusal(cause: unknown, path: string, directory: string): unknown {
  if (!(cause instanceof SQLite.SqliteError)) return cause
  if (!cause.code.startsWith('SQLITE_BUSY')) {
    return new RegistryError('data-unusable', { path }, { detail: `${path} cannot be opened`, cause })
  }
  return new RegistryError(
    'data-in-use',
    { directory },
    { detail: directory, hint: 'stop the other firn, or give this one another directory with --data', cause },
  )
}
