import type SQLite from 'better-sqlite3'
import { lstat } from 'node:fs/promises'
import type { Sha256 } from '../../pool/distribution.ts'
import { readManifest } from '../../pool/manifest.ts'
import { poolPath, type Layout } from '../layout.ts'
import type { PoolFileRow } from '../sql/schema.ts'
import { digestOfPlainFile } from '../filesystem/file-digest.ts'
import { holdRows } from './held-rows.ts'

/** The file that needs bytes with this digest because it does not have them; `undefined`: none does. */
export type NeedsOf = (sha256: Sha256, signal: AbortSignal) => Promise<string | undefined>

/** Who needs which bytes: rows of the pool; and what the log or a release names and the pool has no right row of. */
export function whoNeeds(database: SQLite.Database, places: Pick<Layout, 'pool'>): NeedsOf {
  const rowless = namedElsewhere(database)
  const rowsOf = database.prepare<[string], PoolFileRow>('select * from pool_files where sha256 = ? order by filename')
  const whole = new Map<string, Promise<boolean>>()
  return async (sha256, signal) => {
    const named = rowless.get(sha256)
    if (named !== undefined) return named
    for (const row of rowsOf.all(sha256)) {
      const isWhole = whole.get(row.filename) ?? isWholeFile(places, row, signal)
      whole.set(row.filename, isWhole)
      if (!(await isWhole)) return row.filename
    }
    return undefined
  }
}

async function isWholeFile(
  { pool }: Pick<Layout, 'pool'>,
  { project, filename, size, sha256 }: PoolFileRow,
  signal: AbortSignal,
): Promise<boolean> {
  const path = poolPath(pool, { project, filename })
  const status = await lstat(path).catch(() => undefined)
  if (!status?.isFile() || status.size !== size) return false
  return (await digestOfPlainFile(path, { signal })) === sha256
}

/** By digest, what is named with it and has no row that says the same: rows were taken away or changed. */
function namedElsewhere(database: SQLite.Database): ReadonlyMap<Sha256, string> {
  const { stated, rowless } = holdRows(database, () => true)
  const rowOf = database.prepare<[string], Sha256>('select sha256 from distributions where filename = ?').pluck()
  const named = new Map([...rowless].map(([filename, sha256]) => [sha256, filename] as const))
  for (const [filename, { sha256 }] of stated) named.set(sha256, filename)
  for (const manifest of database.prepare<[], string>('select manifest from releases').pluck().iterate()) {
    for (const { filename, sha256 } of readManifest(manifest).files) {
      if (rowOf.get(filename) !== sha256) named.set(sha256, filename)
    }
  }
  return named
}
