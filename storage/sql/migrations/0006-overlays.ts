import { sql, type Kysely } from 'kysely'
import type { Dialect } from '../dialect.ts'

/**
 * What is laid over the pool later: yanks, statuses of projects, removals. Each is a line that is added; of several the
 * last holds, and what held at an instant can be told for ever. `pool_files` is the pool as it is now.
 */
export async function overlays(db: Kysely<unknown>, dialect: Dialect): Promise<void> {
  await db.schema.alterTable('distributions').addColumn('provenance_sha256', 'text').execute()
  await provenance(db)
  await yanks(db, dialect)
  await statuses(db, dialect)
  await removals(db)
  await sql
    .raw(
      `create view pool_files as
       select distributions.*, yanks.id as yank, yanks.reason as yank_reason
       from distributions
       left join yanks on yanks.id =
         (select max(id) from yanks as last where last.filename = distributions.filename)
       where not exists (select 1 from removals where removals.filename = distributions.filename)`,
    )
    .execute(db)
  for (const table of ['provenance', 'yanks', 'project_statuses', 'removals']) await dialect.immutable(db, table)
  await onlyOfRemoved(db, dialect, 'metadata', 'metadata_sha256')
  await onlyOfRemoved(db, dialect, 'provenance', 'provenance_sha256')
}

async function provenance(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('provenance')
    .addColumn('sha256', 'text', (column) => column.primaryKey())
    .addColumn('json', 'text', (column) => column.notNull())
    .execute()
}

async function yanks(db: Kysely<unknown>, dialect: Dialect): Promise<void> {
  await db.schema
    .createTable('yanks')
    .addColumn('id', sql.raw(dialect.serial), (column) => column.primaryKey())
    .addColumn('filename', 'text', (column) => column.notNull().references('distributions.filename'))
    .addColumn('reason', 'text')
    .addColumn('at', 'text', (column) => column.notNull())
    .execute()
  await db.schema.createIndex('yanks_filename').on('yanks').columns(['filename', 'id']).execute()
}

async function statuses(db: Kysely<unknown>, dialect: Dialect): Promise<void> {
  await db.schema
    .createTable('project_statuses')
    .addColumn('id', sql.raw(dialect.serial), (column) => column.primaryKey())
    .addColumn('project', 'text', (column) => column.notNull())
    .addColumn('status', 'text', (column) => column.notNull())
    .addColumn('reason', 'text')
    .addColumn('at', 'text', (column) => column.notNull())
    .execute()
  await db.schema.createIndex('project_statuses_project').on('project_statuses').columns(['project', 'id']).execute()
}

async function removals(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('removals')
    .addColumn('filename', 'text', (column) => column.primaryKey().references('distributions.filename'))
    .addColumn('reason', 'text', (column) => column.notNull())
    .addColumn('at', 'text', (column) => column.notNull())
    .execute()
}

/** Rows that go with the files they were read out of, and not while any of these is in the pool. */
async function onlyOfRemoved(db: Kysely<unknown>, dialect: Dialect, table: string, column: string): Promise<void> {
  await dialect.deletable(db, table, `not exists (select 1 from pool_files where pool_files.${column} = old.sha256)`)
}
