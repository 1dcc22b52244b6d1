import type { Iso } from '../../pool/distribution.ts'
import type { ProjectName } from '../../pool/project-name.ts'
import type { LogLine } from '../../pool/proof/log-line.ts'

export type Verb =
  | 'upload'
  | 'fetch'
  | 'pull'
  | 'yank'
  | 'unyank'
  | 'status'
  | 'remove'
  | 'freeze'
  | 'import'
  | 'key'
  | 'sign'
  | 'create-token'
  | 'revoke-token'
  | 'repair'
  | 'collect'

/** One immutable line of what happened. */
export interface AuditEvent {
  readonly at: Iso
  readonly actor: string
  readonly verb: Verb
  /** What it happened to: a filename, a project, a release, a key. */
  readonly subject: string
  readonly facts: Readonly<Record<string, unknown>>
}

/** An event as it stands in the log. */
export type LoggedEvent = AuditEvent & LogLine

/** Which events: those for which all holds that is said. */
export interface EventQuery {
  /** Of releases of this product. */
  readonly product?: string | undefined
  /** Of files of this project. */
  readonly project?: ProjectName | undefined
  readonly actor?: string | undefined
  /** Both included. */
  readonly since?: Iso | undefined
  readonly until?: Iso | undefined
  /** `asc`, the oldest first, unless it is said. */
  readonly order?: 'asc' | 'desc' | undefined
  /** Those that come after this sequence in that order. */
  readonly after?: number | undefined
  readonly limit?: number | undefined
}

export interface EventRecords {
  /** Events in the order of the log, each signed in the commit that made it. */
  events(query?: EventQuery): Promise<readonly LoggedEvent[]>
  /** Adds the event of a repair of bytes: no row changes with it. */
  noteRepair(event: AuditEvent & { readonly verb: 'repair' }): Promise<void>
  /** Where the log ends; 0 and the sha256 of nothing if it is empty. */
  lastEvent(): Promise<Pick<LogLine, 'sequence' | 'digest'>>
}
