import type { IncomingMessage } from 'node:http'

/** Who is named in audit events. Nobody proves who they are yet, so nobody is named. */
export function actorOf(_req: IncomingMessage): string {
  return 'anonymous'
}
