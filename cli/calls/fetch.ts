import type { FetchEvent } from '../../pool/fetch-event.ts'
import type { Source } from '../../pool/pins/pin.ts'
import type { ReadOptions } from '../../pool/pins/reading.ts'
import type { Connection } from '../connection.ts'
import { postForEvents } from './event-lines.ts'

export interface FetchBody extends ReadOptions {
  readonly sources: readonly Source[]
  readonly targets: readonly string[]
  readonly allFiles: boolean
  readonly indexes: readonly string[]
  readonly findLinks: readonly string[]
  readonly eggs: boolean
  readonly best: boolean
  readonly allowUnhashed: boolean
  /** Projects of the team's own that an upstream's files may be mixed into. */
  readonly fromUpstream: readonly string[]
  /** Projects of which this machine has files. */
  readonly atHand: readonly string[]
  /** As `7d`. */
  readonly minAge?: string
  readonly allowYoung: readonly string[]
}

/** `POST /api/v1/fetch`: what happens, as it happens. */
export function fetchIntoPool(
  connection: Connection,
  body: FetchBody,
  signal: AbortSignal,
): AsyncGenerator<FetchEvent> {
  return postForEvents(connection, '/api/v1/fetch', body, signal)
}
