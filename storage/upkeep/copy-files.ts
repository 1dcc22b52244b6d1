import { randomUUID } from 'node:crypto'
import { lstat, rename } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { isRegistryError } from '../../pool/errors.ts'
import type { Fault } from '../fault.ts'
import { isSystemError, makeDirectory, syncDirectory } from '../filesystem/durable.ts'
import type { NamedFile } from '../sql/database-copy.ts'
import { type BackupLayout } from './backup-layout.ts'
import { copyChecked, readChecked, type Watching } from './copy-file.ts'
import { eachOf } from './each-of.ts'
import { inOrder, type SnapshotProblem } from './snapshot.ts'
import type { UpkeepDeps } from './upkeep-event.ts'
import { poolPath } from '../layout.ts'

/** Reading one file, and waiting until another is on disk. */
const atOnce = 4

export interface CopyDeps extends UpkeepDeps {
  readonly fault: Fault
}

export interface CopyRequest {
  /** The pool that the files come from. */
  readonly pool: string
  readonly backup: BackupLayout
  readonly files: readonly NamedFile[]
  /** Whether what is there is read, not only measured. */
  readonly verify: boolean
  /** Whether the registry has removed it meanwhile. */
  readonly isRemoved: (file: NamedFile) => boolean
}

export interface CopiedFiles {
  readonly copied: number
  readonly copiedBytes: number
  readonly kept: number
  readonly problems: readonly SnapshotProblem[]
  /** Whether a file that could not be had was removed meanwhile. */
  readonly removed: boolean
}

/** How a file stands in the backup before it is copied. */
interface Standing {
  readonly file: NamedFile
  readonly state: 'absent' | 'there' | 'damaged'
}

/**
 * Brings files into a backup that lacks them, each checked as it is copied. A file that cannot be had is a problem and
 * stops no other. On return all is durable.
 */
export async function copyFiles(deps: CopyDeps, request: CopyRequest): Promise<CopiedFiles> {
  const { files, backup, verify } = request
  const standing = await standingOf(backup, files)
  const ahead = standing.filter(({ state }) => verify || state !== 'there')
  const bytes = ahead.reduce((sum, { file }) => sum + file.size, 0)
  deps.report({ event: 'plan', what: 'files', files: ahead.length, bytes })
  const copied: NamedFile[] = []
  const problems: SnapshotProblem[] = []
  let removed = false
  await eachOf(ahead, atOnce, async (each) => {
    deps.signal.throwIfAborted()
    try {
      if (each.state === 'there' && (await isSound(deps, backup, each.file))) return
      await copyOne(deps, request, each)
      copied.push(each.file)
    } catch (error) {
      if (isRegistryError(error, 'file-missing') && request.isRemoved(each.file)) {
        removed = true
        return
      }
      problems.push(problemOf(each.file, error))
      deps.report({ event: 'problem', ...problemOf(each.file, error) })
    }
  })
  await syncPool(backup, files)
  deps.fault('backup:files-synced')
  return {
    copied: copied.length,
    copiedBytes: copied.reduce((sum, { size }) => sum + size, 0),
    kept: files.length - copied.length - problems.length,
    problems: inOrder(problems),
    removed,
  }
}

async function standingOf(backup: BackupLayout, files: readonly NamedFile[]): Promise<readonly Standing[]> {
  const found: Standing[] = []
  await eachOf(files, atOnce, async (file) => {
    found.push({ file, state: await stateOf(backup, file) })
  })
  return found
}

async function stateOf(backup: BackupLayout, file: NamedFile): Promise<Standing['state']> {
  try {
    const status = await lstat(poolPath(backup.pool, file))
    return status.isFile() && status.size === file.size ? 'there' : 'damaged'
  } catch (error) {
    if (isSystemError(error, 'ENOENT')) return 'absent'
    throw error
  }
}

async function isSound(deps: CopyDeps, backup: BackupLayout, file: NamedFile): Promise<boolean> {
  try {
    await readChecked(poolPath(backup.pool, file), file, watching(deps))
    return true
  } catch (error) {
    if (isRegistryError(error)) return false
    throw error
  }
}

/** The good copy is there before the damaged one goes. */
async function copyOne(deps: CopyDeps, { pool, backup }: CopyRequest, { file, state }: Standing): Promise<void> {
  const staged = join(backup.staging, `${randomUUID()}.part`)
  const place = poolPath(backup.pool, file)
  await copyChecked(poolPath(pool, file), staged, file, watching(deps))
  deps.fault('backup:file-staged')
  await makeDirectory(dirname(place))
  if (state !== 'absent') await setAside(deps, { backup, file, place })
  await rename(staged, place)
  deps.fault('backup:file-named')
  const { project, filename, size } = file
  deps.report({ event: 'copied', project, filename, size })
}

interface SettingAside {
  readonly backup: BackupLayout
  readonly file: NamedFile
  readonly place: string
}

async function setAside(deps: CopyDeps, { backup, file, place }: SettingAside): Promise<void> {
  const { project, filename } = file
  const path = join(backup.aside, filename, randomUUID())
  await makeDirectory(dirname(path))
  await rename(place, path)
  deps.report({ event: 'set-aside', project, filename, path })
}

/** Also of what was there: the backup that brought it may have been killed before it was durable. */
async function syncPool(backup: BackupLayout, files: readonly NamedFile[]): Promise<void> {
  const projects = [...new Set(files.map(({ project }) => project))]
  await eachOf(projects, atOnce, (project) =>
    syncDirectory(join(backup.pool, project)).catch((error: unknown) => {
      // None of its files could be had.
      if (!isSystemError(error, 'ENOENT')) throw error
    }),
  )
  await syncDirectory(backup.pool)
}

export function watching({ report, signal }: UpkeepDeps): Watching {
  return { signal, onBytes: (bytes) => report({ event: 'progress', bytes }) }
}

/** What is wrong with a file; whatever else fails is thrown again. */
export function problemOf({ project, filename }: NamedFile, error: unknown): SnapshotProblem {
  if (!isRegistryError(error)) throw error
  return { project, filename, code: error.code, message: error.detail ?? error.message }
}
