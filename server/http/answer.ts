import { createHash } from 'node:crypto'
import type { ServerResponse } from 'node:http'
import { gzipSync } from 'node:zlib'
import { acceptsGzip } from './negotiate.ts'
import { requestId } from './request-id.ts'

/** A whole answer, ready to be written any number of times. */
export interface Answer {
  readonly status: 200 | 301
  /** All but what depends on the request. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: Buffer
  /** Strong: the sha256 of the body, quoted (RFC 9110, 8.8.3). */
  readonly etag: string
  /** The body compressed, if that is worth it. Another representation, so it has an ETag of its own. */
  readonly gzip: Buffer | undefined
}

/** For what never changes: a client need not ask again (RFC 8246). */
export const immutable = 'public, max-age=31536000, immutable'

/** For what changes: a client may keep it, and asks with its ETag whether it still holds. */
export const revalidate = 'no-cache'

/** Headers of an answer that only the one who asked may keep. */
export function privately(headers: Readonly<Record<string, string>>): Record<string, string> {
  const { 'Cache-Control': cacheControl = revalidate, Vary: vary } = headers
  return {
    ...headers,
    'Cache-Control': `private, ${cacheControl.replace(/^(?:public|private), /, '')}`,
    Vary: vary === undefined ? 'Authorization' : `${vary}, Authorization`,
  }
}

export interface AnswerOptions {
  readonly type: string
  readonly cacheControl: string
  readonly vary?: string
  /** Of the body, where it is known already. */
  readonly sha256?: string
}

const worthCompressing = 500

export function answer(body: string | Buffer, { type, cacheControl, vary, sha256 }: AnswerOptions): Answer {
  const bytes = typeof body === 'string' ? Buffer.from(body) : body
  const digest = sha256 ?? createHash('sha256').update(bytes).digest('hex')
  return {
    status: 200,
    headers: {
      'Content-Type': type,
      'Cache-Control': cacheControl,
      Vary: vary === undefined ? 'Accept-Encoding' : `${vary}, Accept-Encoding`,
      'X-Content-Type-Options': 'nosniff',
    },
    body: bytes,
    etag: `"${digest}"`,
    gzip: bytes.length < worthCompressing ? undefined : gzipSync(bytes, { level: 9 }),
  }
}

/** What an answer takes of a bounded memory, in bytes. */
export function sizeOf({ body, gzip }: Answer): number {
  return body.length + (gzip?.length ?? 0) + 500
}

/** A redirect to a relative place, which holds behind any host and prefix. */
export function redirect(location: string, cacheControl: string): Answer {
  const headers = { Location: location, 'Cache-Control': cacheControl, 'Content-Type': 'text/plain; charset=utf-8' }
  return { status: 301, headers, body: Buffer.from(`${location}\n`), etag: '', gzip: undefined }
}

/** Writes an answer as the request asks for it: conditional (304), HEAD, compressed. */
export function sendAnswer(res: ServerResponse, given: Answer): void {
  const { req } = res
  const compressed = given.gzip !== undefined && acceptsGzip(req.headers['accept-encoding'])
  const body = compressed && given.gzip ? given.gzip : given.body
  const etag = compressed ? `${given.etag.slice(0, -1)}-gzip"` : given.etag
  const id = requestId(req)
  if (given.status === 301) res.writeHead(301, { ...given.headers, 'X-Request-Id': id, 'Content-Length': body.length })
  else if (matches(req.headers['if-none-match'], etag)) {
    res.writeHead(304, { ETag: etag, ...notModified(given), 'X-Request-Id': id }).end()
    return
  } else {
    const headers = { ...given.headers, ETag: etag, 'X-Request-Id': id, 'Content-Length': body.length }
    res.writeHead(200, compressed ? { ...headers, 'Content-Encoding': 'gzip' } : headers)
  }
  res.end(req.method === 'HEAD' ? undefined : body)
}

/** What RFC 9110, 15.4.5 wants repeated in a 304. A file of the pool has no `Vary`. */
function notModified({ headers }: Answer): Record<string, string> {
  const { 'Cache-Control': cacheControl = immutable, Vary: vary } = headers
  return { 'Cache-Control': cacheControl, ...(vary === undefined ? {} : { Vary: vary }) }
}

/** Weak comparison, as If-None-Match asks for (RFC 9110, 13.1.2). */
export function matches(ifNoneMatch: string | undefined, etag: string): boolean {
  if (ifNoneMatch === undefined || etag === '') return false
  if (ifNoneMatch === etag || ifNoneMatch === '*') return true
  return ifNoneMatch.split(',').some((each) => each.trim().replace(/^W\//, '') === etag)
}
