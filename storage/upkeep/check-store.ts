import type SQLite from 'better-sqlite3'
import { layout, type Layout } from '../layout.ts'
import { asItsUser } from './as-its-user.ts'
import type { Reading } from './file-check.ts'
import { inOrder, type Finding } from './finding.ts'
import type { HeldRows } from './held-rows.ts'
import { checkHistory, type History } from './history-check.ts'
import { isServed } from './is-served.ts'
import { isDamage, openForReading } from './open-database.ts'
import { checkPlaces } from './place-check.ts'
import { bytesOfPool, checkPool, type PoolChecked } from './pool-check.ts'
import { checkReleases } from './release-check.ts'
import { checkRows } from './row-check.ts'
import { checkSchema } from './schema-check.ts'

export interface Checking extends Reading {
  /** Told how many bytes are going to be read, before they are. */
  readonly onStart: (bytes: number) => void
}

/** How much of a data directory was looked at, and what is wrong with it. */
export interface Checked {
  readonly findings: readonly Finding[]
  readonly files: number
  readonly bytes: number
  readonly releases: number
  /** Of the log. */
  readonly lines: number
  /** What the log tells of rows; `undefined`: it cannot be read. */
  readonly told?: Omit<HeldRows, 'findings'>
}

/**
 * Looks at everything in a data directory, beside the server that may run on it, and changes nothing. Throws
 * `data-unusable`, `data-too-new`.
 */
export async function checkStore(directory: string, checking: Checking): Promise<Checked> {
  const places = layout(directory)
  return asItsUser(places, () => checkDirectory(places, { ...checking, served: isServed(places.lock) }))
}

export interface DirectoryChecking extends Checking {
  /** Whether a server may be at work there. */
  readonly served: boolean
}

/** The same for who knows whether there is a server. */
export async function checkDirectory(places: Layout, checking: DirectoryChecking): Promise<Checked> {
  const others = await checkPlaces(places, checking)
  let database: SQLite.Database | undefined
  try {
    database = openForReading(places.database)
    return await checkOpened(database, { places, others }, checking)
  } catch (error) {
    if (!isDamage(error)) throw error
    return { ...nothingRead, findings: inOrder([damaged(error), ...others]) }
  } finally {
    database?.close()
  }
}

const nothingRead: Omit<Checked, 'findings'> = { files: 0, bytes: 0, releases: 0, lines: 0 }

function damaged({ message }: Error): Finding {
  return { code: 'database-damaged', subject: 'firn.db', detail: `cannot be read: ${message}` }
}

interface Opened {
  readonly places: Layout
  readonly others: readonly Finding[]
}

async function checkOpened(
  database: SQLite.Database,
  { places, others }: Opened,
  checking: DirectoryChecking,
): Promise<Checked> {
  const schema = await checkSchema(database, checking)
  const { told, findings, releases } = checkDatabase(database)
  checking.onStart(checking.quick ? 0 : bytesOfPool(database))
  const pool: PoolChecked = await checkPool({ database, places, told, served: checking.served }, checking)
  return {
    ...pool,
    told,
    releases,
    lines: told.lines,
    findings: inOrder([...schema, ...findings, ...pool.findings, ...others]),
  }
}

interface DatabaseChecked extends Pick<Checked, 'findings' | 'releases'> {
  readonly told: History
}

/** In one transaction: rows, log and releases are those of one instant. */
function checkDatabase(database: SQLite.Database): DatabaseChecked {
  return database.transaction(() => {
    const told = checkHistory(database)
    const releases = checkReleases(database)
    const rows = [...checkRows(database, (filename) => told.stated.has(filename))]
    return { told, releases: releases.releases, findings: [...told.findings, ...releases.findings, ...rows] }
  })()
}
