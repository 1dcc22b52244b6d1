import type { Pending } from '../uploading.ts'

/** Something that an import cannot take, and why. */
export interface Unfit {
  readonly path: string
  readonly message: string
  readonly hint?: string
  /** It should have been an archive: what is made of the rest lacks it. */
  readonly lost: boolean
}

/** What an import found in a place. */
export interface Found {
  /** Ascending by path; a link counts by its own name. */
  readonly archives: readonly Pending[]
  readonly unfit: readonly Unfit[]
}

export function joinFound(found: readonly Found[]): Found {
  const archives = new Map(found.flatMap((each) => each.archives).map((file) => [file.path, file]))
  return { archives: [...archives.values()], unfit: found.flatMap(({ unfit }) => unfit) }
}
