import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Distribution } from '../../pool/distribution.ts'
import type { Deps } from '../deps.ts'
import { matches } from '../http/answer.ts'
import { requestId } from '../http/request-id.ts'

/** Conditions that nginx would judge by its own validators, and not by ours. */
const judged = ['if-match', 'if-modified-since', 'if-unmodified-since']

/**
 * The location from which the proxy that asks may send the file itself; `undefined`: it is given the bytes. It has said
 * for whom it asks, so it is no client on its own machine, who would get none. A HEAD and a 304 have none to send.
 */
export function accelLocation(
  { accelRedirect, clientOf }: Pick<Deps, 'accelRedirect' | 'clientOf'>,
  { sha256 }: Pick<Distribution, 'sha256'>,
  req: IncomingMessage,
): string | undefined {
  const { method, headers } = req
  if (accelRedirect === undefined || method !== 'GET' || matches(headers['if-none-match'], `"${sha256}"`))
    return undefined
  if (!clientOf(req).isForwarded || judged.some((name) => headers[name] !== undefined)) return undefined
  return accelRedirect
}

/**
 * Has nginx send a file of the pool, ranges included, from the internal location that is `data/pool` (nginx, "X-Accel").
 * Of these headers it keeps some by itself; docs/nginx.md has it add the others. That it takes ranges it says itself.
 */
export function sendFrom(
  location: string,
  {
    file: { project, filename },
    headers,
  }: { readonly file: Distribution; readonly headers: Readonly<Record<string, string>> },
  res: ServerResponse,
): void {
  const { 'Accept-Ranges': _, ...kept } = headers
  const place = `${location}${[project, filename].map(encodeURIComponent).join('/')}`
  res
    .writeHead(200, { ...kept, 'X-Accel-Redirect': place, 'X-Request-Id': requestId(res.req), 'Content-Length': 0 })
    .end()
}

/** Reads the location's path, which gets a slash at its end. `undefined` if it is none. */
export function parseAccelPrefix(text: string): string | undefined {
  if (!/^(?:\/[\w-][\w.-]*)+\/?$/.test(text)) return undefined
  return text.endsWith('/') ? text : `${text}/`
}
