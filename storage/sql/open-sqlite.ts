import SQLite from 'better-sqlite3'

/** Opens a database file, or `:memory:`; options and errors are those of better-sqlite3. */
export function openSqlite(path: string, options: SQLite.Options = {}): SQLite.Database {
  const database = new SQLite(path, options)
  return abortsOnCollection(process.versions.node) ? withoutCollection(database) : database
}

/** Opens a database that is there, for reading alone, beside whoever writes to it. */
export function openReadOnly(path: string): SQLite.Database {
  return openSqlite(path, { readonly: true, fileMustExist: true, timeout: 10_000 })
}

/**
 * Whether a statement of better-sqlite3 12 that is garbage-collected while no JavaScript runs ends the process. Node does
 * that from 24.19 on where the module was compiled for it ("RemoveEnvironmentCleanupHook … (env) != nullptr"); better-sqlite3
 * 13 does not have this, and does not run on Node 20.
 */
export function abortsOnCollection(version: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  return major > 24 || (major === 24 && minor >= 19)
}

/** What was opened and prepared there, for as long as the process lives. */
const forever = new Set<SQLite.Database | SQLite.Statement>()

/**
 * The same database, none of whose statements is ever collected. Statements of the same text are one, or a server would
 * keep one of each query that it ever made; so whoever calls `pluck` on one does so wherever that text is prepared.
 */
export function withoutCollection(database: SQLite.Database): SQLite.Database {
  const known = new Map<string, SQLite.Statement>()
  const prepareAnew = database.prepare.bind(database)
  const prepare = (sql: string): SQLite.Statement => {
    const before = known.get(sql)
    // One that is being stepped through cannot be begun again.
    if (before && !before.busy) return before
    const statement = prepareAnew(sql) as SQLite.Statement
    forever.add(statement)
    known.set(sql, statement)
    return statement
  }
  forever.add(database)
  return Object.assign(database, {
    prepare,
    pragma(source: string, { simple = false }: SQLite.PragmaOptions = {}): unknown {
      const statement = prepare(`pragma ${source}`)
      if (!statement.reader) return void statement.run()
      return simple ? statement.pluck(true).get() : statement.pluck(false).all()
    },
  })
}
