import { randomBytes } from 'node:crypto'
import type { IncomingMessage } from 'node:http'

/** Of this process: with a count behind it an id is nobody else's, and costs no random bytes a request. */
const prefix = randomBytes(6).toString('hex')
let count = 0

/** What a proxy may call a request: it stands in logs and headers as it is. */
const wellFormed = /^[A-Za-z0-9][A-Za-z0-9._:=@-]{0,99}$/

/** The id of a new request: the one it brings in `X-Request-Id`, if its peer is trusted to give one, else one of our own. */
export function requestIdOf({ headers }: Pick<IncomingMessage, 'headers'>, trusted: boolean): string {
  const brought = trusted ? headers['x-request-id'] : undefined
  if (typeof brought === 'string' && wellFormed.test(brought)) return brought
  return `${prefix}-${(count++).toString(36)}`
}

const key: unique symbol = Symbol('id')
type Named = IncomingMessage & { [key]?: string }

/** Keeps the id of a request, for whoever answers it. */
export function nameRequest(req: Named, id: string): void {
  req[key] = id
}

/** The id that a request has. Throws `TypeError` on one that was not named. */
export function requestId(req: Named): string {
  const id = req[key]
  if (id === undefined) throw new TypeError('the request has no id')
  return id
}
