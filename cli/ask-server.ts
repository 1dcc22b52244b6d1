import { request, type Dispatcher } from 'undici'
import { errors, RegistryError, type ErrorCode } from '../pool/errors.ts'
import { apiHeaders, checkApiVersion } from './api-version.ts'

export interface SendOptions {
  readonly headers?: Record<string, string>
  readonly body?: string | AsyncIterable<Uint8Array>
  readonly signal?: AbortSignal
}

export type Body = Dispatcher.ResponseData['body']

/** The body of an answer below 300. Throws the problem that the server answers, `server-unreachable` or `version-mismatch`. */
export async function askServer(
  base: string,
  method: Dispatcher.HttpMethod,
  path: string,
  options: SendOptions = {},
): Promise<Body> {
  const { statusCode, headers, body } = await request(`${base}${path}`, {
    method,
    ...options,
    headers: { ...options.headers, ...apiHeaders },
    body: (options.body ?? null) as string | null,
    headersTimeout: 0,
    bodyTimeout: 0,
  }).catch((cause: unknown) => {
    throw unreachable(base, cause)
  })
  checkApiVersion(base, headers)
  if (statusCode < 300) return body
  throw await asError(base, statusCode, String(headers['content-type'] ?? ''), await body.text())
}

function unreachable(base: string, cause: unknown): RegistryError {
  const reason = cause instanceof Error ? cause.message : String(cause)
  const hint = 'start one with: firn serve; or say where it is: --url URL or FIRN_URL'
  return new RegistryError('server-unreachable', { url: base }, { detail: `${base} (${reason})`, hint, cause })
}

interface ProblemBody extends Record<string, unknown> {
  readonly code?: string
  readonly detail?: string
  readonly hint?: string
}

async function asError(base: string, status: number, type: string, text: string): Promise<RegistryError> {
  const problem = type.includes('json') ? readProblem(text) : {}
  const { code, detail, hint, type: _type, title: _title, status: _status, ...facts } = problem
  if (code !== undefined && isCode(code)) {
    return new RegistryError(code, facts, {
      ...(detail === undefined ? {} : { detail }),
      ...(hint === undefined ? {} : { hint }),
    })
  }
  const hintForOthers = 'is this the URL of a firn server?'
  return new RegistryError(
    'server-unreachable',
    { url: base, status },
    { detail: `${base} answers ${status}`, hint: hintForOthers },
  )
}

/** What stands in front of a server may answer what it likes. */
function readProblem(text: string): ProblemBody {
  try {
    const body: unknown = JSON.parse(text)
    return typeof body === 'object' && body !== null ? (body as ProblemBody) : {}
  } catch {
    return {}
  }
}

function isCode(text: string): text is ErrorCode {
  return Object.hasOwn(errors, text)
}
