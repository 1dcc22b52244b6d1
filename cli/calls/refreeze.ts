import type { RefreezeEvent } from '../../pool/refreeze-event.ts'
import { jsonOptions, linesOf, type Connection } from '../connection.ts'

export interface RefreezeBody {
  readonly base: string
  readonly products: readonly string[]
  readonly template?: string
  readonly dryRun: boolean
}

/** `POST /api/v1/refreeze`: what becomes of each customer, as it becomes. */
export async function* refreezeCustomers(
  connection: Connection,
  body: RefreezeBody,
  signal: AbortSignal,
): AsyncGenerator<RefreezeEvent> {
  const answer = await connection.send('POST', '/api/v1/refreeze', { ...jsonOptions(body), signal })
  for await (const line of linesOf(connection.url, answer)) yield JSON.parse(line) as RefreezeEvent
}
