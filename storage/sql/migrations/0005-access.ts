import type { Kysely } from 'kysely'
import type { Dialect } from '../dialect.ts'

/**
 * Tokens, and the product that a file of the pool is private to. A token never changes; that it was revoked is a row of
 * its own. When it was last used is no record of anything done, and is overwritten.
 */
export async function access(db: Kysely<unknown>, dialect: Dialect): Promise<void> {
  await db.schema.alterTable('distributions').addColumn('product', 'text').execute()
  await db.schema
    .createTable('tokens')
    .addColumn('id', 'text', (column) => column.primaryKey())
    .addColumn('name', 'text', (column) => column.notNull())
    .addColumn('scopes', 'text', (column) => column.notNull())
    .addColumn('sha256', 'text', (column) => column.notNull().unique())
    .addColumn('created_at', 'text', (column) => column.notNull())
    .addColumn('created_by', 'text', (column) => column.notNull())
    .addColumn('expires_at', 'text')
    .execute()
  await db.schema
    .createTable('token_revocations')
    .addColumn('id', 'text', (column) => column.primaryKey().references('tokens.id'))
    .addColumn('at', 'text', (column) => column.notNull())
    .execute()
  await db.schema
    .createTable('token_uses')
    .addColumn('id', 'text', (column) => column.primaryKey().references('tokens.id'))
    .addColumn('at', 'text', (column) => column.notNull())
    .execute()
  for (const table of ['tokens', 'token_revocations']) await dialect.immutable(db, table)
}
