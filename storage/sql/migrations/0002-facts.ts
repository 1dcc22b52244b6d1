import type { Kysely } from 'kysely'
import type { Dialect } from '../dialect.ts'

export async function facts(db: Kysely<unknown>, dialect: Dialect): Promise<void> {
  await db.schema
    .createTable('facts')
    .addColumn('sha256', 'text', (column) => column.notNull())
    .addColumn('reader', 'integer', (column) => column.notNull())
    .addColumn('facts', 'text', (column) => column.notNull())
    .addPrimaryKeyConstraint('facts_of_content', ['sha256', 'reader'])
    .execute()
  await dialect.immutable(db, 'facts')
}
