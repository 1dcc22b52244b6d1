import { readdir, stat } from 'node:fs/promises'
import { RegistryError } from '../../pool/errors.ts'
import { reasonOf } from '../io.ts'
import { archiveFile } from './archive-file.ts'
import { archivesBelow } from './archives-below.ts'
import { compozeArchives, compozeIndexAt } from './compoze.ts'
import { devpiArchives } from './devpi.ts'
import type { Found } from './found.ts'

export type PathKind = 'bundle' | 'tree' | 'archives'

/** What a path is, by what is in it. Throws `input-unreadable`. */
export async function kindOf(path: string): Promise<PathKind> {
  const status = await stat(path).catch((cause: unknown) => {
    throw new RegistryError('input-unreadable', { path }, { detail: `${path}: ${reasonOf(cause)}`, cause })
  })
  if (!status.isDirectory()) return path.endsWith('.tar') ? 'bundle' : 'archives'
  const names = await readdir(path)
  return names.includes('index') && names.includes('pool') ? 'tree' : 'archives'
}

/** The archives of a path: those of a devpi export's indexes, of a compoze index, of a directory, or the file itself. */
export async function findArchives(path: string, indexes: readonly string[]): Promise<Found> {
  if (!(await stat(path)).isDirectory()) return archiveFile(path)
  if ((await readdir(path)).includes('dataindex.json')) return devpiArchives(path, indexes)
  const index = await compozeIndexAt(path)
  return index ? compozeArchives(index) : archivesBelow(path)
}
