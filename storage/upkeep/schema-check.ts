import type SQLite from 'better-sqlite3'
import { Kysely, SqliteDialect } from 'kysely'
import { migrate } from '../sql/sqlite.ts'
import type { Schema } from '../sql/schema.ts'
import type { Finding } from './finding.ts'
import { openSqlite } from '../sql/open-sqlite.ts'

/** A table, index, trigger or view with the statement that makes it; `null` for what SQLite makes by itself. */
export interface SchemaPart {
  readonly type: string
  readonly name: string
  readonly sql: string | null
}

/** What the database of this firn has: read from one that is made anew. */
export async function expectedSchema(): Promise<readonly SchemaPart[]> {
  const database = openSqlite(':memory:')
  const db = new Kysely<Schema>({ dialect: new SqliteDialect({ database }) })
  try {
    await migrate(db)
    return schemaOf(database)
  } finally {
    await db.destroy()
  }
}

export function schemaOf(database: SQLite.Database): readonly SchemaPart[] {
  // What SQLite keeps for itself, as statistics, may be there or not.
  const ours = `select type, name, sql from sqlite_master where name not like 'sqlite_%' order by type, name`
  return database.prepare(ours).all() as readonly SchemaPart[]
}

/** What SQLite finds wrong with its file, and parts of the schema that are not as firn makes them. */
export async function checkSchema(
  database: SQLite.Database,
  { quick }: { readonly quick: boolean },
): Promise<readonly Finding[]> {
  return [...damages(database, quick), ...(await schemaFindings(database))]
}

function damages(database: SQLite.Database, quick: boolean): readonly Finding[] {
  const found = (database.pragma(quick ? 'quick_check(100)' : 'integrity_check(100)', { simple: false }) as object[])
    .map((row) => String(Object.values(row)[0]))
    .filter((text) => text !== 'ok')
  const dangling = (database.pragma('foreign_key_check') as { table: string; parent: string; rowid: number }[]).map(
    ({ table, parent, rowid }) => `row ${rowid} of ${table} names no row of ${parent}`,
  )
  return [...found, ...dangling].map((text) => ({ code: 'database-damaged', subject: 'firn.db', detail: text }))
}

async function schemaFindings(database: SQLite.Database): Promise<readonly Finding[]> {
  const expected = await expectedSchema()
  const found = new Map(schemaOf(database).map((part) => [part.name, part]))
  const names = new Set(expected.map(({ name }) => name))
  const lacking = expected.flatMap(({ type, name, sql }) => {
    const part = found.get(name)
    if (part === undefined) return [differs(type, name, 'is not there')]
    return part.sql === sql && part.type === type ? [] : [differs(type, name, 'is another than firn makes')]
  })
  const extra = [...found.values()].filter(({ name }) => !names.has(name))
  return [...lacking, ...extra.map(({ type, name }) => differs(type, name, 'is not one that firn makes'))]
}

function differs(type: string, name: string, detail: string): Finding {
  return { code: 'schema-differs', subject: `${type} ${name}`, detail }
}
