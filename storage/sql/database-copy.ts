import SQLite from 'better-sqlite3'
import type { Sha256 } from '../../pool/distribution.ts'
import { RegistryError } from '../../pool/errors.ts'
import { beforeAll, type LogLine } from '../../pool/proof/log-line.ts'
import type { PoolPlace } from '../ports.ts'
import { refuseNewer } from './sqlite.ts'
import { openReadOnly, openSqlite } from './open-sqlite.ts'

export type Head = Pick<LogLine, 'sequence' | 'digest'>

/** A file that a database says is in the pool. */
export interface NamedFile extends PoolPlace {
  readonly size: number
  readonly sha256: Sha256
}

/** What a backup needs to know of a database. */
export interface DatabaseFacts {
  /** The last change of its schema. */
  readonly migration: string
  /** Ascending by project and filename. */
  readonly files: readonly NamedFile[]
  /** What was removed from the pool: their names alone are kept. */
  readonly removed: readonly PoolPlace[]
  readonly releases: number
  readonly log: Head
  /** Id of the key that signed the log's last line; `null`: it is not signed. */
  readonly key: Sha256 | null
}

/** A database of one instant, beside whoever writes to it. */
export interface FrozenDatabase {
  /** Whether the log has this line, and so all before it. */
  hasLine(head: Head): boolean
  readonly bytes: number
  /** Copies it to a path where nothing is, telling how far it is; `onBytes` may throw to end it. Throws `data-unusable` if it is damaged. */
  copyTo(path: string, onBytes: (bytes: number) => void): Promise<void>
  close(): void
}

/**
 * Opens a database for reading and holds it as it is now. Without the open transaction a commit of the server would make
 * SQLite's backup begin anew (sqlite.org/c3ref/backup_finish.html), and so never end on a busy one.
 * Throws `data-unusable`, `data-too-new`.
 */
export function freezeDatabase(path: string): FrozenDatabase {
  const database = openForReading(path)
  try {
    database.exec('begin')
    refuseNewer(database, path)
    const pageSize = database.pragma('page_size', { simple: true }) as number
    const bytes = pageSize * (database.pragma('page_count', { simple: true }) as number)
    return {
      bytes,
      hasLine: ({ sequence, digest }) =>
        sequence === 0 ||
        database.prepare('select digest from events where sequence = ?').pluck().get(sequence) === digest,
      copyTo: (to, onBytes) => copyDatabase(database, to, { pageSize, onBytes }),
      close: () => database.close(),
    }
  } catch (cause) {
    database.close()
    throw unreadable(path, cause)
  }
}

interface Copying {
  readonly pageSize: number
  readonly onBytes: (bytes: number) => void
}

/** At once; then whoever waits is told how far it is. */
const pagesAtOnce = 4096

async function copyDatabase(database: SQLite.Database, to: string, { pageSize, onBytes }: Copying): Promise<void> {
  let left: number | undefined
  await database.backup(to, {
    progress({ totalPages, remainingPages }) {
      onBytes(((left ?? totalPages) - remainingPages) * pageSize)
      left = remainingPages
      return pagesAtOnce
    },
  })
  // SQLite does not tell of the last step.
  onBytes((left ?? 0) * pageSize)
  const copy = openSqlite(to)
  try {
    // One file that can be read where nothing can be written: with WAL it would want two more beside it.
    copy.pragma('journal_mode = DELETE')
    refuseDamaged(copy, database.name)
  } finally {
    copy.close()
  }
}

function refuseDamaged(database: SQLite.Database, path: string): void {
  const found = database.pragma('integrity_check(10)') as readonly { readonly integrity_check: string }[]
  const problems = found.map((row) => row.integrity_check).filter((text) => text !== 'ok')
  if (problems.length > 0) throw damaged(path, problems[0])
}

function damaged(path: string, what: unknown, cause?: unknown): RegistryError {
  return new RegistryError(
    'data-unusable',
    { path },
    {
      detail: `${path} is damaged: ${String(what)}`,
      hint: 'stop the server and restore a snapshot of before: firn store restore BACKUP NEW-DIRECTORY',
      cause,
    },
  )
}

/** Reads what a database names, that nobody writes to. Throws `data-unusable`, `data-too-new`. */
export function readDatabase(path: string): DatabaseFacts {
  const database = openForReading(path)
  try {
    refuseNewer(database, path)
    return factsOf(database, path)
  } catch (cause) {
    throw unreadable(path, cause)
  } finally {
    database.close()
  }
}

/** Whether a file was removed from the pool; the server may be at work. Throws as `readDatabase`. */
export function hasRemoved(path: string, filename: string): boolean {
  const database = openForReading(path)
  try {
    return database.prepare('select 1 from removals where filename = ?').get(filename) !== undefined
  } catch (cause) {
    // A schema of before has no such table.
    if (cause instanceof SQLite.SqliteError && cause.code === 'SQLITE_ERROR') return false
    throw unreadable(path, cause)
  } finally {
    database.close()
  }
}

function openForReading(path: string): SQLite.Database {
  try {
    return openReadOnly(path)
  } catch (cause) {
    throw unreadable(path, cause)
  }
}

function unreadable(path: string, cause: unknown): unknown {
  if (cause instanceof RegistryError) return cause
  if (!(cause instanceof SQLite.SqliteError) && !(cause instanceof TypeError)) return cause
  if (cause instanceof SQLite.SqliteError && cause.code.startsWith('SQLITE_CORRUPT'))
    return damaged(path, cause.message, cause)
  return new RegistryError('data-unusable', { path }, { detail: `${path} cannot be read: ${cause.message}`, cause })
}

function factsOf(database: SQLite.Database, path: string): DatabaseFacts {
  const has = (table: string) => database.prepare(`select 1 from sqlite_master where name = ?`).get(table) !== undefined
  const one = (sql: string) => database.prepare(sql).pluck().get()
  const places = (sql: string) => database.prepare(sql).all() as readonly PoolPlace[]
  const removed = has('removals')
    ? places('select project, filename from removals join distributions using (filename) order by project, filename')
    : []
  const held = has('removals') ? 'where filename not in (select filename from removals)' : ''
  const files = places(
    `select project, filename, size, sha256 from distributions ${held} order by project, filename`,
  ) as readonly NamedFile[]
  refuseElsewhere([...files, ...removed], path)
  return {
    migration: one('select max(name) from kysely_migration') as string,
    files,
    removed,
    releases: one('select count(*) from releases') as number,
    log: headOf(database),
    key: has('event_signatures')
      ? ((one('select key from event_signatures order by sequence desc limit 1') as string | undefined) ?? null)
      : null,
  }
}

function headOf(database: SQLite.Database): Head {
  const last = database.prepare('select sequence, digest from events order by sequence desc limit 1').get()
  return (last as Head | undefined) ?? { sequence: 0, digest: beforeAll }
}

/** A database may come from anywhere: its names become paths. */
function refuseElsewhere(places: readonly PoolPlace[], path: string): void {
  const found = places.find(({ project, filename }) => !isPlain(project) || !isPlain(filename))
  if (found === undefined) return
  const detail = `${path} names a file outside the pool: ${found.project}/${found.filename}`
  throw new RegistryError('data-unusable', { path }, { detail })
}

function isPlain(name: string): boolean {
  return name !== '' && !name.startsWith('.') && !/[/\\\0]/.test(name)
}
