import { chmod, readdir, realpath } from 'node:fs/promises'
import { basename, dirname, join, resolve, sep } from 'node:path'
import { RegistryError } from '../../pool/errors.ts'
import { holdLock, isHeld } from '../data-lock.ts'
import { isSystemError, isThere, makeDirectory } from '../filesystem/durable.ts'
import { openStaging } from '../filesystem/staging.ts'
import type { BackupLayout } from './backup-layout.ts'

/**
 * Takes a directory for this backup alone, making what is lacking; what is returned gives it back. What a killed backup
 * left half copied is removed. Throws `backup-unusable`, `backup-in-use`.
 */
export async function takeBackupDirectory(layout: BackupLayout, data: string): Promise<() => void> {
  const { directory, lock, pool, snapshots, staging } = layout
  await refuseUnfit(layout, data)
  if (!(await isThere(directory))) {
    await makeDirectory(directory)
    // In it is what the server shows nobody: private files, hashes of tokens, the key.
    await chmod(directory, 0o700)
  }
  const unlock = lockBackup(lock, directory)
  try {
    for (const each of [pool, snapshots]) await makeDirectory(each)
    await (await openStaging(staging)).sweep()
    return unlock
  } catch (error) {
    unlock()
    throw error
  }
}

async function refuseUnfit({ directory, lock }: BackupLayout, data: string): Promise<void> {
  if (await isInside(directory, data))
    throw unusable(directory, 'it is inside the data directory', 'take another disk, or at least another directory')
  if (!(await isThere(directory)) || (await isThere(lock))) return
  const others = (await readdir(directory)).filter((name) => name !== 'lost+found')
  if (others.length > 0)
    throw unusable(directory, `there is something else in it: ${others[0]}`, 'name an empty directory, or a new one')
}

function unusable(directory: string, what: string, hint: string): RegistryError {
  return new RegistryError('backup-unusable', { directory }, { detail: `${directory}: ${what}`, hint })
}

function lockBackup(path: string, directory: string): () => void {
  try {
    return holdLock(path)
  } catch (cause) {
    if (!isHeld(cause)) throw cause
    const hint = 'wait until it is done'
    throw new RegistryError('backup-in-use', { directory }, { detail: directory, hint, cause })
  }
}

/** Whether a path is a directory or lies in it, wherever links lead; neither has to be there. */
export async function isInside(path: string, directory: string): Promise<boolean> {
  const [inner, outer] = await Promise.all([realPath(resolve(path)), realPath(resolve(directory))])
  return inner === outer || inner.startsWith(outer.endsWith(sep) ? outer : `${outer}${sep}`)
}

/** Where links lead, as far as there is anything. */
export async function realPath(path: string): Promise<string> {
  try {
    return await realpath(path)
  } catch (error) {
    if (!isSystemError(error, 'ENOENT', 'ENOTDIR') || dirname(path) === path) throw error
    return join(await realPath(dirname(path)), basename(path))
  }
}
