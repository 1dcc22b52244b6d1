import { spawn, type ChildProcess } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import type { Server } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { AccessOptions } from '../../server/access/access.ts'
import type { OnError } from '../../server/deps.ts'
import { firnServer, listen, stop } from '../../server/server.ts'
import type { Limits } from '../../server/limits.ts'
import { requestLog, type LogForm } from '../../server/http/request-log.ts'
import { upstreamClient } from '../../server/upstream/client.ts'
import { main } from '../../cli/main.ts'
import type { RegistryError } from '../../pool/errors.ts'
import type { Policy } from '../../pool/policy/policy.ts'
import { openStore, type Store } from '../../storage/store.ts'

/** The repository's own directory. */
export const root = join(import.meta.dirname, '..', '..')

export async function temporaryDirectory(): Promise<string> {
  return mkdtemp(join(tmpdir(), 'firn-test-'))
}

/** The environment of a command that is not to ask this machine's pip. */
export const noPip = { FIRN_PYTHON: '/nonexistent' } as const

export interface TestServer {
  readonly url: string
  readonly data: string
  readonly server: Server
  readonly store: Store
  /** What the server took for its own fault, newest last. */
  readonly internalErrors: readonly RegistryError[]
  stop(): Promise<void>
}

export interface TestServerOptions {
  readonly data?: string
  readonly upstream?: string
  /** Whether this machine's pip is asked for its index and certificates, which takes a second; default: without `upstream`. */
  readonly pip?: boolean
  readonly uploadLimit?: number
  /** In milliseconds. */
  readonly minAge?: number
  readonly pullThrough?: boolean
  readonly policy?: Policy
  readonly publicUrl?: string
  readonly trustedProxies?: readonly string[]
  readonly accelRedirect?: string
  /** Is given the request log. */
  readonly log?: { write(text: string): unknown }
  readonly access?: Partial<AccessOptions>
  readonly limits?: Partial<Limits>
  /** Default: json. */
  readonly logForm?: LogForm
  readonly onError?: OnError
}

/** A server in this process, on a data directory of its own that goes with it unless one is given. */
export async function startServer(options: TestServerOptions = {}): Promise<TestServer> {
  const data = options.data ?? (await temporaryDirectory())
  const store = await openStore(data)
  const pip = options.pip ?? options.upstream === undefined
  const python = pip ? undefined : noPip.FIRN_PYTHON
  const upstream = upstreamClient({ index: options.upstream, python, userAgent: 'firn/test', retryAfter: 10 })
  const internalErrors: RegistryError[] = []
  const server = firnServer({
    store,
    upstream,
    log: requestLog(options.log ? (options.logForm ?? 'json') : 'none', options.log ?? process.stdout),
    onError(error, id) {
      internalErrors.push(error)
      options.onError?.(error, id)
    },
    policy: options.policy,
    uploadLimit: options.uploadLimit ?? 1_000_000_000,
    minAge: options.minAge,
    pullThrough: options.pullThrough,
    publicUrl: options.publicUrl,
    trustedProxies: options.trustedProxies,
    accelRedirect: options.accelRedirect,
    limits: options.limits,
    access: { writes: 'local', reads: 'open', privateProducts: [], ...options.access },
  })
  const url = await listen(server, { host: '127.0.0.1', port: 0 })
  return {
    url,
    data,
    server,
    store,
    internalErrors,
    async stop() {
      await stop(server, 1000)
      await upstream.close()
      await store.close()
      if (options.data === undefined) await rm(data, { recursive: true, force: true })
    },
  }
}

export interface CommandResult {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

/** Runs a firn command in this process, as the binary would; `env` is all that it sees of the environment. */
export async function firn(
  argv: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<CommandResult> {
  const [out, err]: [string[], string[]] = [[], []]
  const code = await main(argv, {
    stdout: { write: (text) => out.push(text) },
    stderr: { write: (text) => err.push(text) },
    env,
    signal: new AbortController().signal,
  })
  return { code, stdout: out.join(''), stderr: err.join('') }
}

export interface ServerProcess {
  readonly url: string
  readonly process: ChildProcess
  readonly output: () => string
  /** Resolves with the exit code, or the signal that ended it. */
  readonly ended: Promise<number | NodeJS.Signals>
}

/** `firn serve` as a process of its own, from the sources, on a free port; resolves when it says that it is ready. */
export function spawnServer(data: string, env: Readonly<Record<string, string>> = {}): Promise<ServerProcess> {
  const child = spawn(
    process.execPath,
    ['--import', 'tsx', join(root, 'cli', 'firn.ts'), 'serve', '--port', '0', '--data', data],
    { env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'], cwd: root },
  )
  const ended = new Promise<number | NodeJS.Signals>((resolve) => {
    child.once('exit', (code, signal) => resolve(signal ?? code ?? -1))
  })
  let output = ''
  return new Promise((resolve, reject) => {
    const onData = (chunk: Buffer) => {
      output += chunk.toString()
      const url = /ready on (\S+)/.exec(output)?.[1]
      if (url !== undefined) resolve({ url, process: child, output: () => output, ended })
    }
    child.stdout.on('data', onData)
    child.stderr.on('data', onData)
    void ended.then((code) => reject(new Error(`firn serve ended (${code}) before it was ready:\n${output}`)))
  })
}
