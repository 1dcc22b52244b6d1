import type { Iso } from '../../pool/distribution.ts'
import type { PoolPlace } from '../ports.ts'
import type { SnapshotProblem } from './snapshot.ts'

/** What a backup or a restore tells while it works. */
export type UpkeepEvent =
  /** What is ahead; of a backup, once for the database and once for the files. */
  | { readonly event: 'plan'; readonly what: 'database' | 'files'; readonly files: number; readonly bytes: number }
  | { readonly event: 'progress'; readonly bytes: number }
  | ({ readonly event: 'copied'; readonly size: number } & PoolPlace)
  /** A file of the backup had other bytes; it was kept there, and copied again. */
  | ({ readonly event: 'set-aside'; readonly path: string } & PoolPlace)
  | ({ readonly event: 'problem' } & SnapshotProblem)
  /** What describes a snapshot of before is damaged. */
  | { readonly event: 'unreadable'; readonly message: string }
  /** A snapshot of before that is not kept. */
  | { readonly event: 'dropped'; readonly name: string; readonly at: Iso | null }
  /** A file that the registry has removed, and no kept snapshot names. */
  | ({ readonly event: 'erased' } & PoolPlace)

/** What both work with. */
export interface UpkeepDeps {
  readonly report: (event: UpkeepEvent) => void
  readonly signal: AbortSignal
}
