import type SQLite from 'better-sqlite3'
import { lstat } from 'node:fs/promises'
import { join } from 'node:path'
import type { Sha256 } from '../../pool/distribution.ts'
import { compareCodePoints } from '../../pool/version.ts'
import type { Layout } from '../layout.ts'
import { digestOfPlainFile } from '../filesystem/file-digest.ts'
import type { Reading } from './file-check.ts'
import { holdRows } from './held-rows.ts'
import { whoNeeds, type NeedsOf } from './needed-bytes.ts'
import { entriesOf, isNoText, walkPool } from './pool-walk.ts'

/** Why something is not needed. */
export const reasons = {
  removed: 'of files that were removed from the pool',
  orphan: 'in orphans/: set aside, and not the bytes of any file of the pool that lacks them',
  'no-row': 'in the pool, and nothing tells of them: a crash left them, or they did not come through firn',
  unfinished: 'in staging/: of uploads and downloads that ended',
} as const

export type Reason = keyof typeof reasons

/** A file that nothing needs. */
export interface Unneeded {
  /** Below the data directory. */
  readonly path: string
  readonly bytes: number
  readonly reason: Reason
}

/** A file that would not be needed, if its bytes were not the last of a file that is. */
export interface Spared {
  readonly path: string
  readonly bytes: number
  /** The file of the pool, or of the log or a release, that it is kept for. */
  readonly for: string
}

export interface Sorted {
  /** The largest first. */
  readonly unneeded: readonly Unneeded[]
  readonly spared: readonly Spared[]
}

export interface Sorting extends Pick<Reading, 'signal'> {
  readonly database: SQLite.Database
  readonly places: Layout
  /** A server may be at work: what is in staging, and what has just come into the pool, is its business. */
  readonly served: boolean
}

/**
 * Finds what nothing needs in a data directory. What a row, the log or a release names is needed, under whatever name
 * its bytes lie, as long as they do not lie whole in their own place.
 */
export async function findUnneeded(sorting: Sorting): Promise<Sorted> {
  const needs = whoNeeds(sorting.database, sorting.places)
  const [unneeded, spared]: [Unneeded[], Spared[]] = [[], []]
  for await (const candidate of candidates(sorting)) {
    sorting.signal.throwIfAborted()
    const neededFor = await neededBy(sorting, needs, candidate)
    if (neededFor === undefined) unneeded.push(candidate)
    else spared.push({ path: candidate.path, bytes: candidate.bytes, for: neededFor })
  }
  return {
    unneeded: unneeded.toSorted((a, b) => b.bytes - a.bytes || compareCodePoints(a.path, b.path)),
    spared: spared.toSorted((a, b) => compareCodePoints(a.path, b.path)),
  }
}

async function neededBy({ places, signal }: Sorting, needs: NeedsOf, { path }: Unneeded): Promise<string | undefined> {
  const full = join(places.directory, path)
  const isFile = (await lstat(full)).isFile()
  const sha256: Sha256 | undefined = isFile ? await digestOfPlainFile(full, { signal }) : undefined
  return sha256 === undefined ? undefined : needs(sha256, signal)
}

async function* candidates(sorting: Sorting): AsyncGenerator<Unneeded> {
  const { places, served } = sorting
  yield* filesBelow(places, 'orphans', 'orphan')
  if (!served) yield* filesBelow(places, 'staging', 'unfinished')
  const told = holdRows(sorting.database, () => true)
  for await (const walked of walkPool({ ...sorting, told })) {
    if (!('finding' in walked)) continue
    const { code, subject } = walked.finding
    if (code === 'removed-lies') yield await measured(places, subject, 'removed')
    if (code === 'orphan') yield await measured(places, subject, 'no-row')
  }
}

/** Everything but directories, which go with what is in them. Links are not followed. */
async function* filesBelow(places: Layout, directory: string, reason: Reason): AsyncGenerator<Unneeded> {
  for (const entry of await entriesOf(join(places.directory, directory))) {
    if (isNoText(entry.name)) continue
    const path = `${directory}/${entry.name}`
    if (entry.isDirectory()) yield* filesBelow(places, path, reason)
    else yield await measured(places, path, reason)
  }
}

async function measured({ directory }: Layout, path: string, reason: Reason): Promise<Unneeded> {
  return { path, bytes: (await lstat(join(directory, path))).size, reason }
}
