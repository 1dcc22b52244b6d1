import type { Iso } from './distribution.ts'
import { isRegistryError } from './errors.ts'
import { isFileOf, parseFilename, type DistributionFilename } from './filename.ts'
import type { ProjectName } from './project-name.ts'
import { accepts, isPure, type Target } from './target.ts'

/** One file as an upstream index lists it. */
export interface UpstreamFile {
  readonly filename: string
  /** Absolute, without fragment. */
  readonly url: string
  /** By algorithm, lower-case hex. */
  readonly hashes: Readonly<Record<string, string>>
  readonly size: number | null
  readonly uploadTime: Iso | null
  readonly yanked: string | null
}

export interface Wanted {
  readonly project: ProjectName
  readonly version: string
  readonly targets: readonly Target[]
  /** Every file of the version, not those alone that the targets can use. */
  readonly allFiles: boolean
}

/**
 * The files to fetch for a pin: its sdists, its pure wheels, and the wheels that a target accepts. Eggs and the wheels
 * of other targets come with `allFiles`. `ofVersion` counts all that are of the version.
 */
export function chooseFiles(
  listed: readonly UpstreamFile[],
  { project, version, targets, allFiles }: Wanted,
): { readonly chosen: readonly UpstreamFile[]; readonly ofVersion: number } {
  const parsed = listed.flatMap((file) => {
    const name = parseOrSkip(file.filename)
    return name && isFileOf(name, project, version) ? [{ file, name }] : []
  })
  const chosen = parsed.filter(({ name }) => allFiles || serves(name, targets)).map(({ file }) => file)
  return { chosen, ofVersion: parsed.length }
}

/** Indexes list much that is no distribution of ours: signatures, installers, documentation. */
function parseOrSkip(filename: string): DistributionFilename | undefined {
  try {
    return parseFilename(filename)
  } catch (error) {
    if (isRegistryError(error, 'filename-invalid')) return undefined
    throw error
  }
}

function serves({ kind, tags }: DistributionFilename, targets: readonly Target[]): boolean {
  if (kind === 'sdist') return true
  return tags !== undefined && (isPure(tags) || targets.some((target) => accepts(target, tags)))
}
