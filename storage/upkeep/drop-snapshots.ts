import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { isRegistryError } from '../../pool/errors.ts'
import { isThere, syncDirectory } from '../filesystem/durable.ts'
import type { PoolPlace } from '../ports.ts'
import { readDatabase } from '../sql/database-copy.ts'
import { snapshotLayout, type BackupLayout } from './backup-layout.ts'
import { isComplete, listSnapshots, type ListedSnapshot } from './snapshot.ts'
import type { UpkeepDeps } from './upkeep-event.ts'
import { poolPath } from '../layout.ts'

/**
 * Removes what killed backups left, and of the snapshots those that are older than the newest `keep` complete ones; their
 * databases, never a file of the pool. Returns the names of those that stay.
 */
export async function dropSnapshots(
  { report }: UpkeepDeps,
  backup: BackupLayout,
  keep: number | undefined,
): Promise<readonly string[]> {
  const listed = await listSnapshots(backup)
  const complete = listed.filter(({ snapshot }) => snapshot !== undefined && isComplete(snapshot))
  const oldest = keep === undefined ? undefined : complete.at(-keep)?.name
  const goes = ({ name, snapshot, damage }: ListedSnapshot) =>
    (snapshot === undefined && damage === undefined) || (oldest !== undefined && name < oldest)
  for (const { name, snapshot } of listed.filter(goes)) {
    await dropSnapshot(backup, name)
    report({ event: 'dropped', name, at: snapshot?.at ?? null })
  }
  return listed.filter((each) => !goes(each)).map(({ name }) => name)
}

/** First it no longer counts, then it goes. */
export async function dropSnapshot(backup: BackupLayout, name: string): Promise<void> {
  const { directory, description } = snapshotLayout(backup, name)
  await rm(description, { force: true })
  await syncDirectory(directory)
  await rm(directory, { recursive: true })
  await syncDirectory(backup.snapshots)
}

interface Erasing {
  readonly backup: BackupLayout
  /** The names of all snapshots. */
  readonly kept: readonly string[]
  /** What the registry has removed. */
  readonly removed: readonly PoolPlace[]
}

/** Erases what the registry itself has removed, for legal need, as soon as no snapshot has it any more. */
export async function eraseRemoved({ report }: UpkeepDeps, { backup, kept, removed }: Erasing): Promise<void> {
  const there = await Promise.all(removed.map((place) => isThere(poolPath(backup.pool, place))))
  const candidates = removed.filter((_, index) => there[index])
  if (candidates.length === 0) return
  const named = namedBy(kept.map((name) => snapshotLayout(backup, name).database))
  if (named === undefined) return
  for (const { project, filename } of candidates.filter((place) => !named.has(place.filename))) {
    await rm(poolPath(backup.pool, { project, filename }))
    await eraseAside(backup, filename)
    report({ event: 'erased', project, filename })
  }
}

/** The filenames that the databases say are in the pool; `undefined` if one cannot be read: it may need any. */
function namedBy(databases: readonly string[]): ReadonlySet<string> | undefined {
  try {
    return new Set(databases.flatMap((path) => readDatabase(path).files.map(({ filename }) => filename)))
  } catch (error) {
    if (isRegistryError(error)) return undefined
    throw error
  }
}

async function eraseAside({ aside }: BackupLayout, filename: string): Promise<void> {
  await rm(join(aside, filename), { recursive: true, force: true })
}
