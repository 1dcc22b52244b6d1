import { filesInBase, layOver, withoutProblems } from './base.ts'
import { realName, type Distribution, type Iso, type Sha256 } from './distribution.ts'
import {
  compareFiles,
  type Manifest,
  type ManifestBase,
  type ManifestFile,
  type ManifestPin,
  type ManifestSource,
} from './manifest.ts'
import { printMarker } from './marker.ts'
import type { Pin, Problem, StatedFile } from './pins/pin.ts'
import type { ProjectName } from './project-name.ts'
import type { ReleaseName } from './release-name.ts'
import type { Target } from './target.ts'
import { compareCodePoints, sameVersion } from './version.ts'

export interface FreezeInput {
  readonly name: ReleaseName
  /** The release that this one is laid over. */
  readonly base: { readonly manifest: Manifest; readonly digest: Sha256 } | undefined
  /** Projects of the base that are left out. */
  readonly without?: readonly ProjectName[]
  readonly pins: readonly Pin[]
  readonly roots: readonly string[]
  readonly targets: readonly Target[]
  /** What the pool holds of a project: all its files, of every version. */
  readonly filesOf: (project: Pin['project']) => readonly Distribution[]
  readonly at: Iso
  readonly by: string
  readonly source?: ManifestSource | null
  /** The changelog's section of this release. */
  readonly changes?: string | null
}

export interface FreezeOutcome {
  /** Without waivers, and not judged yet. */
  readonly manifest: Manifest
  /** If there are any, the manifest is not to be used. */
  readonly problems: readonly Problem[]
}

/** The manifest of a release: for each pin, every file that the pool holds of that version; all else is the base's. */
export function freeze(input: FreezeInput): FreezeOutcome {
  const { without = [] } = input
  const base = input.base?.manifest
  const inBase = filesInBase(base)
  const chosen = input.pins.map((pin) => choose(pin, inBase(pin) ?? input.filesOf(pin.project).map(manifestFile)))
  const filled = chosen.flatMap(({ pin, files }) => (pin ? { pin, files } : []))
  const laid = layOver(base, { filled, without })
  const pinned = new Set(input.pins.map(({ project }) => project))
  return {
    problems: [...chosen.flatMap(({ problem }) => problem ?? []), ...withoutProblems(base, without, pinned)],
    manifest: {
      schema: 'firn-release/1',
      product: input.name.product,
      release: input.name.release,
      base: input.base ? baseOf(input.base) : null,
      overrides: laid.overrides.toSorted(byProject),
      targets: input.targets.map(({ text }) => text).toSorted(compareCodePoints),
      roots: input.roots,
      pins: laid.pins.toSorted(byProject),
      files: laid.files.toSorted(compareFiles),
      waivers: [],
      unknown: [],
      source: input.source ?? null,
      changes: input.changes ?? null,
      'frozen-at': input.at,
      'frozen-by': input.by,
    },
  }
}

function baseOf({ manifest, digest }: NonNullable<FreezeInput['base']>): ManifestBase {
  return { product: manifest.product, release: manifest.release, digest }
}

interface Choice {
  readonly files: readonly ManifestFile[]
  readonly pin?: ManifestPin
  readonly problem?: Problem
}

function choose(pin: Pin, held: readonly ManifestFile[]): Choice {
  const files = held
    .filter(({ version }) => sameVersion(version, pin.version))
    .toSorted((a, b) => compareCodePoints(a.filename, b.filename))
  const other = files.find((file) => pin.files.some((stated) => isOtherThan(stated, file)))
  if (other) return { files: [], problem: otherContent(pin, other) }
  const allowed = pin.hashes.length === 0 ? files : files.filter(({ sha256 }) => pin.hashes.includes(sha256))
  const [any] = allowed
  if (!any) return { files: [], problem: lacking(pin, held, files) }
  const { project } = pin
  const marker = pin.marker === undefined ? null : printMarker(pin.marker)
  return { files: allowed, pin: { project, name: realName(allowed), version: any.version, marker } }
}

function isOtherThan({ filename, sha256 }: StatedFile, file: ManifestFile): boolean {
  return filename === file.filename && sha256 !== file.sha256
}

function otherContent(pin: Pin, { filename, sha256 }: ManifestFile): Problem {
  const [place] = pin.places
  const stated = pin.files.find((file) => file.filename === filename)?.sha256 ?? ''
  return {
    ...(place ? { place } : {}),
    message: `${filename}: the pool's has sha256 ${sha256}, but ${stated} is stated here`,
    hint: 'one of the two was tampered with or built anew: find out which is right',
  }
}

function lacking(pin: Pin, held: readonly ManifestFile[], files: readonly ManifestFile[]): Problem {
  const [place] = pin.places
  const wanted = `${pin.name}==${pin.version}`
  const at = place ? { place } : {}
  if (files.length > 0) {
    const message = `${wanted}: no file that the pool holds of it has a hash that is stated here`
    return { ...at, message, hint: 'the file that the hashes were made of is another one: find out which is right' }
  }
  const versions = [...new Set(held.map(({ version }) => version))]
  const message =
    versions.length === 0
      ? `${wanted}: the pool has no file of ${pin.name}`
      : `${wanted}: the pool has ${versions.slice(-5).join(', ')} of ${pin.name}, not ${pin.version}`
  return {
    ...at,
    message,
    hint: 'bring what is lacking into the pool: firn fetch with the same arguments, or firn upload',
  }
}

function manifestFile(file: Distribution): ManifestFile {
  return {
    filename: file.filename,
    project: file.project,
    name: file.name,
    version: file.version,
    kind: file.kind,
    size: file.size,
    sha256: file.sha256,
    'metadata-sha256': file.metadataSha256,
    ...(file.provenanceSha256 === null ? {} : { 'provenance-sha256': file.provenanceSha256 }),
    'requires-python': file.requiresPython,
    'upload-time': file.uploadTime,
    origin: file.origin?.url ?? null,
  }
}

function byProject(a: { readonly project: ProjectName }, b: { readonly project: ProjectName }): number {
  return compareCodePoints(a.project, b.project)
}
