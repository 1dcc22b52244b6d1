import SQLite from 'better-sqlite3'
import { RegistryError } from '../pool/errors.ts'

/**
 * Takes a data directory for this process alone; what is returned gives it back. The lock is the system's (SQLite's
 * exclusive transaction, fcntl(2)), so that it ends with the process however that ends. Throws `data-in-use`.
 */
export function lockData(path: string, directory: string): () => void {
  const database = new SQLite(path, { timeout: 0 })
  try {
    database.pragma('journal_mode = DELETE')
    database.exec('begin exclusive')
  } catch (cause) {
    database.close()
    if (!(cause instanceof SQLite.SqliteError) || !cause.code.startsWith('SQLITE_BUSY')) throw cause
    throw new RegistryError(
      'data-in-use',
      { directory },
      { detail: directory, hint: 'stop the other firn, or give this one another directory with --data', cause },
    )
  }
  return () => database.close()
}
