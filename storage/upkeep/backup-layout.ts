import { join } from 'node:path'
import type { Iso } from '../../pool/distribution.ts'

/**
 * Where everything of a backup lies. No other file builds these paths.
 *
 *     backup/
 *       firn-backup.lock   held by the one backup that writes here; also what a backup is known by
 *       pool/<project>/<filename>   each file once, for all snapshots
 *       snapshots/<instant>/
 *         firn.db          the database as it was then; one file, without -wal
 *         signing.pem      the signing key; nobody but its owner may read it
 *         snapshot.json    written last: a snapshot without it does not count
 *       staging/           files being copied; swept by the next backup
 *       aside/<filename>/  what was damaged here, and copied again
 */
export interface BackupLayout {
  readonly directory: string
  readonly lock: string
  readonly pool: string
  readonly snapshots: string
  readonly staging: string
  readonly aside: string
}

export function backupLayout(directory: string): BackupLayout {
  return {
    directory,
    lock: join(directory, 'firn-backup.lock'),
    pool: join(directory, 'pool'),
    snapshots: join(directory, 'snapshots'),
    staging: join(directory, 'staging'),
    aside: join(directory, 'aside'),
  }
}

export interface SnapshotLayout {
  readonly directory: string
  readonly database: string
  readonly signingKey: string
  readonly description: string
}

export function snapshotLayout({ snapshots }: BackupLayout, name: string): SnapshotLayout {
  const directory = join(snapshots, name)
  return {
    directory,
    database: join(directory, 'firn.db'),
    signingKey: join(directory, 'signing.pem'),
    description: join(directory, 'snapshot.json'),
  }
}

/** An instant as a name that every file system takes: `2026-11-25T22-17-30.123Z`. */
export function snapshotName(at: Iso): string {
  return at.replaceAll(':', '-')
}

/** The instant that a snapshot is named by. */
export function instantOf(name: string): Iso {
  return name.replace(/T(\d\d)-(\d\d)-/, 'T$1:$2:')
}

/** Whatever else somebody puts beside snapshots is none. */
export function isSnapshotName(name: string): boolean {
  return /^\d{4}-\d\d-\d\dT\d\d-\d\d-\d\d\.\d{3}Z$/.test(name)
}
