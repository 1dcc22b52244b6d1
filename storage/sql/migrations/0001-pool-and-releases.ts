import { sql, type Kysely } from 'kysely'
import type { Dialect } from '../dialect.ts'

export async function poolAndReleases(db: Kysely<unknown>, dialect: Dialect): Promise<void> {
  await db.schema
    .createTable('distributions')
    .addColumn('filename', 'text', (column) => column.primaryKey())
    .addColumn('project', 'text', (column) => column.notNull())
    .addColumn('name', 'text', (column) => column.notNull())
    .addColumn('version', 'text', (column) => column.notNull())
    .addColumn('kind', 'text', (column) => column.notNull())
    .addColumn('size', 'bigint', (column) => column.notNull())
    .addColumn('sha256', 'text', (column) => column.notNull())
    .addColumn('metadata_sha256', 'text', (column) => column.notNull())
    .addColumn('requires_python', 'text')
    .addColumn('upload_time', 'text', (column) => column.notNull())
    .addColumn('origin_index', 'text')
    .addColumn('origin_url', 'text')
    .addColumn('origin_upload_time', 'text')
    .addColumn('origin_yanked', 'text')
    .execute()
  await db.schema.createIndex('distributions_project').on('distributions').columns(['project', 'filename']).execute()
  await db.schema
    .createTable('metadata')
    .addColumn('sha256', 'text', (column) => column.primaryKey())
    .addColumn('bytes', sql.raw(dialect.bytes), (column) => column.notNull())
    .execute()
  await db.schema
    .createTable('releases')
    .addColumn('product', 'text', (column) => column.notNull())
    .addColumn('release', 'text', (column) => column.notNull())
    .addColumn('digest', 'text', (column) => column.notNull())
    .addColumn('manifest', 'text', (column) => column.notNull())
    .addColumn('frozen_at', 'text', (column) => column.notNull())
    .addPrimaryKeyConstraint('releases_name', ['product', 'release'])
    .execute()
  await db.schema
    .createTable('events')
    .addColumn('sequence', sql.raw(dialect.serial), (column) => column.primaryKey())
    .addColumn('at', 'text', (column) => column.notNull())
    .addColumn('actor', 'text', (column) => column.notNull())
    .addColumn('verb', 'text', (column) => column.notNull())
    .addColumn('subject', 'text', (column) => column.notNull())
    .addColumn('facts', 'text', (column) => column.notNull())
    .addColumn('previous', 'text', (column) => column.notNull())
    .addColumn('digest', 'text', (column) => column.notNull().unique())
    .execute()
  for (const table of ['distributions', 'metadata', 'releases', 'events']) await dialect.immutable(db, table)
}
