import { mkdir, readFile, rename } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { Iso, Sha256 } from '../../pool/distribution.ts'
import { isRegistryError, RegistryError } from '../../pool/errors.ts'
import { parsePublicKey } from '../../pool/proof/public-key.ts'
import { isSystemError, isThere, syncDirectory, syncFile } from '../filesystem/durable.ts'
import { layout, type Layout } from '../layout.ts'
import type { PoolPlace } from '../ports.ts'
import { writeSecret } from '../signing-key.ts'
import {
  freezeDatabase,
  hasRemoved,
  readDatabase,
  type DatabaseFacts,
  type FrozenDatabase,
} from '../sql/database-copy.ts'
import { takeBackupDirectory } from './backup-directory.ts'
import {
  backupLayout,
  instantOf,
  snapshotLayout,
  snapshotName,
  type BackupLayout,
  type SnapshotLayout,
} from './backup-layout.ts'
import { measure } from './copy-file.ts'
import { copyFiles, type CopiedFiles, type CopyDeps } from './copy-files.ts'
import { dropSnapshot, dropSnapshots, eraseRemoved } from './drop-snapshots.ts'
import { refuseUnwritable } from './refuse-unwritable.ts'
import { listSnapshots, printSnapshot, type ListedSnapshot, type Snapshot } from './snapshot.ts'

export interface BackupDeps extends CopyDeps {
  readonly now: () => Iso
  /** Of this firn. */
  readonly version: string
}

export interface BackupRequest {
  /** The data directory; a server may be writing to it. */
  readonly data: string
  readonly directory: string
  /** Whether what is in the backup is read again, not only measured. */
  readonly verify: boolean
  /** The file of the key that the server signs with; `undefined`: that of the data directory; `null`: no key. */
  readonly signingKey: string | undefined | null
  /** How many snapshots are kept; `undefined`: all. */
  readonly keep: number | undefined
}

export interface TakenBackup extends Omit<CopiedFiles, 'problems' | 'removed'> {
  readonly snapshot: Snapshot
}

/**
 * Adds a snapshot of a data directory to a backup. First the database, as of one instant; then the files that it names:
 * their bytes were there before their rows, and stay. Files are problems of the snapshot; all else is thrown, and then no
 * snapshot is made: `data-unusable`, `data-too-new`, `backup-unusable`, `backup-in-use`, `backup-damaged`, `storage-full`.
 */
export async function takeBackup(deps: BackupDeps, request: BackupRequest): Promise<TakenBackup> {
  const backup = backupLayout(request.directory)
  await refuseNoData(layout(request.data))
  try {
    const unlock = await takeBackupDirectory(backup, request.data)
    try {
      return await addSnapshot(deps, request, backup)
    } finally {
      unlock()
    }
  } catch (error) {
    throw refuseUnwritable(error, 'backup-unusable', request.directory)
  }
}

async function addSnapshot(deps: BackupDeps, request: BackupRequest, backup: BackupLayout): Promise<TakenBackup> {
  const before = await listSnapshots(backup)
  for (const { damage } of before) if (damage !== undefined) deps.report({ event: 'unreadable', message: damage })
  const data = layout(request.data)
  const at = instantAfter(before, deps.now())
  const place = snapshotLayout(backup, snapshotName(at))
  const facts = await copyDatabase(deps, { data, place, before, directory: request.directory })
  const key = { id: facts.key, included: await copyKey(request.signingKey, data, place) }
  const { files, releases, log, migration, removed } = facts
  const isRemoved = ({ filename }: PoolPlace) => hasRemoved(data.database, filename)
  const copying = { pool: data.pool, backup, files, verify: request.verify, isRemoved }
  const { problems, removed: outdated, ...done } = await copyFiles(deps, copying)
  if (outdated) {
    // What it names can no longer be had whole, and the registry wants it so: the next instant has it no more.
    await dropSnapshot(backup, snapshotName(at))
    return addSnapshot(deps, request, backup)
  }
  const snapshot: Snapshot = {
    schema: 'firn-backup/1',
    at,
    firn: deps.version,
    database: { migration, ...(await measure(place.database)) },
    log,
    key,
    releases,
    files: files.length,
    bytes: files.reduce((sum, { size }) => sum + size, 0),
    problems: [...problems],
  }
  await nameSnapshot(deps, place, snapshot)
  const kept = await dropSnapshots(deps, backup, request.keep)
  await eraseRemoved(deps, { backup, kept, removed })
  return { snapshot, ...done }
}

async function refuseNoData({ directory, database }: Layout): Promise<void> {
  if (await isThere(database)) return
  const hint = 'name the data directory of the server: --data, FIRN_DATA or [serve] data in firn.toml'
  throw new RegistryError('data-unusable', { directory }, { detail: `there is no firn.db in ${directory}`, hint })
}

/** Snapshots are in the order of their making, also where a clock was set back. */
function instantAfter(before: readonly ListedSnapshot[], now: Iso): Iso {
  const [last] = before.slice(-1).map(({ name }) => instantOf(name))
  return last === undefined || now > last ? now : new Date(Date.parse(last) + 1).toISOString()
}

interface CopyingDatabase {
  readonly data: Layout
  readonly place: SnapshotLayout
  readonly before: readonly ListedSnapshot[]
  readonly directory: string
}

async function copyDatabase(
  { report, signal, fault }: BackupDeps,
  { data, place, before, directory }: CopyingDatabase,
): Promise<DatabaseFacts> {
  const database = freezeDatabase(data.database)
  try {
    refuseOtherHistory(database, before, directory)
    await mkdir(place.directory, { mode: 0o700 })
    report({ event: 'plan', what: 'database', files: 1, bytes: database.bytes })
    await database.copyTo(place.database, (bytes) => {
      signal.throwIfAborted()
      report({ event: 'progress', bytes })
    })
  } finally {
    database.close()
  }
  await syncFile(place.database)
  fault('backup:database-copied')
  return readDatabase(place.database)
}

/** The pool of two registries is not one: each may have other bytes under a name. */
function refuseOtherHistory(database: FrozenDatabase, before: readonly ListedSnapshot[], directory: string): void {
  const last = before.findLast(({ snapshot }) => snapshot !== undefined)?.snapshot
  if (last === undefined || database.hasLine(last.log)) return
  const detail =
    `${directory} holds a log up to line ${last.log.sequence}, of ${last.at}, that this data directory does not have: ` +
    'it is of another registry, or of this one before an older state was restored'
  throw new RegistryError('backup-unusable', { directory }, { detail, hint: 'back up into a new directory' })
}

/** Returns the key's id; `null` if none was asked for, or the data directory has none, as with `serve --signing-key`. */
async function copyKey(given: string | undefined | null, data: Layout, place: SnapshotLayout): Promise<Sha256 | null> {
  if (given === null) return null
  const path = given ?? data.signingKey
  try {
    const pem = await readFile(path, 'utf8')
    const { id } = parsePublicKey(pem)
    await writeSecret(place.signingKey, pem)
    return id
  } catch (cause) {
    if (given === undefined && isSystemError(cause, 'ENOENT')) return null
    if (!isSystemError(cause, 'ENOENT', 'EACCES', 'EISDIR') && !isRegistryError(cause)) throw cause
    const detail = `${path} cannot be read: ${cause.message}`
    const hint = "run it as the server's own user, or leave the key out with --without-key"
    throw new RegistryError('signing-key-unusable', { path }, { detail, hint, cause })
  }
}

/** From here on it counts. */
async function nameSnapshot({ fault }: BackupDeps, place: SnapshotLayout, snapshot: Snapshot): Promise<void> {
  const part = `${place.description}.part`
  await writeSecret(part, printSnapshot(snapshot))
  await syncDirectory(dirname(place.directory))
  fault('backup:snapshot-written')
  await rename(part, place.description)
  await syncDirectory(place.directory)
  fault('backup:snapshot-named')
}
