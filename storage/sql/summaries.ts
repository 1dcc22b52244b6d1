import type { Kysely, Selectable, Transaction } from 'kysely'
import { grouped } from '../../pool/grouped.ts'
import { readManifest, type Manifest } from '../../pool/manifest.ts'
import type { ReleaseName } from '../../pool/release-name.ts'
import type { ReleaseChanges, ReleaseListing, ReleaseSummary, SummaryRecords, UnsignedRelease } from '../ports.ts'
import { inBatches } from './batch.ts'
import type { ReleaseSummaryRow, Schema } from './schema.ts'

/** Questions about many releases. None of them reads a manifest. */
export function summaryRecords(db: Kysely<Schema>): SummaryRecords {
  return {
    releases: async (listing = {}) => (await listed(db, listing).execute()).map(summary),
    releasesOver: async (base) => {
      const over = summaries(db).where('base_product', '=', base.product).where('base_release', '=', base.release)
      return (await inOrder(over).execute()).map(summary)
    },
    releasesOf: (filenames) => releasesOf(db, filenames),
    changesBetween: (from, to) => changesBetween(db, from, to),
  }
}

function summaries(db: Kysely<Schema>) {
  return db.selectFrom('release_summaries').selectAll()
}

/** Ascending by product; within it the last frozen first. */
function inOrder<Query extends Pick<ReturnType<typeof summaries>, 'orderBy'>>(query: Query) {
  return query.orderBy('product').orderBy('frozen_at', 'desc').orderBy('id', 'desc')
}

function listed(db: Kysely<Schema>, { product, after, limit }: ReleaseListing) {
  let query = inOrder(summaries(db))
  if (product !== undefined) query = query.where('product', '=', product)
  if (limit !== undefined) query = query.limit(limit)
  if (after === undefined) return query
  // Written out, and not as a comparison of rows: the columns do not all go the same way.
  return query.where((is) =>
    is.or([
      is('product', '>', after.product),
      is.and([is('product', '=', after.product), is('frozen_at', '<', after.frozenAt)]),
      is.and([is('product', '=', after.product), is('frozen_at', '=', after.frozenAt), is('id', '<', after.sequence)]),
    ]),
  )
}

async function releasesOf(
  db: Kysely<Schema>,
  filenames: readonly string[],
): Promise<ReadonlyMap<string, readonly ReleaseSummary[]>> {
  const rows = await inBatches(filenames, (some) =>
    db
      .selectFrom('file_numbers')
      .innerJoin('release_files', 'release_files.file', 'file_numbers.id')
      .innerJoin('release_summaries', 'release_summaries.id', 'release_files.release')
      .selectAll('release_summaries')
      .select('file_numbers.filename')
      .where('file_numbers.filename', 'in', some)
      .orderBy('file_numbers.filename')
      .orderBy('product')
      .orderBy('frozen_at', 'desc')
      .orderBy('release_summaries.id', 'desc')
      .execute(),
  )
  const found = grouped(rows, ({ filename }) => filename)
  return new Map([...found].map(([filename, those]) => [filename, those.map(summary)]))
}

async function changesBetween(
  db: Kysely<Schema>,
  from: ReleaseName,
  to: ReleaseName,
): Promise<readonly ReleaseChanges[]> {
  if (from.product !== to.product) return []
  const ofProduct = db.selectFrom('release_summaries').where('product', '=', to.product)
  const ends = await ofProduct
    .select(['frozen_at', 'id'])
    .where('release', 'in', [from.release, to.release])
    .orderBy('frozen_at')
    .orderBy('id')
    .execute()
  const [first, last] = ends
  if (!first || !last) return []
  const rows = await ofProduct
    .select(['id', 'release', 'frozen_at', 'changes'])
    .where('frozen_at', '>=', first.frozen_at)
    .where('frozen_at', '<=', last.frozen_at)
    .orderBy('frozen_at')
    .orderBy('id')
    .execute()
  const at = ({ id }: { readonly id: number }) => rows.findIndex((row) => row.id === id)
  return rows
    .slice(at(first) + 1, at(last) + 1)
    .flatMap(({ release, frozen_at: frozenAt, changes }) =>
      changes === null ? [] : { name: { product: to.product, release }, frozenAt, changes },
    )
}

/** What is kept of a release in short, but for its number. */
export function summaryRow(
  { name, digest, frozenAt }: Omit<UnsignedRelease, 'manifest'>,
  { base, pins, files, changes, 'frozen-by': by }: Manifest,
): Omit<Selectable<ReleaseSummaryRow>, 'id'> {
  return {
    ...name,
    digest,
    frozen_at: frozenAt,
    frozen_by: by,
    pins: pins.length,
    files: files.length,
    base_product: base?.product ?? null,
    base_release: base?.release ?? null,
    base_digest: base?.digest ?? null,
    changes,
  }
}

/** Keeps what questions are answered from, in the transaction that freezes the release. */
export async function addSummary(trx: Transaction<Schema>, frozen: UnsignedRelease): Promise<void> {
  const manifest = readManifest(frozen.manifest)
  const summary = trx.insertInto('release_summaries').values(summaryRow(frozen, manifest))
  const { id } = await summary.returning('id').executeTakeFirstOrThrow()
  await addReleaseFiles(trx, id, manifest)
}

/** Keeps which files are in the release of that number. */
export async function addReleaseFiles(
  trx: Transaction<Schema>,
  release: number,
  { files }: Pick<Manifest, 'files'>,
): Promise<void> {
  const filenames = files.map(({ filename }) => filename)
  await inBatches(filenames, (some) => addFiles(trx, release, some))
}

async function addFiles(trx: Transaction<Schema>, release: number, filenames: readonly string[]): Promise<[]> {
  await trx
    .insertInto('file_numbers')
    .values(filenames.map((filename) => ({ filename })))
    .onConflict((conflict) => conflict.column('filename').doNothing())
    .execute()
  await trx
    .insertInto('release_files')
    .columns(['file', 'release'])
    .expression((from) =>
      from
        .selectFrom('file_numbers')
        .select((by) => ['id', by.val(release).as('release')])
        .where('filename', 'in', filenames),
    )
    .execute()
  return []
}

function summary(row: Selectable<ReleaseSummaryRow>): ReleaseSummary {
  const { product, release, digest, pins, files } = row
  return {
    name: { product, release },
    digest,
    frozenAt: row.frozen_at,
    frozenBy: row.frozen_by,
    pins,
    files,
    base: baseOf(row),
    sequence: row.id,
  }
}

function baseOf(row: Selectable<ReleaseSummaryRow>): ReleaseSummary['base'] {
  const { base_product: product, base_release: release, base_digest: digest } = row
  return product === null || release === null || digest === null ? null : { product, release, digest }
}
