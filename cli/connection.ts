import { request, type Dispatcher } from 'undici'
import { errors, RegistryError, type ErrorCode } from '../pool/errors.ts'
import { apiHeaders, checkApiVersion } from './api-version.ts'

/** A firn server, as the calls of `calls/` reach it. */
export interface Connection {
  /** Without a slash at its end. */
  readonly url: string
  /** The body of an answer below 300. Throws the problem that the server answers, or `server-unreachable`. */
  send(method: Dispatcher.HttpMethod, path: string, options?: SendOptions): Promise<Body>
  /** The same, read as JSON. */
  json<T>(method: Dispatcher.HttpMethod, path: string, body?: object): Promise<T>
}

/** `token`: who asks; whoever needs none is anonymous. */
export function connect({ url, token }: { readonly url: string; readonly token?: string | undefined }): Connection {
  const base = url.endsWith('/') ? url.slice(0, -1) : url
  const authorization = token === undefined ? {} : { authorization: `Bearer ${token}` }
  const as = (options: SendOptions = {}): SendOptions => ({
    ...options,
    headers: { ...authorization, ...options.headers },
  })
  return {
    url: base,
    send: (method, path, options) => ask(base, method, path, as(options)),
    json: async <T>(method: Dispatcher.HttpMethod, path: string, body?: object) =>
      (await (await ask(base, method, path, as(body && jsonOptions(body)))).json()) as T,
  }
}

export interface SendOptions {
  readonly headers?: Record<string, string>
  readonly body?: string | AsyncIterable<Uint8Array>
  readonly signal?: AbortSignal
}

export function jsonOptions(body: object): SendOptions {
  return { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }
}

export type Body = Dispatcher.ResponseData['body']

async function ask(
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
  const problem = type.includes('json') ? (JSON.parse(text) as ProblemBody) : {}
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

function isCode(text: string): text is ErrorCode {
  return Object.hasOwn(errors, text)
}

/** Throws `server-unreachable` if the connection ends before the answer does. */
export async function* linesOf(base: string, body: Body): AsyncGenerator<string> {
  let rest = ''
  try {
    for await (const chunk of body.setEncoding('utf8') as AsyncIterable<string>) {
      const lines = `${rest}${chunk}`.split('\n')
      rest = lines.pop() ?? ''
      yield* lines.filter((line) => line !== '')
    }
  } catch (cause) {
    throw goneMeanwhile(base, cause)
  }
}

export function goneMeanwhile(base: string, cause?: unknown): RegistryError {
  const hint = 'what came before stays: run the same command again when the server is back'
  return new RegistryError(
    'server-unreachable',
    { url: base },
    { detail: `${base} went away while it worked`, hint, cause },
  )
}
