import type SQLite from 'better-sqlite3'
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
      if ('finding' in walked) findings.push(walked.finding)
      else {
        files++
        bytes += walked.wanted.file.size
        findings.push(...(await checkFile(walked.wanted, reading)))
      }
    }
  }
  await Promise.all(Array.from({ length: atOnce }, work))
  return { findings, files, bytes }
}

/** All bytes that a check is to read. */
export function bytesOfPool(database: SQLite.Database): number {
  return database.prepare<[], number>('select coalesce(sum(size), 0) from pool_files').pluck().get() ?? 0
}
