import type { RefreezeEvent } from '../../pool/refreeze-event.ts'
import type { Connection } from '../connection.ts'
import { postForEvents } from './event-lines.ts'

export interface RefreezeBody {
  readonly base: string
  readonly products: readonly string[]
  readonly template?: string
  readonly dryRun: boolean
}

/** `POST /api/v1/refreeze`: what becomes of each customer, as it becomes. */
export function refreezeCustomers(
  connection: Connection,
  body: RefreezeBody,
  signal: AbortSignal,
): AsyncGenerator<RefreezeEvent> {
  return postForEvents(connection, '/api/v1/refreeze', body, signal)
}
