import type { LogHead } from '../../pool/proof/log-head.ts'
import type { LogLine } from '../../pool/proof/log-line.ts'
import type { PublicKey } from '../../pool/proof/public-key.ts'
import type { Connection } from '../connection.ts'
import { searchOf, type Query } from './pages.ts'

/** The shape is that of `server/routes/keys.ts`. */
export interface KeyAnswer extends PublicKey {
  readonly since: string
  /** Whether the server signs with it now. */
  readonly current: boolean
}

/** `GET /api/v1/keys`. */
export async function listKeys(connection: Connection): Promise<readonly KeyAnswer[]> {
  const { keys } = await connection.json<{ readonly keys: readonly KeyAnswer[] }>('GET', '/api/v1/keys')
  return keys
}

/** `GET /api/v1/events/head`. */
export function readHead(connection: Connection): Promise<LogHead> {
  return connection.json('GET', '/api/v1/events/head')
}

/** The shape is that of `server/routes/events.ts`. */
export interface EventPage {
  readonly events: readonly LogLine[]
  /** What `after` is for the next page; `null`: this is the last. */
  readonly next: number | null
}

/** `GET /api/v1/events`: one page; `query` by the names of the route's own. */
export function readEvents(connection: Connection, query: Query): Promise<EventPage> {
  return connection.json('GET', `/api/v1/events${searchOf(query)}`)
}

/** The whole log, the oldest line first, a page at a time. */
export async function* allEvents(connection: Connection): AsyncGenerator<readonly LogLine[]> {
  for (let after: number | null = 0; after !== null;) {
    const { events, next }: EventPage = await readEvents(connection, { after, limit: 1000 })
    yield events
    after = next
  }
}
