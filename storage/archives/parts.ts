import type { Part } from '../../pool/archive-parts.ts'
import { isRegistryError } from '../../pool/errors.ts'

const MiB = 1024 * 1024

/**
 * What is read of an archive besides its metadata. Nothing here refuses an archive: beyond these sizes a part is left
 * unread. Real ones: requires.txt and pyproject.toml have a few KiB, SBOMs of Rust wheels a few hundred.
 */
const most = { part: 1 * MiB, sbom: 4 * MiB, together: 8 * MiB, parts: 64 }

export interface PartEntry {
  readonly isFile: boolean
  readonly size: number
  readonly content: () => Promise<Part>
}

export type TakePart = (entry: PartEntry, kind?: 'part' | 'sbom') => Promise<Part>

/** Takes parts of one archive as long as there is room for them. */
export function partTaker(): TakePart {
  let room = most.together
  let left = most.parts
  return async ({ isFile, size, content }, kind = 'part') => {
    if (!isFile || size > most[kind] || size > room || left === 0) return 'unreadable'
    room -= size
    left--
    return content()
  }
}

/** A zip's entry is damaged by itself: the archive has been accepted without looking into it. */
export function unreadableIfDamaged(error: unknown): 'unreadable' {
  if (isRegistryError(error, 'archive-invalid')) return 'unreadable'
  throw error
}
