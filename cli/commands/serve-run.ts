import { resolve } from 'node:path'
import type { RegistryError } from '../../pool/errors.ts'
import type { Policy } from '../../pool/policy/policy.ts'
import { shortId } from '../../pool/proof/public-key.ts'
import type { AccessOptions } from '../../server/access/access.ts'
import { requestLog, type LogForm } from '../../server/http/request-log.ts'
import { firnServer, listen, stop } from '../../server/server.ts'
import { upstreamClient } from '../../server/upstream/client.ts'
import { version } from '../../server/version.ts'
import { openStore, type Store } from '../../storage/store.ts'
import { count, type Io } from '../io.ts'
import { firstToken } from './serve-token.ts'

export interface ServeOptions {
  readonly host: string
  readonly port: number
  readonly data: string
  readonly upstream?: string
  readonly signingKey?: string
  /** In megabytes. */
  readonly maxUpload: number
  readonly maxUploads: number
  readonly maxConnections: number
  readonly log: LogForm
  readonly publicUrl?: string
  /** From `firn.toml` as they stand there. */
  readonly trustedProxy?: readonly string[]
  readonly accelRedirect?: string
  /** From `firn.toml`. */
  readonly policy?: Policy
  readonly writes?: AccessOptions['writes']
  readonly reads: AccessOptions['reads']
  readonly private?: readonly string[]
  /** In milliseconds. */
  readonly minAge?: number
  readonly pullThrough?: boolean
}

/** How long answers in flight may take once the server is asked to stop. */
const graceMs = 30_000

/**
 * Runs a server until it is asked to stop. Throws `data-in-use`, `data-too-new`, `data-unusable`,
 * `signing-key-unusable`, `address-unusable`.
 */
export async function serve(options: ServeOptions, io: Io): Promise<void> {
  const say = (text: string) => io.stdout.write(`${text}\n`)
  const store = await openStore(resolve(options.data), {
    fault: io.env['FIRN_FAULT'],
    signingKey: options.signingKey,
  })
  const log = requestLog(options.log, io.stdout)
  const upstream = upstreamClient({
    index: options.upstream,
    python: io.env['FIRN_PYTHON'],
    userAgent: `firn/${version}`,
  })
  const server = firnServer({
    store,
    log,
    upstream,
    uploadLimit: options.maxUpload * 1_000_000,
    minAge: options.minAge,
    pullThrough: options.pullThrough,
    publicUrl: options.publicUrl,
    trustedProxies: options.trustedProxy,
    accelRedirect: options.accelRedirect,
    policy: options.policy,
    access: accessOf(options),
    limits: { uploads: options.maxUploads, connections: options.maxConnections },
    onError: (error, id) => io.stderr.write(describeInternal(error, id)),
  })
  try {
    await announce({ store, url: await listen(server, options) }, options, io)
    await stopAsked(io.signal)
    say('stopping: answering what is in flight')
    await stop(server, graceMs)
    log.flush()
    say('stopped')
  } finally {
    await upstream.close()
    await store.close()
  }
}

interface Listening {
  readonly store: Store
  readonly url: string
}

/** What there is to say before the first request; that it is ready comes last. */
async function announce({ store, url }: Listening, options: ServeOptions, { stdout, stderr }: Io): Promise<void> {
  for (const line of warningsOf(store, options)) stderr.write(`warning: ${line}\n`)
  const token = await firstToken(store)
  const lines = [
    ...noticesOf(store),
    ...(token === undefined ? [] : [`first token, with the scope admin, shown this once: ${token}`]),
    `firn ${version} ready on ${url} (data in ${resolve(options.data)})`,
  ]
  stdout.write(lines.map((line) => `${line}\n`).join(''))
}

/** What was done to open the store. */
function noticesOf({ keyIsNew, signer, swept }: Store): readonly string[] {
  return [
    ...(keyIsNew ? [`signs with a new key, ${shortId(signer.key.id)}: firn keys prints it`] : []),
    ...(swept > 0 ? [`swept ${count(swept, 'unfinished file')} from staging`] : []),
  ]
}

/** What whoever runs the server may not have meant. */
function warningsOf({ signer }: Store, { host, writes, accelRedirect, trustedProxy = [] }: ServeOptions): string[] {
  const isOpen = writes === 'open' && !isLoopback(host)
  const isUntrusting = accelRedirect !== undefined && trustedProxy.length === 0
  return [
    ...(signer.exposed ? ['others than its owner can read the signing key: chmod 600 it'] : []),
    ...(isOpen ? [`whoever reaches ${host} can upload and freeze, since --writes is open`] : []),
    ...(isUntrusting ? ['--accel-redirect is for trusted proxies, and there is no --trusted-proxy'] : []),
  ]
}

/** A server that others can reach asks everybody who would write for a token, unless it is told not to. */
function accessOf({ host, writes, reads, private: privateProducts = [] }: ServeOptions): AccessOptions {
  return { writes: writes ?? (isLoopback(host) ? 'local' : 'token'), reads, privateProducts }
}

function stopAsked(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve(), { once: true })
  })
}

function describeInternal({ cause, message }: RegistryError, id: string): string {
  const inner = cause instanceof Error ? (cause.stack ?? cause.message) : message
  return `${new Date().toISOString()} error ${id} ${inner}\n`
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || host.startsWith('127.')
}
