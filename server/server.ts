import { createServer, type Server, type ServerOptions as HttpServerOptions } from 'node:http'
import type { AddressInfo } from 'node:net'
import { RegistryError } from '../pool/errors.ts'
import { defaultPolicy, type Policy } from '../pool/policy/policy.ts'
import type { Store } from '../storage/store.ts'
import { makeAccess, type AccessOptions } from './access/access.ts'
import { createApp } from './app.ts'
import type { Deps, OnError } from './deps.ts'
import { clientReader } from './http/client.ts'
import { connectionsOf } from './http/connections.ts'
import { hotPath } from './hot/hot-path.ts'
import { readyAnswers } from './hot/ready-answers.ts'
import { nameRequest, requestId, requestIdOf } from './http/request-id.ts'
import { intakeOf } from './intake.ts'
import { keyedLock } from './keyed-lock.ts'
import { defaultLimits, type Limits } from './limits.ts'
import { countedUpstream, type Faults } from './metrics/faults.ts'
import { traffic } from './metrics/traffic.ts'
import type { RequestLog } from './http/request-log.ts'
import type { UpstreamClient } from './upstream/client.ts'
import { pullThrough } from './upstream/pull-through.ts'
import { watchRequests } from './http/watch-requests.ts'

export interface ServerOptions {
  readonly store: Store
  readonly upstream: UpstreamClient
  readonly log: RequestLog
  readonly onError: OnError
  readonly uploadLimit: number
  /** Default: 0. See `Deps`. */
  readonly minAge?: number | undefined
  /** Whether the live index shows what the upstream has besides. */
  readonly pullThrough?: boolean | undefined
  readonly publicUrl?: string | undefined
  /** Addresses and networks of the proxies whose word on their clients is taken. */
  readonly trustedProxies?: readonly string[] | undefined
  readonly accelRedirect?: string | undefined
  readonly policy?: Policy | undefined
  readonly access: AccessOptions
  readonly limits?: Partial<Limits> | undefined
}

const now = () => new Date().toISOString()

/** A firn server over an open store, not listening yet. */
export function firnServer(options: ServerOptions): Server {
  const limits = { ...defaultLimits, ...options.limits }
  const faults: Faults = { internal: 0, upstreamRequests: 0, upstreamFailures: 0 }
  const [connections, counts] = [connectionsOf(limits), traffic()]
  const deps = depsOf(options, { limits, faults, accepting: () => server.listening })
  const { clientOf } = deps
  const hot = hotPath(deps)
  const app = createApp(deps, { ...deps, connections, faults, traffic: counts })
  const watch = watchRequests({ log: options.log, traffic: counts, clientOf })
  const inTurn = connections.inTurn((req, res) => {
    if (!server.listening) res.setHeader('Connection', 'close')
    if (hot(req, res)) return
    // On the hot path it is written along with all other headers: set before them, it costs a tenth of a ready page.
    res.setHeader('X-Request-Id', requestId(req))
    app(req, res)
  })
  const server = createServer(timesOf(limits), (req, res) => {
    nameRequest(req, requestIdOf(req, req.headers['x-request-id'] !== undefined && clientOf(req).fromProxy))
    watch(req, res)
    inTurn(req, res)
  })
  connections.attend(server)
  return server
}

interface Surroundings {
  readonly limits: Limits
  /** Counted up. */
  readonly faults: Faults
  readonly accepting: () => boolean
}

function depsOf(options: ServerOptions, { limits, faults, accepting }: Surroundings): Deps {
  const { store, policy = defaultPolicy, minAge = 0 } = options
  const clientOf = clientReader(options.trustedProxies)
  const upstream = countedUpstream(options.upstream, faults)
  return {
    ...store,
    now,
    lock: keyedLock(),
    access: makeAccess({ records: store.records, now, clientOf }, options.access),
    ready: readyAnswers(),
    upstream,
    pullThrough: options.pullThrough
      ? pullThrough({ ...store, upstream, minAge, now, patience: limits.upstream })
      : undefined,
    clientOf,
    onError(error, id) {
      faults.internal++
      options.onError(error, id)
    },
    policy,
    uploadLimit: options.uploadLimit,
    minAge,
    intake: intakeOf(limits.uploads),
    accepting,
    publicUrl: options.publicUrl,
    accelRedirect: options.accelRedirect,
  }
}

/** How often Node looks for heads and requests that take too long, in milliseconds, at least. */
const lookEvery = 5000

function timesOf({ head, request, keepAlive }: Limits): HttpServerOptions {
  return {
    headersTimeout: head,
    requestTimeout: request,
    keepAliveTimeout: keepAlive,
    connectionsCheckingInterval: Math.min(head / 4, lookEvery),
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
