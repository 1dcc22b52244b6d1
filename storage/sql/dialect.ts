import { sql, type Kysely } from 'kysely'

/** What SQLite and PostgreSQL spell differently. One set of migrations serves both. */
export interface Dialect {
  readonly bytes: 'blob' | 'bytea'
  /** The type of a primary key that counts up. */
  readonly serial: 'integer' | 'bigserial'
  /** The end of a table that is nothing but its key, so that it is kept once. */
  readonly keyedTable: 'without rowid' | ''
  /** A trigger that refuses update and delete of a table's rows. */
  readonly immutable: (db: Kysely<unknown>, table: string) => Promise<void>
  /** Lets rows of an immutable table be deleted for which a condition on `old` holds. */
  readonly deletable: (db: Kysely<unknown>, table: string, condition: string) => Promise<void>
}

export const sqliteDialect: Dialect = {
  bytes: 'blob',
  serial: 'integer',
  keyedTable: 'without rowid',
  async immutable(db, table) {
    for (const change of ['update', 'delete']) {
      await sql
        .raw(
          `create trigger ${table}_no_${change} before ${change} on ${table}
           begin select raise(abort, '${table} are immutable'); end`,
        )
        .execute(db)
    }
  },
  async deletable(db, table, condition) {
    await sql.raw(`drop trigger ${table}_no_delete`).execute(db)
    await sql
      .raw(
        `create trigger ${table}_no_delete before delete on ${table} when not (${condition})
         begin select raise(abort, '${table} are immutable'); end`,
      )
      .execute(db)
  },
}
