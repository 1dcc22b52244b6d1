import { join } from 'node:path'

/**
 * Where everything of a data directory lies. No other file builds these paths.
 *
 *     data/
 *       firn.db            rows: distributions, metadata, releases, audit events (SQLite, with -wal and -shm)
 *       firn.lock          held by the one firn that serves this directory
 *       keys/signing.pem   the private key that releases and the log are signed with; nobody else may read it
 *       pool/<project>/<filename>
 *       staging/           uploads and downloads under way; swept at start
 *       orphans/           files that a crash left in pool/ without a row, moved out of the way of another upload
 */
export interface Layout {
  readonly directory: string
  readonly database: string
  readonly lock: string
  readonly keys: string
  readonly signingKey: string
  readonly pool: string
  readonly staging: string
  readonly orphans: string
}

export function layout(directory: string): Layout {
  return {
    directory,
    database: join(directory, 'firn.db'),
    lock: join(directory, 'firn.lock'),
    keys: join(directory, 'keys'),
    signingKey: join(directory, 'keys', 'signing.pem'),
    pool: join(directory, 'pool'),
    staging: join(directory, 'staging'),
    orphans: join(directory, 'orphans'),
  }
}

/** A file of the pool, as a row names it: whether it may have that name is for others to say. */
interface Named {
  readonly project: string
  readonly filename: string
}

/** A file's path in the pool of a data directory, or of a backup. */
export function poolPath(pool: string, { project, filename }: Named): string {
  return join(pool, project, filename)
}
