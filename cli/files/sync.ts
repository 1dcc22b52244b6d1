import { open } from 'node:fs/promises'

/** Makes a file durable that is written (fsync(2)). */
export function syncFile(path: string): Promise<void> {
  return syncOpened(path, 'r+')
}

/** Makes a directory's entries durable: a link or rename is not, until its directory is synced. */
export function syncDirectory(path: string): Promise<void> {
  return syncOpened(path, 'r')
}

async function syncOpened(path: string, flags: 'r' | 'r+'): Promise<void> {
  const handle = await open(path, flags)
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}
