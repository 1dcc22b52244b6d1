import SQLite from 'better-sqlite3'
import { openSqlite } from '../sql/open-sqlite.ts'

/**
 * Whether a firn holds the data directory with this lock now. Looking takes the lock for an instant as a reader does,
 * which whoever takes it for itself waits for.
 */
export function isServed(lock: string): boolean {
  let database: SQLite.Database | undefined
  try {
    database = openSqlite(lock, { readonly: true, fileMustExist: true, timeout: 0 })
    database.prepare('select count(*) from sqlite_master').get()
    return false
  } catch (error) {
    return error instanceof SQLite.SqliteError && error.code.startsWith('SQLITE_BUSY')
  } finally {
    database?.close()
  }
}
