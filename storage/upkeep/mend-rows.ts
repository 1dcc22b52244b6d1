import { sql, type Transaction } from 'kysely'
import { factsReader } from '../../pool/facts.ts'
import { readManifest } from '../../pool/manifest.ts'
import type { ProjectName } from '../../pool/project-name.ts'
import { insertFacts } from '../sql/facts.ts'
import { pinKey } from '../sql/pin-key.ts'
import { distribution } from '../sql/rows.ts'
import type { PoolFileRow, ReleaseRow, Schema } from '../sql/schema.ts'
import { addReleaseFiles, summaryRow } from '../sql/summaries.ts'
import { readDistribution, type ReadDistribution } from './file-check.ts'
import type { Finding } from './finding.ts'
import { left, mended, type Mended } from './mend-files.ts'
import type { Mending } from './mending.ts'
import { poolPath } from '../layout.ts'

/**
 * Rows that follow from something else, made from it again. Triggers keep them as they are: they are taken away and made
 * again in the commit itself, so that nobody ever sees the table without.
 */

type Table = keyof Schema

async function unguarded(
  trx: Transaction<Schema>,
  tables: readonly Table[],
  work: () => Promise<unknown>,
): Promise<void> {
  const triggers = sql<{ name: string; sql: string }>`
    select name, sql from sqlite_master where type = 'trigger' and tbl_name in (${sql.join(tables)}) order by name`
  const { rows } = await triggers.execute(trx)
  for (const { name } of rows) await sql`drop trigger ${sql.ref(name)}`.execute(trx)
  await work()
  for (const row of rows) await sql.raw(row.sql).execute(trx)
}

function rowOf({ database }: Mending, filename: string): PoolFileRow | undefined {
  return database.prepare<[string], PoolFileRow>('select * from pool_files where filename = ?').get(filename)
}

async function readAgain(mending: Mending, row: PoolFileRow): Promise<ReadDistribution | undefined> {
  return readDistribution(poolPath(mending.places.pool, row), distribution(row)).catch(() => undefined)
}

export async function mendMetadata(mending: Mending, { code, subject }: Finding): Promise<Mended> {
  const row = rowOf(mending, subject)
  const read = row && (await readAgain(mending, row))
  if (!row || read?.row.metadataSha256 !== row.metadata_sha256) return left('its file cannot tell it either')
  const [sha256, bytes] = [row.metadata_sha256, Buffer.from(read.metadata)]
  await mending.change({ subject, facts: { finding: code, done: 'read again', sha256 } }, (trx) =>
    unguarded(trx, ['metadata'], async () => {
      await trx.deleteFrom('metadata').where('sha256', '=', sha256).execute()
      await trx.insertInto('metadata').values({ sha256, bytes }).execute()
    }),
  )
  return mended('read out of the file again')
}

export async function mendFacts(mending: Mending, { code, subject }: Finding): Promise<Mended> {
  const row = rowOf(mending, subject)
  const read = row && (await readAgain(mending, row))
  if (!row || !read) return left('its file cannot be read')
  await mending.change({ subject, facts: { finding: code, done: 'read again' } }, (trx) =>
    unguarded(trx, ['facts'], async () => {
      await trx.deleteFrom('facts').where('sha256', '=', row.sha256).where('reader', '=', factsReader).execute()
      await insertFacts(trx, row.sha256, read.facts)
    }),
  )
  return mended('read out of the file again')
}

export async function mendVersions(mending: Mending, { code, subject: filename }: Finding): Promise<Mended> {
  const row = mending.database
    .prepare<[string], { readonly project: ProjectName; readonly version: string }>(
      'select project, version from distributions where filename = ?',
    )
    .get(filename)
  await mending.change({ subject: filename, facts: { finding: code, done: 'made again' } }, (trx) =>
    unguarded(trx, ['versions'], async () => {
      await trx.deleteFrom('versions').where('filename', '=', filename).execute()
      if (row)
        await trx
          .insertInto('versions')
          .values({ pin: pinKey(row), filename })
          .execute()
    }),
  )
  return mended('made from its row again')
}

export async function mendSummary(mending: Mending, { code, subject }: Finding): Promise<Mended> {
  const [product = '', release = ''] = subject.split('/')
  const row = mending.database
    .prepare<[string, string], ReleaseRow>('select * from releases where product = ? and release = ?')
    .get(product, release)
  await mending.change({ subject, facts: { finding: code, done: 'made again' } }, (trx) =>
    unguarded(trx, ['release_summaries', 'release_files'], () => summarise(trx, { product, release }, row)),
  )
  return mended(row ? 'made from its manifest again' : 'taken out of lists')
}

/** Its number stays, as it tells the order of freezes. */
async function summarise(
  trx: Transaction<Schema>,
  name: { readonly product: string; readonly release: string },
  row: ReleaseRow | undefined,
): Promise<void> {
  const known = await trx
    .selectFrom('release_summaries')
    .select('id')
    .where('product', '=', name.product)
    .where('release', '=', name.release)
    .executeTakeFirst()
  if (known) {
    await trx.deleteFrom('release_files').where('release', '=', known.id).execute()
    await trx.deleteFrom('release_summaries').where('id', '=', known.id).execute()
  }
  if (!row) return
  const manifest = readManifest(row.manifest)
  const { id } = await trx
    .insertInto('release_summaries')
    .values({ ...known, ...summaryRow({ name, digest: row.digest, frozenAt: row.frozen_at }, manifest) })
    .returning('id')
    .executeTakeFirstOrThrow()
  await addReleaseFiles(trx, id, manifest)
}
