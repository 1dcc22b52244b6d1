import { basename } from 'node:path'
import type { PoolFileRow } from '../sql/schema.ts'
import { checkFile } from './file-check.ts'
import type { Finding } from './finding.ts'
import type { HeldRows } from './held-rows.ts'
import type { Mending } from './mending.ts'
import { wantedOf } from './pool-walk.ts'

/** Reads a file again that was put back. */
export async function recheckFile(
  { database, places, signal }: Pick<Mending, 'database' | 'places' | 'signal'>,
  { subject }: Finding,
  told: Pick<HeldRows, 'stated' | 'rowless'>,
): Promise<readonly Finding[]> {
  const row = database
    .prepare<[string], PoolFileRow>('select * from pool_files where filename = ?')
    .get(basename(subject))
  const reading = { quick: false, signal, onBytes: () => {} }
  return row ? checkFile(wantedOf({ database, places, told }, row), reading) : []
}
