import type { FetchEvent } from '../../pool/fetch-event.ts'
import type { Source } from '../../pool/pins/pin.ts'
import type { ReadOptions } from '../../pool/pins/reading.ts'
import { jsonOptions, linesOf, type Connection } from '../connection.ts'

export interface FetchBody extends ReadOptions {
  readonly sources: readonly Source[]
  readonly targets: readonly string[]
  readonly allFiles: boolean
  readonly indexes: readonly string[]
  readonly findLinks: readonly string[]
  readonly eggs: boolean
  readonly best: boolean
  readonly allowUnhashed: boolean
}

/** `POST /api/v1/fetch`: what happens, as it happens. */
export async function* fetchIntoPool(
  connection: Connection,
  body: FetchBody,
  signal: AbortSignal,
): AsyncGenerator<FetchEvent> {
  const answer = await connection.send('POST', '/api/v1/fetch', { ...jsonOptions(body), signal })
  for await (const line of linesOf(connection.url, answer)) yield JSON.parse(line) as FetchEvent
}
