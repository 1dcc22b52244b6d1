import { jsonOptions, linesOf, type Connection } from '../connection.ts'

/** Posts a body to a route that tells what happens as it happens. Throws `server-unreachable` if it ends before its time. */
export async function* postForEvents<Event>(
  connection: Connection,
  path: string,
  body: object,
  signal: AbortSignal,
): AsyncGenerator<Event> {
  const answer = await connection.send('POST', path, { ...jsonOptions(body), signal })
  for await (const line of linesOf(connection.url, answer)) yield JSON.parse(line) as Event
}
