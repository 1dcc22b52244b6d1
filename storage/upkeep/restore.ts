import { chmod, lstat, mkdir, readdir, readFile, rename, rm, stat } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import type { Iso } from '../../pool/distribution.ts'
import { isRegistryError, RegistryError } from '../../pool/errors.ts'
import { parsePublicKey } from '../../pool/proof/public-key.ts'
import { holdLock, isHeld } from '../data-lock.ts'
import type { Fault } from '../fault.ts'
import { isSystemError, isThere, makeDirectory, syncDirectory } from '../filesystem/durable.ts'
import { layout, type Layout, poolPath } from '../layout.ts'
import { writeSecret } from '../signing-key.ts'
import { readDatabase, type NamedFile } from '../sql/database-copy.ts'
import { isInside, realPath } from './backup-directory.ts'
import { backupLayout, snapshotLayout, type BackupLayout, type SnapshotLayout } from './backup-layout.ts'
import { copyChecked } from './copy-file.ts'
import { problemOf, watching } from './copy-files.ts'
import { eachOf } from './each-of.ts'
import { refuseUnwritable } from './refuse-unwritable.ts'
import { chooseSnapshot, inOrder, listSnapshots, type Snapshot, type SnapshotProblem } from './snapshot.ts'
import type { UpkeepDeps } from './upkeep-event.ts'

export interface RestoreDeps extends UpkeepDeps {
  readonly fault: Fault
}

export interface RestoreRequest {
  readonly backup: string
  /** The data directory that is to be. */
  readonly directory: string
  /** The newest snapshot until then, included; `undefined`: of all. */
  readonly until?: Iso | undefined
  /** Whether to restore the rest where files are missing or damaged. */
  readonly partial: boolean
}

export interface Restored {
  readonly snapshot: Snapshot
  readonly files: number
  readonly bytes: number
  readonly problems: readonly SnapshotProblem[]
}

const atOnce = 4

/**
 * Makes a data directory of a snapshot, every byte of it checked. It is built beside, and has its name only when it is
 * whole. Throws `snapshot-unknown`, `restore-refused`, `backup-damaged`, `data-too-new`, `data-unusable`,
 * `storage-full`.
 */
export async function restore(deps: RestoreDeps, request: RestoreRequest): Promise<Restored> {
  const backup = backupLayout(request.backup)
  const { name, snapshot } = chooseSnapshot(backup, await listSnapshots(backup), request)
  const directory = await realPath(resolve(request.directory))
  try {
    await refuseTaken(directory, backup)
    const building = layout(join(dirname(directory), `.${basename(directory)}.restoring`))
    const from = { backup, place: snapshotLayout(backup, name), snapshot }
    return await buildAndName(deps, { from, building, directory, partial: request.partial })
  } catch (error) {
    throw refuseUnwritable(error, 'restore-refused', directory)
  }
}

interface Source {
  readonly backup: BackupLayout
  readonly place: SnapshotLayout
  readonly snapshot: Snapshot
}

interface Building {
  readonly from: Source
  readonly building: Layout
  readonly directory: string
  readonly partial: boolean
}

/** The lock goes with the directory: nobody serves it before it is done. */
async function buildAndName(deps: RestoreDeps, { from, building, directory, partial }: Building): Promise<Restored> {
  await makeDirectory(building.directory)
  // In it is what the server shows nobody: private files, hashes of tokens. The group may be that of a proxy.
  await chmod(building.directory, 0o750)
  const unlock = lockBuilding(building, directory)
  try {
    await sweep(building)
    const restored = await build(deps, from, building)
    const { problems } = restored
    if (problems.length > 0 && !partial) throw damagedFiles(from, problems)
    deps.fault('restore:built')
    await rename(building.directory, directory)
    await syncDirectory(dirname(directory))
    deps.fault('restore:named')
    return restored
  } catch (error) {
    await rm(building.directory, { recursive: true, force: true })
    throw error
  } finally {
    unlock()
  }
}

function lockBuilding({ lock }: Layout, directory: string): () => void {
  try {
    return holdLock(lock)
  } catch (cause) {
    if (!isHeld(cause)) throw cause
    throw new RegistryError(
      'restore-refused',
      { directory },
      { detail: `${directory} is being restored already`, cause },
    )
  }
}

/** What a killed restore left. */
async function sweep({ directory, lock }: Layout): Promise<void> {
  const left = (await readdir(directory)).filter((name) => !name.startsWith(basename(lock)))
  await Promise.all(left.map((name) => rm(join(directory, name), { recursive: true })))
}

async function build(deps: RestoreDeps, from: Source, building: Layout): Promise<Restored> {
  const { snapshot, place, backup } = from
  deps.report({ event: 'plan', what: 'database', files: 1, bytes: snapshot.database.size })
  await copyDatabase(deps, from, building)
  await copyKey(snapshot, place, building)
  const { files } = readDatabase(building.database)
  const bytes = files.reduce((sum, { size }) => sum + size, 0)
  deps.report({ event: 'plan', what: 'files', files: files.length, bytes })
  const problems = await copyPool(deps, files, { from: backup.pool, to: building.pool })
  await syncDirectory(building.directory)
  const lacking = new Set(problems.map(({ filename }) => filename))
  const restored = files.filter(({ filename }) => !lacking.has(filename))
  return {
    snapshot,
    files: restored.length,
    bytes: restored.reduce((sum, { size }) => sum + size, 0),
    problems,
  }
}

async function copyDatabase(deps: RestoreDeps, { place, snapshot }: Source, building: Layout): Promise<void> {
  try {
    await copyChecked(place.database, building.database, { ...snapshot.database, mode: 0o644 }, watching(deps))
  } catch (cause) {
    throw isRegistryError(cause) ? damaged(place.database, cause.detail, cause) : cause
  }
  deps.fault('restore:database-copied')
}

function damaged(path: string, what: string | undefined, cause: unknown): RegistryError {
  const hint = 'take an earlier snapshot, with --at'
  return new RegistryError('backup-damaged', { path }, { detail: what ?? path, hint, cause })
}

async function copyKey({ key }: Snapshot, place: SnapshotLayout, building: Layout): Promise<void> {
  if (key.included === null) return
  const pem = await readKey(place.signingKey, key.included)
  await mkdir(building.keys)
  await writeSecret(building.signingKey, pem)
  await syncDirectory(building.keys)
}

async function readKey(path: string, id: string): Promise<string> {
  try {
    const pem = await readFile(path, 'utf8')
    if (parsePublicKey(pem).id === id) return pem
  } catch (cause) {
    if (!isSystemError(cause, 'ENOENT', 'EACCES', 'EISDIR') && !isRegistryError(cause, 'key-invalid')) throw cause
    throw damaged(path, `${path} cannot be read`, cause)
  }
  throw damaged(path, `${path} is not the key ${id}`, undefined)
}

interface Pools {
  readonly from: string
  readonly to: string
}

async function copyPool(
  deps: RestoreDeps,
  files: readonly NamedFile[],
  { from, to }: Pools,
): Promise<readonly SnapshotProblem[]> {
  const projects = [...new Set(files.map(({ project }) => project))]
  await mkdir(to)
  for (const project of projects) await mkdir(join(to, project))
  const problems: SnapshotProblem[] = []
  await eachOf(files, atOnce, async (file) => {
    deps.signal.throwIfAborted()
    const { project, filename, size } = file
    try {
      await copyChecked(poolPath(from, file), poolPath(to, file), file, watching(deps))
      deps.report({ event: 'copied', project, filename, size })
    } catch (error) {
      const problem = problemOf(file, error)
      problems.push(problem)
      deps.report({ event: 'problem', ...problem })
    }
    deps.fault('restore:file-copied')
  })
  await eachOf(projects, atOnce, (project) => syncDirectory(join(to, project)))
  await syncDirectory(to)
  return inOrder(problems)
}

function damagedFiles({ backup, snapshot }: Source, problems: readonly SnapshotProblem[]): RegistryError {
  const of = `the snapshot of ${snapshot.at} in ${backup.directory} lacks ${problems.length} of ${snapshot.files} files`
  return new RegistryError(
    'backup-damaged',
    { directory: backup.directory, at: snapshot.at, problems },
    { detail: `${of}; nothing was restored`, hint: 'take another snapshot with --at, or the rest with --partial' },
  )
}

async function refuseTaken(directory: string, backup: BackupLayout): Promise<void> {
  const refuse = (detail: string, hint: string) =>
    new RegistryError('restore-refused', { directory }, { detail: `${directory} ${detail}`, hint })
  if (await isInside(directory, backup.directory)) throw refuse('is inside the backup', 'name a directory elsewhere')
  if (!(await isThere(directory))) {
    if (await lstat(directory).catch(() => undefined))
      throw refuse('is a link that leads nowhere', 'remove the link, or name another directory')
    return makeDirectory(dirname(directory))
  }
  const status = await stat(directory)
  if (!status.isDirectory()) throw refuse('is no directory', 'name a directory that is empty, or not there')
  if ((await readdir(directory)).length > 0)
    throw refuse('is not empty', 'name a directory that is empty, or not there; nothing is ever restored over data')
  if (status.dev !== (await stat(dirname(directory))).dev)
    throw refuse('is where a disk is mounted, and takes no other name', `name one below it: ${join(directory, 'data')}`)
}
