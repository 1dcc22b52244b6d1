import type SQLite from 'better-sqlite3'
import type { Sha256 } from '../../pool/distribution.ts'
import type { AuditEvent, LoggedEvent, Verb } from '../ports/events.ts'
import { loggedEvent, type LoggedEventRow } from '../sql/rows.ts'
import type { DistributionRow } from '../sql/schema.ts'
import type { Finding } from './finding.ts'

/** What the log says of a file. */
export interface Stated {
  readonly project: string
  readonly sha256: Sha256
  readonly size: number
}

export interface HeldRows {
  readonly findings: readonly Finding[]
  /** Files whose rows say something else than the log, with what that says: it is signed, and is believed. */
  readonly stated: ReadonlyMap<string, Stated>
  /** Files that the log tells of and that have no row, with the sha256 that it says. */
  readonly rowless: ReadonlyMap<string, Sha256>
  /** Files and releases that have a row and that the log does not tell of. */
  readonly untold: ReadonlySet<string>
}

/** With what files come, and releases. */
const entering: readonly Verb[] = ['upload', 'fetch', 'pull']
const freezing: readonly Verb[] = ['freeze', 'import']

/** Holds the rows of files and releases against the lines of the log that hold, and these against the rows. */
export function holdRows(database: SQLite.Database, holds: (event: LoggedEvent) => boolean): HeldRows {
  const findings = [...untoldFindings(database)]
  const untold = new Set(findings.map(({ subject }) => subject))
  const stated = new Map<string, Stated>()
  const rowless = new Map<string, Sha256>()
  const rowOf = database.prepare<[string], DistributionRow>('select * from distributions where filename = ?')
  for (const event of comingEvents(database, entering)) {
    const { subject, facts } = event
    if (!holds(event)) continue
    const row = rowOf.get(subject)
    const differing = row ? fileDifferences(row, facts) : []
    if (!row) {
      rowless.set(subject, String(facts['sha256']))
      findings.push(gone(event))
    } else if (differing.length > 0) {
      stated.set(subject, statedBy(facts, row))
      findings.push({ code: 'row-differs', subject, detail: `${differing.join(', ')}: ${lineOf(event)}` })
    }
  }
  return { findings: [...findings, ...releaseFindings(database, holds)], stated, rowless, untold }
}

function* comingEvents(database: SQLite.Database, verbs: readonly Verb[]): Generator<LoggedEvent> {
  const rows = database.prepare<[], LoggedEventRow>(
    `select *, null as key, null as signature from events where verb in (${quoted(verbs)})`,
  )
  for (const row of rows.iterate()) yield loggedEvent(row)
}

/** What the log does not say, the row does. */
function statedBy(facts: AuditEvent['facts'], row: DistributionRow): Stated {
  const { project, sha256, size } = facts
  return {
    project: typeof project === 'string' ? project : row.project,
    sha256: typeof sha256 === 'string' ? sha256 : row.sha256,
    size: typeof size === 'number' ? size : row.size,
  }
}

function fileDifferences(row: DistributionRow, facts: AuditEvent['facts']): readonly string[] {
  const { sha256, size, project, version, provenance_sha256: provenance } = row
  return Object.entries({ sha256, size, project, version, provenance })
    .filter(([field, value]) => facts[field] !== undefined && facts[field] !== value)
    .map(([field, value]) => `has the ${field} ${value}, not ${String(facts[field])}`)
}

function* releaseFindings(database: SQLite.Database, holds: (event: LoggedEvent) => boolean): Generator<Finding> {
  const digestOf = database
    .prepare<[string, string], Sha256>('select digest from releases where product = ? and release = ?')
    .pluck()
  for (const event of comingEvents(database, freezing)) {
    if (!holds(event)) continue
    const { subject, facts } = event
    const [product = '', release = ''] = subject.split('/')
    const digest = digestOf.get(product, release)
    if (digest === undefined) yield gone(event)
    else if (digest !== facts['digest']) {
      const detail = `has the digest ${digest}, not ${String(facts['digest'])}: ${lineOf(event)}`
      yield { code: 'release-damaged', subject, detail }
    }
  }
}

function gone(event: LoggedEvent): Finding {
  return { code: 'row-missing', subject: event.subject, detail: `is not in the database: ${lineOf(event)}` }
}

function lineOf({ sequence }: LoggedEvent): string {
  return `line ${sequence} of the log tells of it`
}

function* untoldFindings(database: SQLite.Database): Generator<Finding> {
  const names = [
    `select filename from distributions where filename not in
     (select subject from events where verb in (${quoted(entering)})) order by filename`,
    `select product || '/' || release from releases where product || '/' || release not in
     (select subject from events where verb in (${quoted(freezing)})) order by product, release`,
  ]
  for (const sql of names) {
    for (const subject of database.prepare<[], string>(sql).pluck().iterate()) {
      yield { code: 'event-missing', subject, detail: 'is in the database, and no line of the log tells of it' }
    }
  }
}

function quoted(verbs: readonly Verb[]): string {
  return verbs.map((verb) => `'${verb}'`).join()
}
