import { readFileSync } from 'node:fs'
import { chmod, link, open, readdir, rename, unlink } from 'node:fs/promises'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { RegistryError } from '../../pool/errors.ts'
import type { ProjectName } from '../../pool/project-name.ts'
import { compareCodePoints } from '../../pool/version.ts'
import type { Fault } from '../fault.ts'
import type { ByteRange, PoolFiles, PoolPlace, Staged } from '../ports.ts'
import { asideName } from './aside-name.ts'
import { isSystemError, makeDirectory, refuseIfFull, syncDirectory } from './durable.ts'
import { digestOfFile, readSize } from './file-digest.ts'
import { poolPath } from '../layout.ts'

export interface PoolDirectories {
  readonly pool: string
  readonly orphans: string
}

/** The pool as plain files, `<pool>/<project>/<filename>`; staging must lie on the same file system. */
export async function openPoolFiles(directories: PoolDirectories, fault: Fault): Promise<PoolFiles> {
  await makeDirectory(directories.pool)
  const pathOf = (place: PoolPlace) => poolPath(directories.pool, place)
  return {
    adopt: (staged, place) => adopt(staged, place, pathOf(place), fault).catch(refuseIfFull),
    setAside: (place) => setAside(pathOf(place), directories.orphans, place.filename),
    erase: (place) => erase(pathOf(place)),
    open: (place, range) => openFile(pathOf(place), place, range),
    read: (place) => readWhole(pathOf(place), place),
    list: () => list(directories.pool),
  }
}

/** "Never overwrites" is the system's promise: link(2) fails on a name that is taken, whoever else is writing. */
async function adopt(staged: Staged, place: PoolPlace, path: string, fault: Fault): Promise<void> {
  const directory = join(path, '..')
  await makeDirectory(directory)
  // An export shares its files' bytes with the pool: who edits one there is to be told that it is not his to edit.
  await chmod(staged.path, 0o444)
  try {
    await link(staged.path, path)
  } catch (error) {
    if (!isSystemError(error, 'EEXIST')) throw error
    if ((await digestOfFile(path)) !== staged.sha256) {
      throw new RegistryError('distribution-exists', { filename: place.filename }, { detail: place.filename })
    }
  }
  fault('adopt:linked')
  await unlink(staged.path)
  fault('adopt:unstaged')
  await syncDirectory(directory)
  fault('adopt:synced')
}

async function setAside(path: string, orphans: string, filename: string): Promise<void> {
  try {
    const digest = await digestOfFile(path)
    await makeDirectory(orphans)
    await rename(path, join(orphans, asideName(digest, filename)))
    await syncDirectory(orphans)
  } catch (error) {
    if (!isSystemError(error, 'ENOENT')) throw error
  }
}

async function erase(path: string): Promise<void> {
  try {
    await unlink(path)
    await syncDirectory(join(path, '..'))
  } catch (error) {
    if (!isSystemError(error, 'ENOENT')) throw error
  }
}

async function openFile(path: string, place: PoolPlace, range: ByteRange | undefined): Promise<Readable> {
  try {
    const handle = await open(path, 'r')
    return handle.createReadStream({ highWaterMark: readSize, ...range })
  } catch (cause) {
    throw missing(place, cause)
  }
}

/** One synchronous call: for a small file it takes half the time of the asynchronous one, and blocks as briefly. */
function readWhole(path: string, place: PoolPlace): Promise<Buffer> {
  try {
    return Promise.resolve(readFileSync(path))
  } catch (cause) {
    return Promise.reject(missing(place, cause))
  }
}

function missing({ project, filename }: PoolPlace, cause: unknown): unknown {
  return isSystemError(cause, 'ENOENT') ? new RegistryError('file-missing', { project, filename }, { cause }) : cause
}

async function* list(pool: string): AsyncGenerator<PoolPlace> {
  for (const project of (await readdir(pool)).toSorted(compareCodePoints)) {
    for (const filename of (await readdir(join(pool, project))).toSorted(compareCodePoints)) {
      yield { project: project as ProjectName, filename }
    }
  }
}
