import type SQLite from 'better-sqlite3'
import type { Dirent } from 'node:fs'
import { lstat, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { factsReader } from '../../pool/facts.ts'
import { isProjectName, normaliseName } from '../../pool/project-name.ts'
import { compareCodePoints } from '../../pool/version.ts'
import { isSystemError } from '../filesystem/durable.ts'
import { poolPath, type Layout } from '../layout.ts'
import { distribution } from '../sql/rows.ts'
import type { DistributionRow, PoolFileRow } from '../sql/schema.ts'
import { kindOf, type FileWanted } from './file-check.ts'
import type { Finding, FindingCode } from './finding.ts'
import type { HeldRows } from './held-rows.ts'

export interface Walking {
  readonly database: SQLite.Database
  readonly places: Pick<Layout, 'pool'>
  readonly told: Pick<HeldRows, 'stated' | 'rowless'>
  /** Somebody may be putting files there now. */
  readonly served: boolean
}

/** A file that is to be read, or what is wrong with the pool's directories. */
export type Walked = { readonly wanted: FileWanted } | { readonly finding: Finding }

/** No longer than this a file lies in the pool before an upload has its row, or after a removal has. */
const underWayMs = 60_000

/**
 * Goes through the pool by projects, so that what it takes does not grow with the pool. Rows are read before what lies
 * there: bytes come before rows, and what comes meanwhile is no finding.
 */
export async function* walkPool(walking: Walking): AsyncGenerator<Walked> {
  const { database, places } = walking
  const projects = database.prepare<[], string>('select distinct project from pool_files').pluck().all()
  const there = new Map((await entriesOf(places.pool)).map((entry) => [entry.name, entry]))
  for (const name of [...new Set([...projects, ...there.keys()])].toSorted(compareCodePoints)) {
    const entry = there.get(name)
    // What somebody wrote into a row does not lead out of the pool.
    if (!entry && !isPlace(name)) continue
    if (entry && !entry.isDirectory()) yield found('stray', `pool/${name}`, `is ${kindOf(entry)}`)
    yield* walkProject(walking, name, entry)
  }
}

function found(code: FindingCode, subject: string, detail: string): Walked {
  return { finding: { code, subject, detail } }
}

async function* walkProject(walking: Walking, project: string, directory: Dirent | undefined): AsyncGenerator<Walked> {
  const rows = walking.database
    .prepare<[string], PoolFileRow>('select * from pool_files where project = ? order by filename')
    .all(project)
  const left = new Map((await entriesOf(join(walking.places.pool, project))).map((entry) => [entry.name, entry]))
  if (directory?.isDirectory() === true && left.size === 0 && !isPlace(project))
    yield found('stray', `pool/${project}`, 'is no directory of a project')
  for (const row of rows) {
    // Its row is what is wrong, and its file lies where the log says.
    if ((walking.told.stated.get(row.filename)?.project ?? project) !== project) continue
    if (left.delete(row.filename)) {
      yield { wanted: wantedOf(walking, row) }
      continue
    }
    const other = underOtherCase(left, row.filename)
    if (other === undefined) yield found('file-missing', subjectOf(row), 'is gone')
    else {
      left.delete(other)
      yield found('name-case', subjectOf(row), `lies there as ${other}`)
    }
  }
  // A link leads elsewhere, and what else lies there is not the pool's.
  if (directory?.isDirectory() === false) return
  for (const entry of left.values()) yield* otherEntry(walking, project, entry)
}

/** Whether the pool may have a directory of that name. */
export function isPlace(project: string): boolean {
  return isProjectName(project) && normaliseName(project) === project
}

function underOtherCase(entries: ReadonlyMap<string, Dirent>, filename: string): string | undefined {
  const lower = filename.toLowerCase()
  return [...entries.values()].find((entry) => entry.isFile() && entry.name.toLowerCase() === lower)?.name
}

/** What a file of the pool is to be. */
export function wantedOf({ database, places, told }: Omit<Walking, 'served'>, row: PoolFileRow): FileWanted {
  const { filename, sha256 } = row
  const facts = database.prepare<[string, number], string>('select facts from facts where sha256 = ? and reader = ?')
  return {
    file: distribution(row),
    path: poolPath(places.pool, row),
    subject: subjectOf(row),
    stated: told.stated.get(filename),
    facts: facts.pluck().get(sha256, factsReader),
  }
}

function subjectOf({ project, filename }: Pick<DistributionRow, 'project' | 'filename'>): string {
  return `pool/${project}/${filename}`
}

/** Something of which there was no row. */
async function* otherEntry(
  { database, places, told, served }: Walking,
  project: string,
  entry: Dirent,
): AsyncGenerator<Walked> {
  const { name: filename } = entry
  const subject = subjectOf({ project, filename })
  if (isNoText(filename)) {
    yield found('stray', subject, 'has a name that is not UTF-8')
    return
  }
  if (!entry.isFile()) {
    yield found('stray', subject, `is ${kindOf(entry)}`)
    return
  }
  const isIn = (table: 'distributions' | 'pool_files') =>
    database.prepare(`select 1 from ${table} where filename = ? and project = ?`).get(filename, project) !== undefined
  // Where the log knows of it, its row is what is wrong.
  if (isIn('pool_files') || told.rowless.has(filename) || told.stated.has(filename)) return
  if (isIn('distributions')) {
    if (!served || !isBeingRemoved(database, filename)) yield found('removed-lies', subject, 'was removed')
  } else if (!served || !(await isUnderWay(poolPath(places.pool, { project, filename }))))
    yield found('orphan', subject, 'has no row')
}

/** When a file came under its name, its ctime says, which nobody can set. */
async function isUnderWay(path: string): Promise<boolean> {
  const status = await lstat(path).catch(() => undefined)
  return status === undefined || Date.now() - status.ctimeMs < underWayMs
}

/** The row of a removal is written before the file is erased. */
function isBeingRemoved(database: SQLite.Database, filename: string): boolean {
  const at = database.prepare<[string], string>('select at from removals where filename = ?').pluck().get(filename)
  return at === undefined || Date.now() - Date.parse(at) < underWayMs
}

/** Whether Node could not read a name, so that nothing can be done with what has it. */
export function isNoText(name: string): boolean {
  return name.includes('\ufffd')
}

/** Ascending by name. */
export async function entriesOf(directory: string): Promise<readonly Dirent[]> {
  try {
    const entries = await readdir(directory, { withFileTypes: true })
    return entries.toSorted((a, b) => compareCodePoints(a.name, b.name))
  } catch (error) {
    if (isSystemError(error, 'ENOENT', 'ENOTDIR')) return []
    throw error
  }
}
