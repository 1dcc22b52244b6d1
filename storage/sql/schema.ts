import type { Generated } from 'kysely'

/** The tables as kysely sees them. What keeps them immutable is in `migrations/`. */
export interface Schema {
  readonly distributions: DistributionRow
  readonly pool_files: PoolFileRow
  readonly provenance: ProvenanceRow
  readonly yanks: YankRow
  readonly project_statuses: ProjectStatusRow
  readonly removals: RemovalRow
  readonly metadata: MetadataRow
  readonly facts: FactsRow
  readonly versions: VersionRow
  readonly releases: ReleaseRow
  readonly events: EventRow
  readonly release_summaries: ReleaseSummaryRow
  readonly file_numbers: FileNumberRow
  readonly release_files: ReleaseFileRow
  readonly event_signatures: EventSignatureRow
  readonly release_signatures: ReleaseSignatureRow
  readonly signing_keys: SigningKeyRow
  readonly tokens: TokenRow
  readonly token_revocations: TokenTimeRow
  readonly token_uses: TokenTimeRow
}

export interface DistributionRow {
  readonly filename: string
  readonly project: string
  readonly name: string
  readonly version: string
  readonly kind: string
  readonly size: number
  readonly sha256: string
  readonly metadata_sha256: string
  readonly requires_python: string | null
  readonly upload_time: string
  readonly origin_index: string | null
  readonly origin_url: string | null
  readonly origin_upload_time: string | null
  readonly origin_yanked: string | null
  readonly product: string | null
  readonly provenance_sha256: string | null
}

/** A view: the distributions that are in the pool now, with the last mark on each. */
export interface PoolFileRow extends DistributionRow {
  /** Of the last row in `yanks`; `null`: nobody here has marked the file. */
  readonly yank: number | null
  readonly yank_reason: string | null
}

export interface ProvenanceRow {
  readonly sha256: string
  readonly json: string
}

/** A yank with its reason, `''` for none; `null`: the yank is taken back. */
export interface YankRow {
  readonly id: Generated<number>
  readonly filename: string
  readonly reason: string | null
  readonly at: string
}

export interface ProjectStatusRow {
  readonly id: Generated<number>
  readonly project: string
  readonly status: string
  readonly reason: string | null
  readonly at: string
}

/** The row of `distributions` stays: its filename never means other bytes. */
export interface RemovalRow {
  readonly filename: string
  readonly reason: string
  readonly at: string
}

export interface MetadataRow {
  readonly sha256: string
  readonly bytes: Buffer
}

/** Which files there are of a version. */
export interface VersionRow {
  /** Of `pin-key.ts`. */
  readonly pin: string
  readonly filename: string
}

export interface FactsRow {
  readonly sha256: string
  /** Which `factsReader` read them. */
  readonly reader: number
  /** Canonical JSON. */
  readonly facts: string
}

export interface ReleaseRow {
  readonly product: string
  readonly release: string
  readonly digest: string
  readonly manifest: string
  readonly frozen_at: string
}

export interface EventRow {
  readonly sequence: number
  readonly at: string
  readonly actor: string
  readonly verb: string
  readonly subject: string
  /** Canonical JSON. */
  readonly facts: string
  /** sha256 of the event before this one, in hex; of nothing for the first. */
  readonly previous: string
  /** sha256 of this event with `previous` in it: a changed line breaks every later one. */
  readonly digest: string
}

/** A release in short. `id` counts freezes. */
export interface ReleaseSummaryRow {
  readonly id: Generated<number>
  readonly product: string
  readonly release: string
  readonly digest: string
  readonly frozen_at: string
  readonly frozen_by: string
  readonly pins: number
  readonly files: number
  readonly base_product: string | null
  readonly base_release: string | null
  readonly base_digest: string | null
  readonly changes: string | null
}

/** Of files that are in a release. */
export interface FileNumberRow {
  readonly id: Generated<number>
  readonly filename: string
}

export interface ReleaseFileRow {
  readonly file: number
  readonly release: number
}

export interface EventSignatureRow {
  readonly sequence: number
  readonly key: string
  readonly signature: string
}

export interface ReleaseSignatureRow {
  readonly product: string
  readonly release: string
  readonly key: string
  readonly signature: string
}

export interface SigningKeyRow {
  readonly id: string
  readonly pem: string
  readonly since: string
}

export interface TokenRow {
  readonly id: string
  readonly name: string
  /** With a blank between them. */
  readonly scopes: string
  readonly sha256: string
  readonly created_at: string
  readonly created_by: string
  readonly expires_at: string | null
}

/** When a token was revoked, or last used. */
export interface TokenTimeRow {
  readonly id: string
  readonly at: string
}
