import type { Dispatcher } from 'undici'
import { RegistryError } from '../pool/errors.ts'
import type { askServer, Body, SendOptions } from './ask-server.ts'

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

/** What speaks HTTP takes its time to load: it is loaded with the first question. */
async function ask(...asked: Parameters<typeof askServer>): Promise<Body> {
  const { askServer } = await import('./ask-server.ts')
  return askServer(...asked)
}

export function jsonOptions(body: object): SendOptions {
  return { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }
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
