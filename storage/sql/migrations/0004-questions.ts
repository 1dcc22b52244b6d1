import { sql, type Kysely } from 'kysely'
import type { Dialect } from '../dialect.ts'

/**
 * What questions about many releases are answered from, so that none reads a manifest: what each release is in short,
 * and which files are in it. Files and releases have small numbers: a file of a release costs its two numbers.
 */
export async function questions(db: Kysely<unknown>, dialect: Dialect): Promise<void> {
  await db.schema
    .createTable('release_summaries')
    .addColumn('id', sql.raw(dialect.serial), (column) => column.primaryKey())
    .addColumn('product', 'text', (column) => column.notNull())
    .addColumn('release', 'text', (column) => column.notNull())
    .addColumn('digest', 'text', (column) => column.notNull())
    .addColumn('frozen_at', 'text', (column) => column.notNull())
    .addColumn('frozen_by', 'text', (column) => column.notNull())
    .addColumn('pins', 'integer', (column) => column.notNull())
    .addColumn('files', 'integer', (column) => column.notNull())
    .addColumn('base_product', 'text')
    .addColumn('base_release', 'text')
    .addColumn('base_digest', 'text')
    .addColumn('changes', 'text')
    .addUniqueConstraint('release_summaries_name', ['product', 'release'])
    .execute()
  await index(db, 'release_summaries', ['product', 'frozen_at', 'id'])
  await index(db, 'release_summaries', ['base_product', 'base_release'])
  await db.schema
    .createTable('file_numbers')
    .addColumn('id', sql.raw(dialect.serial), (column) => column.primaryKey())
    .addColumn('filename', 'text', (column) => column.notNull().unique())
    .execute()
  await db.schema
    .createTable('release_files')
    .addColumn('file', 'integer', (column) => column.notNull())
    .addColumn('release', 'integer', (column) => column.notNull())
    .addPrimaryKeyConstraint('release_files_key', ['file', 'release'])
    .modifyEnd(sql.raw(dialect.keyedTable))
    .execute()
  await index(db, 'distributions', ['sha256'])
  await backfill(db)
  for (const table of ['release_summaries', 'file_numbers', 'release_files']) await dialect.immutable(db, table)
}

function index(db: Kysely<unknown>, table: string, columns: readonly string[]): Promise<void> {
  return db.schema
    .createIndex(`${table}_${columns[0]}`)
    .on(table)
    .columns([...columns])
    .execute()
}

/** The tables as they were when this was released. The names of what is written are here too, for the same reason. */
interface Tables {
  readonly releases: { product: string; release: string; digest: string; manifest: string; frozen_at: string }
  readonly release_summaries: Record<string, string | number | null>
  readonly file_numbers: { id?: number; filename: string }
  readonly release_files: { file: number; release: number }
}

interface OldManifest {
  readonly base?: { readonly product: string; readonly release: string; readonly digest: string } | null
  readonly pins?: readonly unknown[]
  readonly files?: readonly { readonly filename: string }[]
  readonly changes?: string | null
  readonly 'frozen-by'?: string
}

/** In the order of freezing, one manifest in memory at a time. */
async function backfill(db: Kysely<Tables>): Promise<void> {
  const names = await db
    .selectFrom('releases')
    .select(['product', 'release'])
    .orderBy('frozen_at')
    .orderBy('product')
    .orderBy('release')
    .execute()
  const numbers = new Map<string, number>()
  for (const [at, { product, release }] of names.entries()) {
    const row = await db
      .selectFrom('releases')
      .selectAll()
      .where('product', '=', product)
      .where('release', '=', release)
      .executeTakeFirstOrThrow()
    const manifest = JSON.parse(row.manifest) as OldManifest
    await db
      .insertInto('release_summaries')
      .values({ id: at + 1, ...summaryOf(row, manifest) })
      .execute()
    for (const { filename } of manifest.files ?? []) {
      await db
        .insertInto('release_files')
        .values({ file: await numberOf(db, filename, numbers), release: at + 1 })
        .execute()
    }
  }
}

function summaryOf({ product, release, digest, frozen_at }: Tables['releases'], manifest: OldManifest) {
  const { base, pins = [], files = [], changes = null, 'frozen-by': by = 'anonymous' } = manifest
  return {
    product,
    release,
    digest,
    frozen_at,
    frozen_by: by,
    pins: pins.length,
    files: files.length,
    base_product: base?.product ?? null,
    base_release: base?.release ?? null,
    base_digest: base?.digest ?? null,
    changes,
  }
}

async function numberOf(db: Kysely<Tables>, filename: string, numbers: Map<string, number>): Promise<number> {
  const known = numbers.get(filename)
  if (known !== undefined) return known
  const id = numbers.size + 1
  numbers.set(filename, id)
  await db.insertInto('file_numbers').values({ id, filename }).execute()
  return id
}
