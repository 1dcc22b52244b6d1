import type { DistributionFacts } from '../facts.ts'
import { filesByProject, type Manifest, type ManifestFile, type ManifestPin } from '../manifest.ts'
import type { ProjectName } from '../project-name.ts'
import { compareCodePoints, compareVersionTexts, sameVersion } from '../version.ts'
import { dependenciesChange, licenceChange, type DependenciesChange, type Changed } from './facts-diff.ts'
import { listChange, type ListChange } from './list-diff.ts'

/** A release, with what is known of its files. */
export interface DiffSide {
  readonly manifest: Manifest
  /** By sha256. Files whose facts nobody has read are not in it. */
  readonly facts: ReadonlyMap<string, DistributionFacts>
}

/** `files`: the same version with other files. `marker`: the same files for other places. */
export const projectChanges = ['added', 'removed', 'up', 'down', 'files', 'marker'] as const

export interface ProjectDiff {
  readonly project: ProjectName
  readonly name: string
  readonly change: (typeof projectChanges)[number]
  /** Versions; `null` where there is none. */
  readonly from: string | null
  readonly to: string | null
  readonly marker: Changed | null
  /** Of the same version; `null` where the version is another one. */
  readonly files: FilesChange | null
  readonly dependencies: DependenciesChange | null
  readonly licence: Changed | null
}

export interface FilesChange extends ListChange {
  /** The same filename with other bytes. */
  readonly changed: readonly string[]
}

interface Half {
  readonly pin: ManifestPin
  readonly files: readonly ManifestFile[]
  readonly facts: readonly DistributionFacts[]
}

/** What differs from project to project; ascending by project. */
export function diffProjects(from: DiffSide, to: DiffSide): readonly ProjectDiff[] {
  const [before, after] = [halves(from), halves(to)]
  const projects = [...new Set([...before.keys(), ...after.keys()])].toSorted(compareCodePoints)
  return projects.flatMap((project) => diffProject(before.get(project), after.get(project)) ?? [])
}

function halves({ manifest, facts }: DiffSide): ReadonlyMap<ProjectName, Half> {
  const files = filesByProject(manifest)
  return new Map(
    manifest.pins.map((pin) => {
      const own = files.get(pin.project) ?? []
      return [pin.project, { pin, files: own, facts: own.flatMap(({ sha256 }) => facts.get(sha256) ?? []) }]
    }),
  )
}

function diffProject(from: Half | undefined, to: Half | undefined): ProjectDiff | undefined {
  if (!from || !to) return oneSided(from, to)
  const files = sameVersion(from.pin.version, to.pin.version) ? filesChange(from.files, to.files) : null
  const marker = from.pin.marker === to.pin.marker ? null : { from: from.pin.marker, to: to.pin.marker }
  const change = changeOf(from.pin, to.pin, { files, marker })
  return (
    change && {
      project: to.pin.project,
      name: to.pin.name,
      change,
      from: from.pin.version,
      to: to.pin.version,
      marker,
      files,
      dependencies: dependenciesChange(from.facts, to.facts),
      licence: licenceChange(from.facts, to.facts),
    }
  )
}

function oneSided(from: Half | undefined, to: Half | undefined): ProjectDiff | undefined {
  const pin = (from ?? to)?.pin
  return (
    pin && {
      project: pin.project,
      name: pin.name,
      change: from ? 'removed' : 'added',
      from: from?.pin.version ?? null,
      to: to?.pin.version ?? null,
      marker: null,
      files: null,
      dependencies: null,
      licence: null,
    }
  )
}

function changeOf(
  from: ManifestPin,
  to: ManifestPin,
  { files, marker }: Pick<ProjectDiff, 'files' | 'marker'>,
): ProjectDiff['change'] | undefined {
  if (files === null) return compareVersionTexts(from.version, to.version) < 0 ? 'up' : 'down'
  if (files.added.length + files.removed.length + files.changed.length > 0) return 'files'
  return marker ? 'marker' : undefined
}

function filesChange(from: readonly ManifestFile[], to: readonly ManifestFile[]): FilesChange {
  const before = new Map(from.map(({ filename, sha256 }) => [filename, sha256]))
  return {
    ...listChange(
      [...before.keys()],
      to.map(({ filename }) => filename),
    ),
    changed: to.flatMap(({ filename, sha256 }) => ((before.get(filename) ?? sha256) === sha256 ? [] : filename)),
  }
}
