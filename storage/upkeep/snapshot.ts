import { readdir, readFile } from 'node:fs/promises'
import { z } from 'zod'
import { canonicalJson } from '../../pool/canonical-json.ts'
import type { Iso } from '../../pool/distribution.ts'
import { RegistryError } from '../../pool/errors.ts'
import { compareCodePoints } from '../../pool/version.ts'
import { isSystemError, isThere } from '../filesystem/durable.ts'
import { backupLayout, instantOf, isSnapshotName, snapshotLayout, type BackupLayout } from './backup-layout.ts'

const whole = z.number().int().nonnegative()
const sha256 = z.string().regex(/^[0-9a-f]{64}$/)

/** A file that the database names and the snapshot lacks. */
const problem = z.object({ project: z.string(), filename: z.string(), code: z.string(), message: z.string() })

/** Keys that are not known are those of a later firn. */
const schema = z.object({
  schema: z.literal('firn-backup/1'),
  at: z.iso.datetime(),
  /** Of the firn that made it. */
  firn: z.string(),
  database: z.object({ migration: z.string(), size: whole, sha256 }),
  log: z.object({ sequence: whole, digest: sha256 }),
  /** Ids of the key that signed the log's last line, and of the one that the snapshot has. */
  key: z.object({ id: sha256.nullable(), included: sha256.nullable() }),
  releases: whole,
  files: whole,
  /** Of all files of the pool. */
  bytes: whole,
  problems: z.array(problem),
})

/** What a backup says of a snapshot: `snapshot.json`. */
export type Snapshot = z.infer<typeof schema>
export type SnapshotProblem = z.infer<typeof problem>

/** A directory below `snapshots/`. */
export interface ListedSnapshot {
  readonly name: string
  /** `undefined`: the backup that made it did not come to its end, or what describes it cannot be read. */
  readonly snapshot: Snapshot | undefined
  /** Why what describes it, and is there, cannot be read. */
  readonly damage: string | undefined
}

export function printSnapshot(snapshot: Snapshot): string {
  return `${canonicalJson(snapshot)}\n`
}

export function isComplete({ problems }: Snapshot): boolean {
  return problems.length === 0
}

/** Ascending by filename, as everything that is written. */
export function inOrder(problems: readonly SnapshotProblem[]): readonly SnapshotProblem[] {
  return problems.toSorted((a, b) => compareCodePoints(a.filename, b.filename))
}

/** All snapshots in a directory. Throws `snapshot-unknown` where there is no such directory. */
export async function snapshotsIn(directory: string): Promise<readonly ListedSnapshot[]> {
  if (await isThere(directory)) return listSnapshots(backupLayout(directory))
  throw new RegistryError('snapshot-unknown', { directory }, { detail: `there is no ${directory}` })
}

/** All snapshots of a backup, the oldest first; none where there is no backup. Throws `input-unreadable`. */
export async function listSnapshots(layout: BackupLayout): Promise<readonly ListedSnapshot[]> {
  const names = await readdir(layout.snapshots).catch((error: unknown) => {
    if (isSystemError(error, 'ENOENT', 'ENOTDIR')) return []
    if (!isSystemError(error, 'EACCES', 'EPERM', 'EIO')) throw error
    const hint = 'run it as the user that the backup is of'
    throw new RegistryError(
      'input-unreadable',
      { path: layout.snapshots },
      { detail: error.message, hint, cause: error },
    )
  })
  const sorted = names.filter((name) => isSnapshotName(name)).toSorted(compareCodePoints)
  return Promise.all(sorted.map((name) => readSnapshot(layout, name)))
}

/** One that is damaged is no reason not to take another. */
async function readSnapshot(layout: BackupLayout, name: string): Promise<ListedSnapshot> {
  const path = snapshotLayout(layout, name).description
  try {
    const snapshot = schema.parse(JSON.parse(await readFile(path, 'utf8')))
    return { name, snapshot, damage: undefined }
  } catch (error) {
    if (isSystemError(error, 'ENOENT', 'ENOTDIR')) return { name, snapshot: undefined, damage: undefined }
    const why =
      error instanceof Error && 'syscall' in error
        ? error.message
        : 'it is no description of a snapshot that this firn knows'
    return { name, snapshot: undefined, damage: `${path} cannot be read: ${why}` }
  }
}

export interface SnapshotChoice {
  /** The last instant that will do. */
  readonly until?: Iso | undefined
  /** Whether one that lacks files will do. */
  readonly partial: boolean
}

/** The newest snapshot that will do. Throws `snapshot-unknown`; `backup-damaged` if nobody can tell whether a newer one will. */
export function chooseSnapshot(
  { directory }: Pick<BackupLayout, 'directory'>,
  listed: readonly ListedSnapshot[],
  { until, partial }: SnapshotChoice,
): { readonly name: string; readonly snapshot: Snapshot } {
  const whole = listed.flatMap(({ name, snapshot }) => (snapshot === undefined ? [] : [{ name, snapshot }]))
  const inTime = whole.filter(({ snapshot }) => until === undefined || snapshot.at <= until)
  const chosen = inTime.findLast(({ snapshot }) => partial || isComplete(snapshot))
  refuseDoubtful(listed, { until, chosen })
  if (chosen) return chosen
  const when = until === undefined ? '' : ` of ${until} or before`
  const lacking = inTime.length > 0
  throw new RegistryError(
    'snapshot-unknown',
    { directory },
    {
      detail: `${directory} has no ${lacking ? 'complete ' : ''}snapshot${when}`,
      hint: lacking ? 'one that lacks files is restored with --partial' : `firn store backups ${directory} lists them`,
    },
  )
}

interface Chosen {
  readonly until: Iso | undefined
  readonly chosen: { readonly name: string; readonly snapshot: Snapshot } | undefined
}

/** Who asks for the newest state is not given an older one without a word. */
function refuseDoubtful(listed: readonly ListedSnapshot[], { until, chosen }: Chosen): void {
  const inTime = listed.filter(({ name }) => until === undefined || instantOf(name) <= until)
  const damaged = inTime.findLast(({ damage }) => damage !== undefined)
  if (!damaged || (chosen && chosen.name > damaged.name)) return
  const hint = chosen && `the one before it is taken with --at ${chosen.snapshot.at}`
  throw new RegistryError('backup-damaged', {}, { detail: damaged.damage ?? '', ...(hint ? { hint } : {}) })
}
