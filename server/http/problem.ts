import type { ServerResponse } from 'node:http'
import { errors, isRegistryError, RegistryError, type ErrorCode } from '../../pool/errors.ts'
import type { Deps } from '../deps.ts'
import { requestId } from './request-id.ts'

/** An error as RFC 9457 writes it, made from the one table. */
export interface Problem {
  readonly type: string
  readonly title: string
  readonly status: number
  readonly detail?: string
  readonly code: ErrorCode
  readonly hint?: string
  readonly [fact: string]: unknown
}

export function problemOf(error: RegistryError): Problem {
  const { title, status } = errors[error.code]
  return {
    ...error.facts,
    type: `/problems/${error.code}`,
    title,
    status,
    ...(error.detail === undefined ? {} : { detail: error.detail }),
    code: error.code,
    ...(error.hint === undefined ? {} : { hint: error.hint }),
  }
}

/**
 * The error that a client may see. What firn did not foresee becomes `internal` with the request's id and no inner text;
 * that, and that a file is gone from storage, is told to `onError` for the server's own log.
 */
export function presentable({ onError }: Pick<Deps, 'onError'>, error: unknown, id: string): RegistryError {
  const shown = foreseen(error, id)
  if (shown.code === 'internal' || shown.code === 'file-missing') onError(shown, id)
  return shown
}

function foreseen(error: unknown, id: string): RegistryError {
  if (isRegistryError(error)) return error
  return new RegistryError(
    'internal',
    { id },
    { hint: "the server's log has what happened under this id", cause: error },
  )
}

/** A 401 says how to prove who one is (RFC 9110, 15.5.2), pip and browsers ask for it then; who came too early, when. */
function challengeOf({ code, facts }: RegistryError): Record<string, string> {
  if (code === 'attempts-exceeded' || code === 'server-busy') return { 'Retry-After': String(facts['seconds']) }
  return errors[code].status === 401 ? { 'WWW-Authenticate': 'Basic realm="firn", charset="UTF-8"' } : {}
}

export interface ProblemOptions {
  readonly status?: number
  /** Text of the status line, for clients that show nothing else. */
  readonly reason?: string
  /** For clients that would rather have a sentence than JSON. */
  readonly asText?: boolean
  readonly headers?: Readonly<Record<string, string>>
}

/** Answers with an error. If the answer has begun already, the connection is cut: a client must not take it as whole. */
export function sendProblem(res: ServerResponse, error: RegistryError, options: ProblemOptions = {}): void {
  if (res.headersSent) {
    res.destroy()
    return
  }
  const problem = problemOf(error)
  const status = options.status ?? problem.status
  const id = requestId(res.req)
  // The server's own fault is in its log, under the id of the request.
  const whole = { ...(status === 500 ? { id } : {}), ...problem, status }
  const text = options.asText ? textOf(whole) : `${JSON.stringify(whole)}\n`
  const body = Buffer.from(text)
  const headers = {
    'Content-Type': options.asText ? 'text/plain; charset=utf-8' : 'application/problem+json',
    'Content-Length': body.length,
    'Cache-Control': 'no-store',
    'X-Request-Id': id,
    ...challengeOf(error),
    ...options.headers,
  }
  if (options.reason === undefined) res.writeHead(status, headers)
  else res.writeHead(status, asReason(options.reason), headers)
  res.end(res.req.method === 'HEAD' ? undefined : body)
}

function textOf({ status, title, detail, hint, ...facts }: Problem): string {
  const about = status === 500 ? String(facts['id']) : detail
  const what = about === undefined ? title : `${title}: ${about}`
  return hint === undefined ? `${what}\n` : `${what}\nhint: ${hint}\n`
}

/** RFC 9112, 4: visible ASCII and blanks. */
function asReason(text: string): string {
  return text.replaceAll(/[^\x20-\x7e]/g, '?').slice(0, 500)
}
