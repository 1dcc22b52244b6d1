import type SQLite from 'better-sqlite3'
import type { AuditEvent, LoggedEvent, Verb } from '../ports/events.ts'
import { loggedEvent, type LoggedEventRow } from '../sql/rows.ts'
import type { Finding } from './finding.ts'

/** What is laid over the pool later: its rows, and the lines of the log that tell of them. */
interface Overlay {
  readonly what: string
  readonly verbs: readonly Verb[]
  readonly rows: string
  /** What a line tells, as the row has it. */
  readonly said: (facts: AuditEvent['facts']) => unknown
}

const overlays: readonly Overlay[] = [
  {
    what: 'yank',
    verbs: ['yank', 'unyank'],
    rows: 'select filename as subject, at, reason as said from yanks order by id',
    said: ({ reason = null }) => reason,
  },
  {
    what: 'status',
    verbs: ['status'],
    rows: 'select project as subject, at, status as said from project_statuses order by id',
    said: ({ status }) => status,
  },
  {
    what: 'removal',
    verbs: ['remove'],
    rows: 'select filename as subject, at, null as said from removals order by filename',
    said: () => null,
  },
]

interface Laid {
  readonly subject: string
  readonly at: string
  readonly said: string | null
}

/** Holds yanks, statuses of projects and removals against the lines of the log that hold, and the log against them. */
export function* checkOverlays(database: SQLite.Database, holds: (event: LoggedEvent) => boolean): Generator<Finding> {
  for (const overlay of overlays) yield* overlayFindings(database, overlay, holds)
}

function* overlayFindings(
  database: SQLite.Database,
  { what, verbs, rows, said }: Overlay,
  holds: (event: LoggedEvent) => boolean,
): Generator<Finding> {
  const laid = new Map<string, Laid[]>()
  for (const row of database.prepare<[], Laid>(rows).iterate())
    laid.set(keyOf(row), [...(laid.get(keyOf(row)) ?? []), row])
  for (const event of eventsOf(database, verbs)) {
    const row = laid.get(keyOf(event))?.shift()
    if (!holds(event)) continue
    const { subject, facts, sequence } = event
    const line = `line ${sequence} of the log tells of it`
    if (!row) yield { code: 'row-missing', subject, detail: `has no ${what} of ${event.at} in the database: ${line}` }
    else if (row.said !== said(facts))
      yield { code: 'row-differs', subject, detail: `has another ${what} of ${event.at} than was told: ${line}` }
  }
  for (const { subject, at } of [...laid.values()].flat())
    yield { code: 'event-missing', subject, detail: `has a ${what} of ${at}, and no line of the log tells of it` }
}

function keyOf({ subject, at }: Pick<Laid, 'subject' | 'at'>): string {
  return `${subject} ${at}`
}

function* eventsOf(database: SQLite.Database, verbs: readonly Verb[]): Generator<LoggedEvent> {
  const rows = database.prepare<[], LoggedEventRow>(
    `select *, null as key, null as signature from events
     where verb in (${verbs.map((verb) => `'${verb}'`).join()}) order by sequence`,
  )
  for (const row of rows.iterate()) yield loggedEvent(row)
}
