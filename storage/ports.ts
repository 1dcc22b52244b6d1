import type { Readable } from 'node:stream'
import type { Distribution, Iso, Sha256 } from '../pool/distribution.ts'
import type { DistributionFacts } from '../pool/facts.ts'
import type { ManifestBase } from '../pool/manifest.ts'
import type { ProjectName } from '../pool/project-name.ts'
import type { Signature } from '../pool/proof/envelope.ts'
import type { ReleaseName } from '../pool/release-name.ts'
import type { AuditEvent, EventRecords } from './ports/events.ts'
import type { KeyRecords } from './ports/keys.ts'
import type { OverlayRecords } from './ports/overlays.ts'
import type { TokenRecords } from './ports/tokens.ts'
import type { TotalRecords } from './ports/totals.ts'

/** A file that lies complete, hashed and fsynced in staging, waiting to be adopted or discarded. */
export interface Staged {
  readonly path: string
  readonly size: number
  readonly sha256: Sha256
  /** Further digests that were asked for, by algorithm, in lower-case hex. */
  readonly digests: Readonly<Record<string, string>>
}

export interface PoolPlace {
  readonly project: ProjectName
  readonly filename: string
}

/** Bytes `start` to `end`, both included, from 0. */
export interface ByteRange {
  readonly start: number
  readonly end: number
}

/** The bytes of the pool. There is no overwrite, and no delete but of what was removed (`removeDistribution`). Every backend passes `test/contract/pool-files.ts`. */
export interface PoolFiles {
  /**
   * Takes a staged file in; on return it is durable under its place, and gone from staging. Same bytes there already:
   * fine. Other bytes: `distribution-exists`. Throws `storage-full`.
   */
  adopt(staged: Staged, place: PoolPlace): Promise<void>
  /** Moves a file that no row names out of the pool's way, keeping it. No file there: fine. */
  setAside(place: PoolPlace): Promise<void>
  /** Ends a file whose row says that it was removed. No file there: fine. */
  erase(place: PoolPlace): Promise<void>
  /** Throws `file-missing`. The size is that of the whole file. */
  open(place: PoolPlace, range?: ByteRange): Promise<Readable>
  /** A whole file at once; for small ones. Throws `file-missing`. */
  read(place: PoolPlace): Promise<Buffer>
  /** Every place, ascending by project and filename. For check and backup. */
  list(): AsyncIterable<PoolPlace>
}

export interface FrozenRelease {
  readonly name: ReleaseName
  readonly digest: Sha256
  /** The canonical manifest. */
  readonly manifest: string
  readonly frozenAt: Iso
  /** Those from elsewhere first; then by key. None on what was frozen before there was a key, and not signed since. */
  readonly signatures: readonly Signature[]
}

/** A release that is to be frozen. */
export type UnsignedRelease = Omit<FrozenRelease, 'signatures'>

/** A release in short: what lists and questions about many releases need. */
export interface ReleaseSummary extends Omit<UnsignedRelease, 'manifest'> {
  readonly frozenBy: string
  /** How many it has. */
  readonly pins: number
  readonly files: number
  readonly base: ManifestBase | null
  /** Counts freezes, so that two of one instant have an order. */
  readonly sequence: number
}

export interface ReleaseListing {
  readonly product?: string | undefined
  /** The release that the ones asked for come after: the last of the page before. */
  readonly after?: ReleasePosition | undefined
  readonly limit?: number | undefined
}

export interface ReleasePosition {
  readonly product: string
  readonly frozenAt: Iso
  readonly sequence: number
}

export interface ReleaseChanges {
  readonly name: ReleaseName
  readonly frozenAt: Iso
  readonly changes: string
}

export interface ExactVersion {
  readonly project: ProjectName
  readonly version: string
}

/** What is known of the pool's files. What was removed is not among them. */
export interface DistributionRecords {
  distribution(filename: string): Promise<Distribution | undefined>
  /** All files of a project, ascending by filename. */
  distributionsOf(project: ProjectName): Promise<readonly Distribution[]>
  /** Those that had entered the pool before an instant, with the yanks that held then. */
  distributionsBefore(project: ProjectName, before: Iso): Promise<readonly Distribution[]>
  /** The same for many projects at once. Projects without files are not in the map. */
  distributionsOfAll(projects: readonly ProjectName[]): Promise<ReadonlyMap<ProjectName, readonly Distribution[]>>
  /**
   * The files of versions of projects, each however it spells its version, ascending by filename. What it costs does not
   * grow with the pool. Projects without such files are not in the map.
   */
  distributionsOfPins(pins: readonly ExactVersion[]): Promise<ReadonlyMap<ProjectName, readonly Distribution[]>>
  /** Those of the projects that are the team's own: a file of them was uploaded, even if it has been removed since. */
  ownProjects(projects: readonly ProjectName[]): Promise<ReadonlySet<ProjectName>>
  /** The files whose sha256 starts with these lower-case hex digits, ascending by filename. */
  distributionsByDigest(prefix: string): Promise<readonly Distribution[]>
  /**
   * Every project of the pool with its name, but those all whose files are private to `hidden`; ascending by project. With
   * an instant: as they were before it.
   */
  projects(
    hidden?: readonly string[],
    before?: Iso,
  ): Promise<readonly { readonly project: ProjectName; readonly name: string }[]>
  metadata(sha256: Sha256): Promise<Buffer | undefined>
  /** What was kept of the attestations of a file (PEP 740), JSON. */
  provenance(sha256: Sha256): Promise<string | undefined>
  /**
   * Adds a row whose bytes the pool holds already. `same`: it was there with the same sha256, nothing was written.
   * Throws `distribution-exists`, `distribution-removed`.
   */
  addDistribution(addition: Addition, event: AuditEvent): Promise<'added' | 'same'>
}

/** A file with what was read out of it when it came. */
export interface Addition {
  readonly distribution: Distribution
  readonly metadata: Uint8Array
  readonly facts: DistributionFacts
  /** JSON, of the digest that the distribution states. */
  readonly provenance?: string | undefined
}

/** What is read out of files, by the digest of their content. */
export interface FactRecords {
  /** As the present reader reads them; contents that it has not read are not in the map. */
  factsOfAll(sha256s: readonly Sha256[]): Promise<ReadonlyMap<Sha256, DistributionFacts>>
  /**
   * Adds facts of files that came before there was this reader. No event tells of it: they follow from the bytes.
   * What is there already stays.
   */
  addFacts(facts: ReadonlyMap<Sha256, DistributionFacts>): Promise<void>
}

export interface ReleaseRecords {
  release(name: ReleaseName): Promise<FrozenRelease | undefined>
  /** Freezes and signs a release that may bring signatures. Throws `release-frozen` if there is one of that name. */
  freezeRelease(release: UnsignedRelease, event: AuditEvent, brought?: readonly Signature[]): Promise<FrozenRelease>
}

/** Questions about many releases. They are answered without reading a manifest. */
export interface SummaryRecords {
  /** Ascending by product; within it the last frozen first. A release frozen meanwhile moves none to another page. */
  releases(listing?: ReleaseListing): Promise<readonly ReleaseSummary[]>
  /** The releases laid over this one, in the same order. */
  releasesOver(base: ReleaseName): Promise<readonly ReleaseSummary[]>
  /** The releases that each file is in, in the same order. Files that are in none are not in the map. */
  releasesOf(filenames: readonly string[]): Promise<ReadonlyMap<string, readonly ReleaseSummary[]>>
  /**
   * What changed in each release of the product frozen after one of the two and not after the other; ascending by time.
   * None if they are of two products.
   */
  changesBetween(from: ReleaseName, to: ReleaseName): Promise<readonly ReleaseChanges[]>
}

/**
 * The rows. Each write is one atomic command with its audit event; when it returns, it is durable. There is no update,
 * and no delete but that of `removeDistribution`. Every backend passes `test/contract/records.ts`.
 */
export interface Records
  extends
    DistributionRecords,
    OverlayRecords,
    FactRecords,
    ReleaseRecords,
    SummaryRecords,
    EventRecords,
    KeyRecords,
    TokenRecords,
    TotalRecords {
  close(): Promise<void>
}
