import type SQLite from 'better-sqlite3'
import { checkLog } from '../../pool/proof/log-check.ts'
import { keyring, type PublicKey } from '../../pool/proof/public-key.ts'
import type { LoggedEvent } from '../ports/events.ts'
import { loggedEvent, type LoggedEventRow } from '../sql/rows.ts'
import type { Finding } from './finding.ts'
import { holdRows, type HeldRows } from './held-rows.ts'
import { checkOverlays } from './overlay-check.ts'

export interface History extends HeldRows {
  /** How many lines the log has. */
  readonly lines: number
}

/** Proves the log, then holds the rows of files, releases and what is laid over them against what it tells. */
export function checkHistory(database: SQLite.Database): History {
  const check = checkLog(keyring(keysOf(database)), [])
  for (const event of eventsOf(database)) check.take([event])
  const problems = check.finish()
  const broken = new Set(problems.map(({ line }) => line))
  const holds = ({ sequence }: LoggedEvent) => !broken.has(sequence)
  const held = holdRows(database, holds)
  const findings = problems.map(({ line, message }): Finding => ({
    code: 'log-broken',
    subject: `line ${line}`,
    detail: message,
  }))
  return { ...held, lines: check.lines, findings: [...findings, ...held.findings, ...checkOverlays(database, holds)] }
}

/** The keys that were ever signed with here. What somebody put in the place of one proves nothing, and is left out. */
export function keysOf(database: SQLite.Database): readonly PublicKey[] {
  const rows = database.prepare<[], PublicKey>('select id, pem from signing_keys order by since, id').all()
  return rows.filter(isKey)
}

function isKey(key: PublicKey): boolean {
  try {
    return keyring([key]).has(key.id)
  } catch {
    return false
  }
}

function* eventsOf(database: SQLite.Database): Generator<LoggedEvent> {
  const rows = database.prepare<[], LoggedEventRow>(
    `select events.*, key, signature from events
     left join event_signatures on event_signatures.sequence = events.sequence order by events.sequence`,
  )
  for (const row of rows.iterate()) yield loggedEvent(row)
}
