import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { compareCodePoints } from '../../pool/version.ts'
import { archiveFile } from './archive-file.ts'
import { joinFound, type Found } from './found.ts'

/** Every file below a directory, as an archive or as one that is none. Hidden files are nobody's archives. */
export async function archivesBelow(directory: string): Promise<Found> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true })
  const paths = entries
    .filter((entry) => !entry.isDirectory() && !entry.name.startsWith('.'))
    .map((entry) => join(entry.parentPath, entry.name))
  return joinFound(await Promise.all(paths.toSorted(compareCodePoints).map((path) => archiveFile(path))))
}
