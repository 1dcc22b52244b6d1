import type { DistributionFacts } from '../facts.ts'
import type { DistributionKind } from '../filename.ts'
import type { ProjectName } from '../project-name.ts'
import { isRegistryError } from '../errors.ts'
import { parseRequirement, printRequirement, type Requirement } from '../requirement.ts'
import { compareCodePoints, compareVersionTexts, normaliseVersion, parseVersion } from '../version.ts'

/**
 * The index as a resolver needs it: what each version needs, and no bytes. Resolvers look into a sdist by building it,
 * which runs its code; here a sdist stands as a wheel that comes after all others, with the metadata that firn read out
 * of it. What it needs to be built is among its requirements, as a release must have that too.
 */

export interface ResolverFile {
  readonly filename: string
  readonly kind: DistributionKind
  readonly version: string
  readonly requiresPython: string | null
  readonly uploadTime: string | null
  readonly yanked: string | null
  /** Where a sdist is, if the resolver is to build it: then it stands as what it is. */
  readonly sdist?: { readonly url: string; readonly sha256: string | undefined }
}

/** The filename that a file stands under; `undefined` for what no resolver can use. */
export function shownName(
  project: ProjectName,
  { filename, kind, version }: Pick<ResolverFile, 'filename' | 'kind' | 'version'>,
): string | undefined {
  if (parseVersion(version) === undefined) return undefined
  if (kind === 'wheel') return filename
  // Installers for Python 3 accept `py30` wheels, and like each other wheel that they accept better.
  return kind === 'sdist' ? `${project.replaceAll('-', '_')}-${normaliseVersion(version)}-py30-none-any.whl` : undefined
}

/** A project's page, JSON (PEP 691; its `upload-time` is PEP 700). Of the metadata of each file: `<filename>/<shown filename>.metadata`. */
export function resolverPageJson(project: ProjectName, files: readonly ResolverFile[]): string {
  const shown = files.flatMap((file) => {
    const name = shownName(project, file)
    return name === undefined ? [] : [{ ...file, name }]
  })
  const versions = new Set(shown.map(({ version }) => normaliseVersion(version)))
  return JSON.stringify({
    meta: { 'api-version': '1.0' },
    name: project,
    versions: [...versions].toSorted(compareVersionTexts),
    files: shown.toSorted(byVersionAndFilename).map((file) => ({
      ...placeOf(file),
      ...(file.requiresPython === null ? {} : { 'requires-python': file.requiresPython }),
      ...(file.yanked === null ? {} : { yanked: file.yanked === '' ? true : file.yanked }),
      ...(file.uploadTime === null ? {} : { 'upload-time': file.uploadTime }),
    })),
  })
}

function placeOf({ filename, name, sdist }: ResolverFile & { readonly name: string }): Record<string, unknown> {
  if (sdist) return { filename, url: sdist.url, hashes: sdist.sha256 === undefined ? {} : { sha256: sdist.sha256 } }
  const url = `${encodeURIComponent(filename)}/${encodeURIComponent(name)}`
  return { filename: name, url, hashes: {}, 'core-metadata': true, 'dist-info-metadata': true }
}

function byVersionAndFilename(a: ResolverFile, b: ResolverFile): number {
  return compareVersionTexts(a.version, b.version) || compareCodePoints(a.filename, b.filename)
}

/** Required by what cannot be resolved, so that a resolver says why. No index of ours ever has them. */
const unresolvable = {
  unknown: 'dependencies-stated-only-in-code',
  unreadable: 'requirements-that-cannot-be-read',
} as const

export function isUnresolvable(project: string): boolean {
  return Object.values<string>(unresolvable).includes(project)
}

export interface SdistFacts extends Pick<DistributionFacts, 'requires' | 'extras' | 'buildRequires'> {
  readonly project: ProjectName
  readonly version: string
  readonly requiresPython: string | null
}

/** Core metadata of a sdist, of what firn knows of it. */
export function sdistMetadata({ project, version, requiresPython, ...facts }: SdistFacts): string {
  const lines = [
    'Metadata-Version: 2.1',
    `Name: ${project}`,
    `Version: ${normaliseVersion(version)}`,
    ...(requiresPython === null ? [] : [`Requires-Python: ${requiresPython.replaceAll(/\s+/g, ' ')}`]),
    ...facts.extras.map((extra) => `Provides-Extra: ${extra}`),
    ...requirementsOf(facts).map((requirement) => `Requires-Dist: ${requirement}`),
  ]
  return `${lines.join('\n')}\n\n`
}

function requirementsOf({
  requires,
  buildRequires,
}: Pick<SdistFacts, 'requires' | 'buildRequires'>): readonly string[] {
  if (requires === null || buildRequires === null) return [unresolvable.unknown]
  const read = [...requires, ...buildRequires].map(readOrNot)
  const texts = read.flatMap((requirement) => (requirement ? printRequirement(requirement) : []))
  return texts.length < read.length ? [unresolvable.unreadable] : texts
}

function readOrNot(text: string): Requirement | undefined {
  try {
    return parseRequirement(text)
  } catch (error) {
    if (isRegistryError(error)) return undefined
    throw error
  }
}
