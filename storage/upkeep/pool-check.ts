import type SQLite from 'better-sqlite3'
import { basename } from 'node:path'
import { checkFile, type Reading } from './file-check.ts'
import type { Finding } from './finding.ts'
import { walkPool, type Walking } from './pool-walk.ts'

export interface PoolChecked {
  readonly findings: readonly Finding[]
  readonly files: number
  readonly bytes: number
}

/** Files that are read at once. More make it no faster: one thread hashes them. */
const atOnce = 4

/** Holds every row against its file, and everything in the pool against the rows. */
export async function checkPool(walking: Walking, reading: Reading): Promise<PoolChecked> {
  const findings: Finding[] = []
  let [files, bytes] = [0, 0]
  const walk = walkPool(walking)
  const work = async () => {
    for await (const walked of walk) {
      reading.signal.throwIfAborted()
      if ('wanted' in walked) {
        files++
        bytes += walked.wanted.file.size
      }
      const found = 'wanted' in walked ? await checkFile(walked.wanted, reading) : [walked.finding]
      findings.push(...found.filter((finding) => !isRemoved(walking, finding)))
    }
  }
  await Promise.all(Array.from({ length: atOnce }, work))
  return { findings, files, bytes }
}

/** What was removed while its file was looked for is not missed. */
function isRemoved({ database }: Walking, { code, subject }: Finding): boolean {
  if (code !== 'file-missing') return false
  return database.prepare('select 1 from pool_files where filename = ?').get(basename(subject)) === undefined
}

/** All bytes that a check is to read. */
export function bytesOfPool(database: SQLite.Database): number {
  return database.prepare<[], number>('select coalesce(sum(size), 0) from pool_files').pluck().get() ?? 0
}
