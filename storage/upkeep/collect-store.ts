import type SQLite from 'better-sqlite3'
import { rmdir, unlink } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { RegistryError } from '../../pool/errors.ts'
import { lockData } from '../data-lock.ts'
import { isSystemError } from '../filesystem/durable.ts'
import { layout, type Layout } from '../layout.ts'
import { asItsUser, refuseRoot } from './as-its-user.ts'
import { isServed } from './is-served.ts'
import { openMending, type MendingDeps } from './mending.ts'
import { isDamage, openForReading, requireDatabase } from './open-database.ts'
import { findUnneeded, type Reason, type Sorted, type Unneeded } from './unneeded.ts'

export interface Counted {
  readonly files: number
  readonly bytes: number
}

export interface Collectable extends Sorted {
  /** What is needed: by releases, and by the live index alone. */
  readonly needed: { readonly releases: Counted; readonly liveIndex: Counted }
  /** Whether a server is at work, so that staging was not looked at. */
  readonly served: boolean
}

/** Says what nothing needs, beside the server that may run. Throws `data-unusable`, `data-too-new`. */
export function findCollectable(directory: string, signal: AbortSignal): Promise<Collectable> {
  const places = layout(directory)
  return asItsUser(places, () => sortAll(places, { served: isServed(places.lock), signal }))
}

/**
 * Deletes what nothing needs, with the server stopped, once `agreed` says so of what was found. The log tells of it
 * before anything is gone. Throws `data-in-use`, `data-unusable`, `data-too-new`, and what `agreed` throws.
 */
export async function collectStore(
  directory: string,
  deps: Omit<MendingDeps, 'download'>,
  agreed: (found: Collectable) => void,
): Promise<void> {
  const places = layout(directory)
  requireDatabase(places.database)
  await refuseRoot(places)
  await asItsUser(places, () => collectLocked(places, deps, agreed))
}

async function collectLocked(
  places: Layout,
  deps: Omit<MendingDeps, 'download'>,
  agreed: (found: Collectable) => void,
): Promise<void> {
  const unlock = lockData(places.lock, places.directory)
  try {
    const found = await sortAll(places, { served: false, signal: deps.signal })
    agreed(found)
    if (found.unneeded.length > 0) await deleteAll(places, deps, found.unneeded)
  } finally {
    unlock()
  }
}

async function sortAll(
  places: Layout,
  { served, signal }: { served: boolean; signal: AbortSignal },
): Promise<Collectable> {
  let database: SQLite.Database | undefined
  try {
    database = openForReading(places.database)
    const sound = database.pragma('quick_check(1)', { simple: true })
    if (sound !== 'ok') throw damaged(String(sound))
    return { ...(await findUnneeded({ database, places, served, signal })), needed: neededOf(database), served }
  } catch (error) {
    throw isDamage(error) ? damaged(error.message, error) : error
  } finally {
    database?.close()
  }
}

/** What the database does not say is needed may be: it cannot say everything. */
function damaged(what: string, cause?: unknown): RegistryError {
  return new RegistryError(
    'data-unusable',
    {},
    { detail: `firn.db is damaged, so nobody can tell what is needed: ${what}`, hint: 'firn store check', cause },
  )
}

function neededOf(database: SQLite.Database): Collectable['needed'] {
  const counted = (which: 'in' | 'not in') =>
    database
      .prepare<[], Counted>(
        `select count(*) as files, coalesce(sum(size), 0) as bytes from pool_files where filename ${which}
         (select filename from file_numbers join release_files on release_files.file = file_numbers.id)`,
      )
      .get() ?? { files: 0, bytes: 0 }
  return { releases: counted('in'), liveIndex: counted('not in') }
}

/** Of what is deleted as many paths stand in the event; their number does for all. */
const mostNamed = 1000

async function deleteAll(
  places: Layout,
  deps: Omit<MendingDeps, 'download'>,
  unneeded: readonly Unneeded[],
): Promise<void> {
  const mending = await openMending(places, {
    ...deps,
    download: () => Promise.reject(new Error('not for collecting')),
  })
  try {
    const facts = { ...countedBy(unneeded), paths: unneeded.slice(0, mostNamed).map(({ path }) => path) }
    await mending.change({ verb: 'collect', subject: 'store', facts })
    for (const { path } of unneeded) {
      deps.signal.throwIfAborted()
      await unlink(join(places.directory, path))
      await removeEmpty(places, dirname(path))
      deps.fault('collect:deleted')
    }
  } finally {
    await mending.close()
  }
}

function countedBy(unneeded: readonly Unneeded[]): Counted & { readonly reasons: Readonly<Record<string, number>> } {
  const reasons: Partial<Record<Reason, number>> = {}
  for (const { reason } of unneeded) reasons[reason] = (reasons[reason] ?? 0) + 1
  return { files: unneeded.length, bytes: unneeded.reduce((sum, { bytes }) => sum + bytes, 0), reasons }
}

/** Directories below orphans/ and the pool's go when they are empty. */
async function removeEmpty(places: Layout, directory: string): Promise<void> {
  if (!directory.includes('/')) return
  try {
    await rmdir(join(places.directory, directory))
    await removeEmpty(places, dirname(directory))
  } catch (error) {
    if (!isSystemError(error, 'ENOTEMPTY', 'EEXIST')) throw error
  }
}
