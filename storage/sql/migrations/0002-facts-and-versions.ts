import { sql, type Kysely } from 'kysely'
import type { ProjectName } from '../../../pool/project-name.ts'
import type { Dialect } from '../dialect.ts'
import { pinKey } from '../pin-key.ts'

export async function factsAndVersions(db: Kysely<unknown>, dialect: Dialect): Promise<void> {
  await db.schema
    .createTable('facts')
    .addColumn('sha256', 'text', (column) => column.notNull())
    .addColumn('reader', 'integer', (column) => column.notNull())
    .addColumn('facts', 'text', (column) => column.notNull())
    .addPrimaryKeyConstraint('facts_of_content', ['sha256', 'reader'])
    .execute()
  await db.schema
    .createTable('versions')
    .addColumn('pin', 'text', (column) => column.notNull())
    .addColumn('filename', 'text', (column) => column.notNull())
    .addPrimaryKeyConstraint('files_of_version', ['pin', 'filename'])
    .execute()
  await addVersions(db)
  for (const table of ['facts', 'versions']) await dialect.immutable(db, table)
}

interface Named {
  readonly filename: string
  readonly project: ProjectName
  readonly version: string
}

/** Of the files that came before. */
async function addVersions(db: Kysely<unknown>): Promise<void> {
  const { rows } = await sql<Named>`select filename, project, version from distributions`.execute(db)
  for (const row of rows) {
    await sql`insert into versions (pin, filename) values (${pinKey(row)}, ${row.filename})`.execute(db)
  }
}
