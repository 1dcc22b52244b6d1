import { mkdir, open, stat, type FileHandle } from 'node:fs/promises'
import { dirname } from 'node:path'
import { RegistryError } from '../../pool/errors.ts'

/** Makes a directory's entries durable: a link or rename is not, until its directory is synced (fsync(2)). */
export function syncDirectory(path: string): Promise<void> {
  return syncOpened(path, 'r')
}

/** Makes a file durable that somebody else has written. */
export function syncFile(path: string): Promise<void> {
  return syncOpened(path, 'r+')
}

async function syncOpened(path: string, flags: 'r' | 'r+'): Promise<void> {
  const handle = await open(path, flags)
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

/**
 * Makes a directory and what leads to it, durably. Not by mkdir's own `recursive`: where nothing can be made below a
 * directory that is there, as in /proc, Node 20 tries for ever.
 */
export async function makeDirectory(path: string): Promise<void> {
  try {
    await mkdir(path)
  } catch (error) {
    if (isSystemError(error, 'EEXIST') && (await isDirectory(path))) return
    const parent = dirname(path)
    if (!isSystemError(error, 'ENOENT') || (await isDirectory(parent))) throw error
    await makeDirectory(parent)
    return makeDirectory(path)
  }
  await syncDirectory(dirname(path))
}

async function isDirectory(path: string): Promise<boolean> {
  const status = await stat(path).catch(() => undefined)
  return status?.isDirectory() ?? false
}

/** Whether a name is taken; an error of any other kind than that it is not is thrown. */
export async function isThere(path: string): Promise<boolean> {
  try {
    await stat(path)
    return true
  } catch (error) {
    if (isSystemError(error, 'ENOENT')) return false
    throw error
  }
}

/** Whether an error of the system has this code. */
export function isSystemError(error: unknown, ...codes: readonly string[]): error is NodeJS.ErrnoException {
  return error instanceof Error && 'code' in error && codes.includes(String(error.code))
}

/** Turns "no space" of any kind (disk, quota, largest file) into `storage-full`; any other error is thrown as it is. */
export function refuseIfFull(cause: unknown): never {
  if (!isSystemError(cause, 'ENOSPC', 'EDQUOT', 'EFBIG', 'SQLITE_FULL')) throw cause
  throw new RegistryError(
    'storage-full',
    {},
    { hint: 'free space on the disk of the data directory, then try again', cause },
  )
}

/** Writes all of a chunk: write(2) may take less than it is given. */
export async function writeFully(handle: FileHandle, chunk: Uint8Array): Promise<void> {
  for (let at = 0; at < chunk.length;) at += (await handle.write(chunk, at)).bytesWritten
}
