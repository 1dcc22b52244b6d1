import { canonicalJson, type Json } from './canonical-json.ts'
import type { Iso, Sha256 } from './distribution.ts'
import { RegistryError } from './errors.ts'
import type { DistributionKind } from './filename.ts'
import type { Rule } from './findings.ts'
import { grouped } from './grouped.ts'
import type { ProjectName } from './project-name.ts'
import { compareCodePoints } from './version.ts'

/** One file of a release. Field names are those of the manifest's JSON. */
export interface ManifestFile {
  readonly filename: string
  readonly project: ProjectName
  readonly name: string
  readonly version: string
  readonly kind: DistributionKind
  readonly size: number
  readonly sha256: Sha256
  readonly 'metadata-sha256': Sha256
  /** Of the attestations that it came with (PEP 740); not there if it came without. */
  readonly 'provenance-sha256'?: Sha256
  readonly 'requires-python': string | null
  /** When the file entered the pool. */
  readonly 'upload-time': Iso
  /** The URL that it was fetched from; `null` if it was uploaded. */
  readonly origin: string | null
}

export interface ManifestPin {
  readonly project: ProjectName
  readonly name: string
  readonly version: string
  /** PEP 508 marker of where the pin holds; `null`: everywhere. */
  readonly marker: string | null
}

/** The release that this one is laid over. */
export interface ManifestBase {
  readonly product: string
  readonly release: string
  readonly digest: Sha256
}

/** A pin of the base that this release has another version of; `to` is `null` where it is left out. */
export interface ManifestOverride {
  readonly project: ProjectName
  readonly name: string
  readonly from: string
  readonly to: string | null
}

/** What spoke against the release and was let pass. */
export interface ManifestWaiver {
  readonly rule: Rule
  readonly project: ProjectName
  readonly reason: string
  readonly by: string
  /** The day after which it no longer holds; `null`: no end. */
  readonly until: string | null
  /** What it lets pass, in words. */
  readonly waived: readonly string[]
}

/** The commit that the product was released from. */
export interface ManifestSource {
  readonly url: string | null
  readonly revision: string
  readonly tag: string | null
}

/** The description of a release that everything else is made from. */
export interface Manifest {
  readonly schema: 'firn-release/1'
  readonly product: string
  readonly release: string
  readonly base: ManifestBase | null
  /** What differs from the base; ascending by project. */
  readonly overrides: readonly ManifestOverride[]
  readonly targets: readonly string[]
  /** The requirements asked for, besides those of the base. */
  readonly roots: readonly string[]
  /** Ascending by project. */
  readonly pins: readonly ManifestPin[]
  /** Ascending by project, then filename. */
  readonly files: readonly ManifestFile[]
  /** Ascending by project, then rule. */
  readonly waivers: readonly ManifestWaiver[]
  /** Files whose dependencies are stated only in their code, so that nobody knows whether they are met; ascending. */
  readonly unknown: readonly string[]
  readonly source: ManifestSource | null
  /** The changelog's section of this release. */
  readonly changes: string | null
  readonly 'frozen-at': Iso
  readonly 'frozen-by': string
}

/** The manifest's one spelling (RFC 8785). Its sha256 is the release's digest. */
export function printManifest(manifest: Manifest): string {
  return canonicalJson(manifest as unknown as Json)
}

/** Reads a manifest that this or an earlier firn has printed. Throws `data-too-new` on a schema it does not know. */
export function readManifest(text: string): Manifest {
  // What is missing was not there to be said before 0.2.
  const manifest: Manifest = Object.assign({ overrides: [], unknown: [] }, JSON.parse(text) as Manifest)
  if (manifest.schema !== 'firn-release/1') throw new RegistryError('data-too-new', { schema: manifest.schema })
  return manifest
}

export function filesByProject({ files }: Pick<Manifest, 'files'>): ReadonlyMap<ProjectName, readonly ManifestFile[]> {
  return grouped(files, ({ project }) => project)
}

/** The order of a manifest's files. */
export function compareFiles(a: ManifestFile, b: ManifestFile): number {
  return compareCodePoints(a.project, b.project) || compareCodePoints(a.filename, b.filename)
}

/** Whether two manifests describe the same software: all but who froze it and when. */
export function sameContent(a: Manifest, b: Manifest): boolean {
  return (
    printManifest({ ...a, 'frozen-at': '', 'frozen-by': '' }) ===
    printManifest({ ...b, 'frozen-at': '', 'frozen-by': '' })
  )
}

/** How two manifests of one release differ, in words, for the one whose freeze is refused. At most `limit` lines. */
export function describeDifference(frozen: Manifest, asked: Manifest, limit = 20): readonly string[] {
  const before = new Map(frozen.files.map((file) => [file.filename, file.sha256]))
  const after = new Map(asked.files.map((file) => [file.filename, file.sha256]))
  const lines = [
    ...asked.files
      .filter(({ filename }) => !before.has(filename))
      .map(({ filename }) => `not in the frozen release: ${filename}`),
    ...frozen.files
      .filter(({ filename }) => !after.has(filename))
      .map(({ filename }) => `only in the frozen release: ${filename}`),
    ...asked.files
      .filter(({ filename, sha256 }) => before.has(filename) && before.get(filename) !== sha256)
      .map(({ filename }) => `other content: ${filename}`),
    ...otherAttestations(frozen, asked).map((filename) => `other attestations: ${filename}`),
    ...listDifference('target', frozen.targets, asked.targets),
    ...listDifference('requirement', frozen.roots, asked.roots),
    ...listDifference('base', basesOf(frozen), basesOf(asked)),
    ...listDifference('left out of the base', leftOut(frozen), leftOut(asked)),
    ...listDifference('source', sourcesOf(frozen), sourcesOf(asked)),
    ...(frozen.changes === asked.changes ? [] : ["the changelog's section is another one"]),
  ]
  return lines.length > limit ? [...lines.slice(0, limit), `and ${lines.length - limit} more`] : lines
}

function otherAttestations(frozen: Manifest, asked: Manifest): readonly string[] {
  const before = new Map(frozen.files.map((file) => [file.filename, file]))
  const differs = (file: ManifestFile) => {
    const known = before.get(file.filename) ?? file
    return known.sha256 === file.sha256 && known['provenance-sha256'] !== file['provenance-sha256']
  }
  return asked.files.filter(differs).map(({ filename }) => filename)
}

function basesOf({ base }: Manifest): readonly string[] {
  return base ? [`${base.product}/${base.release} sha256:${base.digest}`] : []
}

function leftOut({ overrides }: Manifest): readonly string[] {
  return overrides.filter(({ to }) => to === null).map(({ name }) => name)
}

function sourcesOf({ source }: Manifest): readonly string[] {
  return source ? [[source.url, source.revision, source.tag].filter((part) => part !== null).join(' ')] : []
}

function listDifference(what: string, frozen: readonly string[], asked: readonly string[]): string[] {
  return [
    ...asked.filter((each) => !frozen.includes(each)).map((each) => `${what}, not in the frozen release: ${each}`),
    ...frozen.filter((each) => !asked.includes(each)).map((each) => `${what}, only in the frozen release: ${each}`),
  ]
}
