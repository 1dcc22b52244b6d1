import { sha256Pattern } from './digest.ts'
import type { Iso } from './distribution.ts'
import { isRegistryError } from './errors.ts'
import { isFileOf, parseFilename, versionIn, type DistributionFilename } from './filename.ts'
import { installsOf } from './closure/installs.ts'
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
  /** As it is stated, whether it is a specifier or not. */
  readonly requiresPython: string | null
  /** Whether the metadata stands beside the file (PEP 658). */
  readonly coreMetadata: boolean
  /** Of that metadata, where it is stated. */
  readonly metadataSha256: string | null
}

/** A file of a project as an upstream lists it, of which is known what it is to be and what it must be. */
export interface ListedFile {
  readonly file: UpstreamFile
  readonly version: string
  readonly sha256: string
}

/**
 * Those of an upstream's files that are distributions of the project, with a sha256 to hold them against. A filename means
 * one content: of two of one name the first counts.
 */
export function listedFiles(project: ProjectName, files: readonly UpstreamFile[]): readonly ListedFile[] {
  const listed = new Map<string, ListedFile>()
  for (const file of files) {
    const sha256 = file.hashes['sha256']
    const form = parseOrSkip(file.filename)
    const version = form && versionIn(form, project)
    if (version === undefined || sha256 === undefined || !sha256Pattern.test(sha256)) continue
    if (!listed.has(file.filename)) listed.set(file.filename, { file, version, sha256 })
  }
  return [...listed.values()]
}

/** Which of a version's files are wanted. */
export interface Choice {
  readonly targets: readonly Target[]
  /** Every file of the version, not those alone that the targets can use. */
  readonly allFiles: boolean
  /** Also the eggs that a target can use. */
  readonly eggs: boolean
}

export interface Wanted extends Choice {
  readonly project: ProjectName
  readonly version: string
}

/**
 * The files to fetch for a pin: its sdists, its pure wheels, and the wheels that a target accepts; eggs only with
 * `eggs`, the wheels of other targets with `allFiles`. `ofVersion` counts all that are of the version.
 */
export function chooseFiles<File extends Pick<UpstreamFile, 'filename'>>(
  listed: readonly File[],
  { project, version, ...choice }: Wanted,
): { readonly chosen: readonly File[]; readonly ofVersion: number } {
  const parsed = listed.flatMap((file) => {
    const name = parseOrSkip(file.filename)
    return name && isFileOf(name, project, version) ? [{ file, name }] : []
  })
  const chosen = parsed.filter(({ name }) => serves(name, choice)).map(({ file }) => file)
  return { chosen, ofVersion: parsed.length }
}

/** Indexes list much that is no distribution of ours: signatures, installers, documentation. */
export function parseOrSkip(filename: string): DistributionFilename | undefined {
  try {
    return parseFilename(filename)
  } catch (error) {
    if (isRegistryError(error, 'filename-invalid')) return undefined
    throw error
  }
}

export function serves({ filename, kind, tags }: DistributionFilename, { targets, allFiles, eggs }: Choice): boolean {
  if (allFiles || kind === 'sdist') return true
  if (kind === 'egg') return eggs && targets.some(installsOf({ filename, kind, 'requires-python': null }))
  return tags !== undefined && (isPure(tags) || targets.some((target) => accepts(target, tags)))
}
