import type { DistributionKind } from './filename.ts'
import type { ProjectName } from './project-name.ts'

/** sha256 in lower-case hex. */
export type Sha256 = string

/** An instant as `2026-11-24T11:13:00.000Z`: UTC, as PEP 700 wants `upload-time`. */
export type Iso = string

/** Where a distribution came from, when it was fetched: what the upstream index said of it that day. */
export interface Origin {
  readonly index: string
  readonly url: string
  readonly uploadTime: Iso | null
  /** The upstream's yank mark (PEP 592): its reason, `''` for none given; `null` if it was not yanked. */
  readonly yanked: string | null
}

/** One file of the pool. */
export interface Distribution {
  readonly filename: string
  readonly project: ProjectName
  /** The project's name as the file's metadata spells it. */
  readonly name: string
  /** The version as the file's metadata spells it. */
  readonly version: string
  readonly kind: DistributionKind
  readonly size: number
  readonly sha256: Sha256
  /** Digest of the core metadata's bytes as they stand in the archive (PEP 658). */
  readonly metadataSha256: Sha256
  readonly requiresPython: string | null
  /** When the file entered this pool (PEP 700 `upload-time`). */
  readonly uploadTime: Iso
  readonly origin: Origin | null
  /** The product that the file was uploaded for, privately; `null`: it is everybody's. */
  readonly product: string | null
  /** The yank that holds (PEP 592): its reason, `''` for none; ours if we said anything, else the upstream's. */
  readonly yanked: string | null
  /** Digest of the attestations that it was uploaded with, as they are served (PEP 740). */
  readonly provenanceSha256: Sha256 | null
}

/** The spelling that most of the files use; among equals the first by code point. `files` must not be empty. */
export function realName(files: readonly { readonly name: string; readonly project: ProjectName }[]): string {
  const counts = new Map<string, number>()
  for (const { name } of files) counts.set(name, (counts.get(name) ?? 0) + 1)
  const [best] = [...counts].toSorted(([a, inA], [b, inB]) => inB - inA || (a < b ? -1 : 1))
  if (!best) throw new TypeError('no files, no name')
  return best[0]
}
