import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { RegistryError } from '../pool/errors.ts'
import { defaultPolicy, type Policy } from '../pool/policy/policy.ts'
import type { Store } from '../storage/store.ts'
import { makeAccess, type AccessOptions } from './access/access.ts'
import { createApp } from './app.ts'
import type { Deps } from './deps.ts'
import { clientReader } from './http/client.ts'
import { hotPath } from './http/hot-path.ts'
import { readyAnswers } from './http/ready-answers.ts'
import { keyedLock } from './keyed-lock.ts'
import type { RequestLog } from './request-log.ts'
import type { UpstreamClient } from './upstream/client.ts'

export interface ServerOptions {
  readonly store: Store
  readonly upstream: UpstreamClient
  readonly log: RequestLog
  /** Told of every error that is not the client's. */
  readonly onError: (error: RegistryError) => void
  readonly uploadLimit: number
  /** Default: 0. See `Deps`. */
  readonly minAge?: number | undefined
  readonly publicUrl?: string | undefined
  /** Addresses and networks of the proxies whose word on their clients is taken. */
  readonly trustedProxies?: readonly string[] | undefined
  readonly accelRedirect?: string | undefined
  readonly policy?: Policy | undefined
  readonly access: AccessOptions
}

const now = () => new Date().toISOString()

/** A firn server over an open store, not listening yet. */
export function firnServer({
  store,
  log,
  access,
  policy = defaultPolicy,
  minAge = 0,
  ...options
}: ServerOptions): Server {
  const clientOf = clientReader(options.trustedProxies)
  const deps: Deps = {
    ...store,
    ...options,
    policy,
    minAge,
    now,
    lock: keyedLock(),
    ready: readyAnswers(),
    clientOf,
    access: makeAccess({ records: store.records, now, clientOf }, access),
  }
  const hot = hotPath(deps)
  const app = createApp(deps)
  const inTurn = onePerConnection((req, res) => {
    if (!server.listening) res.setHeader('Connection', 'close')
    if (!hot(req, res)) app(req, res)
  })
  const server = createServer((req, res) => {
    log.watch(req, res, clientOf(req).address)
    inTurn(req, res)
  })
  // An upload over a slow line takes its time; one that sends no headers does not get it.
  server.requestTimeout = 60 * 60 * 1000
  server.headersTimeout = 60 * 1000
  return server
}

type Handle = (req: IncomingMessage, res: ServerResponse) => void

/**
 * Handles the requests of one connection one after the other. Node takes pipelined ones all at once and keeps their
 * answers in memory until it is their turn: a thousand requests for a large file are 70 kB, their answers are not.
 */
function onePerConnection(handle: Handle): Handle {
  const last = new WeakMap<Socket, ServerResponse>()
  return (req, res) => {
    const before = last.get(req.socket)
    last.set(req.socket, res)
    if (!before || before.writableFinished || before.destroyed) handle(req, res)
    else before.once('close', () => (res.destroyed || req.socket.destroyed ? undefined : handle(req, res)))
  }
}

/** Listens; returns the address as a URL. Throws `address-unusable`. */
export function listen(
  server: Server,
  { host, port }: { readonly host: string; readonly port: number },
): Promise<string> {
  return new Promise((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) => {
      const detail = `${host}:${port}: ${cause.code === 'EADDRINUSE' ? 'another program listens there' : cause.message}`
      const hint = cause.code === 'EADDRINUSE' ? 'stop it, or choose another port with --port' : undefined
      reject(new RegistryError('address-unusable', { host, port }, { detail, cause, ...(hint ? { hint } : {}) }))
    })
    server.listen(port, host, () => resolve(urlOf(server.address() as AddressInfo)))
  })
}

function urlOf({ address, family, port }: AddressInfo): string {
  return `http://${family === 'IPv6' ? `[${address}]` : address}:${port}`
}

/**
 * Stops: takes no new connection, answers what is in flight, then ends. What is not answered by the deadline is cut.
 * Resolves when the last connection has closed.
 */
export function stop(server: Server, deadlineMs: number): Promise<void> {
  return new Promise((resolve) => {
    const cut = setTimeout(() => server.closeAllConnections(), deadlineMs)
    server.close(() => {
      clearTimeout(cut)
      resolve()
    })
    server.closeIdleConnections()
    // A connection that falls idle from now on has had its last answer: it is not kept for another request.
    server.keepAliveTimeout = 1
  })
}
