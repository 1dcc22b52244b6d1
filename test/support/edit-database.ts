import SQLite from 'better-sqlite3'
import { layout } from '../../storage/layout.ts'

/** Edits the database of a data directory as an administrator could: past firn, its triggers gone. */
export function editDatabase(data: string, edit: string | ((database: SQLite.Database) => void)): void {
  const database = new SQLite(layout(data).database)
  try {
    const triggers = database.prepare(`select name from sqlite_master where type = 'trigger'`).pluck().all() as string[]
    for (const name of triggers) database.exec(`drop trigger "${name}"`)
    if (typeof edit === 'string') database.exec(edit)
    else edit(database)
  } finally {
    database.close()
  }
}
