import type { Kysely } from 'kysely'
import type { Dialect } from '../dialect.ts'

export async function signatures(db: Kysely<unknown>, dialect: Dialect): Promise<void> {
  await db.schema
    .createTable('signing_keys')
    .addColumn('id', 'text', (column) => column.primaryKey())
    .addColumn('pem', 'text', (column) => column.notNull())
    .addColumn('since', 'text', (column) => column.notNull())
    .execute()
  await db.schema
    .createTable('event_signatures')
    .addColumn('sequence', 'bigint', (column) => column.primaryKey())
    .addColumn('key', 'text', (column) => column.notNull())
    .addColumn('signature', 'text', (column) => column.notNull())
    .execute()
  await db.schema
    .createTable('release_signatures')
    .addColumn('product', 'text', (column) => column.notNull())
    .addColumn('release', 'text', (column) => column.notNull())
    .addColumn('key', 'text', (column) => column.notNull())
    .addColumn('signature', 'text', (column) => column.notNull())
    .addPrimaryKeyConstraint('release_signatures_name', ['product', 'release', 'key'])
    .execute()
  for (const table of ['signing_keys', 'event_signatures', 'release_signatures']) await dialect.immutable(db, table)
}
