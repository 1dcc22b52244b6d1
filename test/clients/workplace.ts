import { mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Built } from '../support/archives.ts'
import { cleanEnvironment, findPython, run, toolEnvironment, type RunResult } from '../support/python.ts'
import { firn, startServer, type TestServer, type TestServerOptions } from '../support/server.ts'

/** A request as the server saw it, with its answer. */
export interface Asked {
  readonly method: string
  readonly path: string
  readonly accept: string | undefined
  readonly agent: string
  readonly status: number
  readonly type: string
  readonly location: string | undefined
}

/** A firn server and, beside it, a place for clients that can reach nothing else. */
export interface Workplace {
  readonly url: string
  /** The interpreter that clients install for. */
  readonly python: string
  readonly server: TestServer
  /** What the server was asked since the last call, in order. */
  takeRequests(): readonly Asked[]
  /** Every host and URL that a client asked for anywhere else. */
  readonly strayed: readonly string[]
  /** A new directory, empty. */
  directory(name: string): Promise<string>
  /** Runs a client with a home and caches of its own, empty at first; never throws. */
  tryClient(command: string, args: readonly string[], cwd?: string): Promise<RunResult>
  /** The same; returns what it printed, and throws that unless it ended well. */
  client(command: string, args: readonly string[], cwd?: string): Promise<string>
  /** Runs a firn command against the server; throws what it printed unless it ended well. */
  firn(...argv: string[]): Promise<string>
  /** Puts files into the pool. */
  upload(...files: Built[]): Promise<void>
  /** Makes a virtual environment without pip; returns its directory. */
  virtualenv(name: string): Promise<string>
  stop(): Promise<void>
}

/** An hour would not help a client that has not ended by then. */
const longestRunMs = 9 * 60_000

export async function makeWorkplace(
  range: Parameters<typeof findPython>[0] = { min: '3.10' },
  options: TestServerOptions = {},
): Promise<Workplace> {
  const python = await findPython(range)
  const root = await realpath(await mkdtemp(join(tmpdir(), 'firn-client-')))
  const [server, outside] = [await startServer(options), await outsideWorld()]
  const asked = watch(server)
  const clients = runClients(root, outside)
  const directory = async (name: string) => {
    await mkdir(join(root, name), { recursive: true })
    return join(root, name)
  }
  const command: Workplace['firn'] = async (...argv) =>
    outputOf(['firn', ...argv], await firn([...argv, '--url', server.url], { FIRN_PYTHON: python }))
  return {
    ...clients,
    url: server.url,
    python,
    server,
    strayed: outside.strayed,
    takeRequests: () => asked.splice(0).map(describe),
    directory,
    firn: command,
    upload: async (...files) => void (await command('upload', await writeFiles(join(root, 'upload'), files))),
    async virtualenv(name) {
      await clients.client(python, ['-m', 'venv', '--without-pip', join(root, name)])
      return join(root, name)
    },
    async stop() {
      await Promise.all([server.stop(), outside.stop()])
      // uv that refuses one file leaves its build of another behind, which goes on writing for a moment.
      await rm(root, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 })
    },
  }
}

function runClients(root: string, { proxies }: Outside): Pick<Workplace, 'tryClient' | 'client'> {
  const tryClient: Workplace['tryClient'] = async (command, args, cwd) => {
    const home = await mkdtemp(join(root, 'home-'))
    return run(command, args, { env: cleanEnvironment(home, proxies), cwd: cwd ?? home, timeoutMs: longestRunMs })
  }
  return {
    tryClient,
    client: async (command, args, cwd) => outputOf([command, ...args], await tryClient(command, args, cwd)),
  }
}

/** Empties the directory, writes the files into it; returns its path. */
export async function writeFiles(directory: string, files: readonly Built[]): Promise<string> {
  await rm(directory, { recursive: true, force: true })
  await mkdir(directory)
  await Promise.all(files.map(({ filename, bytes }) => writeFile(join(directory, filename), bytes)))
  return directory
}

function outputOf(command: readonly string[], { code, stdout, stderr }: RunResult): string {
  if (code === 0) return stdout
  throw new Error(`${command.join(' ')} ended with ${code}\n${stdout}\n${stderr}`)
}

interface Watched {
  readonly req: IncomingMessage
  readonly res: ServerResponse
  readonly path: string
}

function watch({ server }: TestServer): Watched[] {
  const asked: Watched[] = []
  server.prependListener('request', (req: IncomingMessage, res: ServerResponse) => {
    // A header set before `writeHead` makes Node keep those that are given to it, where `getHeader` finds them.
    res.setHeader('x-watched', '')
    res.removeHeader('x-watched')
    // Express shortens `req.url` as it goes down its routers.
    asked.push({ req, res, path: req.url ?? '' })
  })
  return asked
}

function describe({ req, res, path }: Watched): Asked {
  const { accept, 'user-agent': agent = '' } = req.headers
  const [type = '', location] = ['content-type', 'location'].map((name) => res.getHeader(name)?.toString())
  return { method: req.method ?? '', path, accept, agent, status: res.statusCode, type, location }
}

interface Outside {
  readonly strayed: readonly string[]
  /** The variables that make every request to another host end here. */
  readonly proxies: Readonly<Record<string, string>>
  stop(): Promise<void>
}

/** A proxy that refuses all it is asked for and remembers it: a client that leaves the index is found out. */
async function outsideWorld(): Promise<Outside> {
  const strayed: string[] = []
  const server = createServer((req, res) => {
    strayed.push(req.url ?? '')
    res.writeHead(403).end()
  })
  server.on('connect', (req, socket) => {
    strayed.push(req.url ?? '')
    socket.end('HTTP/1.1 403 Forbidden\r\n\r\n')
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const [proxy, no] = [['http_proxy', 'https_proxy', 'all_proxy'], 'no_proxy']
  const proxies = Object.fromEntries([
    ...proxy.flatMap((name) => [name, name.toUpperCase()].map((each) => [each, url] as const)),
    ...[no, no.toUpperCase()].map((each) => [each, '127.0.0.1'] as const),
  ])
  return {
    strayed,
    proxies,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

/** pip of one version, to be run as `-m pip --python <environment>`. */
export async function pinnedPip(): Promise<string> {
  return (await toolEnvironment('pip', ['pip==26.3'])).python
}

export async function pinnedUv(): Promise<string> {
  return (await toolEnvironment('uv', ['uv==0.13.9'])).bin('uv')
}
