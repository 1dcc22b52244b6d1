import {
  filesByProject,
  type Manifest,
  type ManifestFile,
  type ManifestOverride,
  type ManifestPin,
} from './manifest.ts'
import { parseMarker, printMarker } from './marker.ts'
import type { Problem } from './pins/pin.ts'
import type { ProjectName } from './project-name.ts'
import { printReleaseName } from './release-name.ts'
import { sameVersion } from './version.ts'

/** A pin with the files that a release has of it. */
export interface FilledPin {
  readonly pin: ManifestPin
  readonly files: readonly ManifestFile[]
}

/** What a release has besides its base's, instead of it, and without it. */
export interface Own {
  readonly filled: readonly FilledPin[]
  /** Projects of the base that are left out. */
  readonly without: readonly ProjectName[]
}

export interface Laid {
  readonly pins: readonly ManifestPin[]
  readonly files: readonly ManifestFile[]
  /** In the order of the base's pins. */
  readonly overrides: readonly ManifestOverride[]
}

/**
 * A release's own pins laid over a base: everything of the base, plus and instead of. What the base has of a project is
 * taken as it is, to the file: a pin of the same version changes nothing, but that it may make it hold in more places.
 */
export function layOver(base: Manifest | undefined, { filled, without }: Own): Laid {
  const own = new Map(filled.map((each) => [each.pin.project, each]))
  const left = (base?.pins ?? []).filter(({ project }) => !without.includes(project))
  const kept = left.filter((pin) => !isInstead(pin, own.get(pin.project)))
  const keptProjects = new Set(kept.map(({ project }) => project))
  const added = filled.filter(({ pin }) => !keptProjects.has(pin.project))
  return {
    pins: [...kept.map((pin) => widen(pin, own.get(pin.project)?.pin)), ...added.map(({ pin }) => pin)],
    files: [
      ...(base?.files ?? []).filter(({ project }) => keptProjects.has(project)),
      ...added.flatMap(({ files }) => files),
    ],
    overrides: (base?.pins ?? [])
      .filter(({ project }) => !keptProjects.has(project))
      .map(({ project, name, version }) => ({
        project,
        name,
        from: version,
        to: own.get(project)?.pin.version ?? null,
      })),
  }
}

function isInstead(pin: ManifestPin, own: FilledPin | undefined): boolean {
  return own !== undefined && !sameVersion(pin.version, own.pin.version)
}

/** The base's pin, holding where either of the two does. */
function widen(pin: ManifestPin, own: ManifestPin | undefined): ManifestPin {
  if (!own || pin.marker === null || pin.marker === own.marker) return pin
  const marker = own.marker === null ? null : printMarker(parseMarker(`(${pin.marker}) or (${own.marker})`))
  return { ...pin, marker }
}

/** The files that a base has of a project in just this version; `undefined` if it has another one, or none. */
export type FilesInBase = (pin: Pick<ManifestPin, 'project' | 'version'>) => readonly ManifestFile[] | undefined

export function filesInBase(base: Manifest | undefined): FilesInBase {
  if (!base) return () => undefined
  const versions = new Map(base.pins.map(({ project, version }) => [project, version]))
  const files = filesByProject(base)
  return ({ project, version }) => {
    const pinned = versions.get(project)
    return pinned !== undefined && sameVersion(pinned, version) ? (files.get(project) ?? []) : undefined
  }
}

/** What is wrong with leaving these projects out. */
export function withoutProblems(
  base: Manifest | undefined,
  without: readonly ProjectName[],
  pinned: ReadonlySet<ProjectName>,
): readonly Problem[] {
  const known = new Set(base?.pins.map(({ project }) => project))
  return without.flatMap((project): readonly Problem[] => {
    if (!base) return [{ message: `${project} is to be left out, of no base`, hint: 'name the base with --base' }]
    const hint = 'decide for one: take it out of --without, or its pin out of the pins'
    if (pinned.has(project)) return [{ message: `${project} is pinned, and is to be left out as well`, hint }]
    if (known.has(project)) return []
    return [{ message: `${project} is to be left out, but ${printReleaseName(base)} has none` }]
  })
}
