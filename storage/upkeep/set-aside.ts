import { randomUUID } from 'node:crypto'
import { lstat, rename } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { asideName } from '../filesystem/aside-name.ts'
import { makeDirectory, syncDirectory } from '../filesystem/durable.ts'
import { digestOfPlainFile } from '../filesystem/file-digest.ts'
import type { Mending } from './mending.ts'

/**
 * Moves what does not belong in the pool to where it is in nobody's way. A plain file is named by its digest, so that
 * its bytes are found again if they are those of a file that is missed; of two with the same bytes one stays. Returns
 * where it lies now, below the data directory.
 */
export async function setAside({ places, signal, fault }: Mending, path: string): Promise<string> {
  const isFile = (await lstat(path)).isFile()
  const first = isFile ? await digestOfPlainFile(path, { signal }) : randomUUID()
  const name = asideName(first, basename(path))
  await makeDirectory(places.orphans)
  await rename(path, join(places.orphans, name))
  await syncDirectory(dirname(path))
  await syncDirectory(places.orphans)
  fault('repair:set-aside')
  return `orphans/${name}`
}
