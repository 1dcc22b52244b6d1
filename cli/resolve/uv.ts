import { spawn } from 'node:child_process'
import { RegistryError } from '../../pool/errors.ts'
import { compareVersions, parseVersion } from '../../pool/version.ts'
import { plain, type Io } from '../io.ts'

/** uv, https://docs.astral.sh/uv/, as a process on this machine. */
export interface Uv {
  readonly version: string
  /** Runs it with nothing of this machine's settings but what it needs to run. Throws `resolver-unusable`. */
  run(args: readonly string[], env?: Readonly<Record<string, string>>): Promise<Ended>
}

export interface Ended {
  readonly code: number
  /** What it said, without colours. */
  readonly said: string
}

/** The first whose options are all that are used here. */
const leastVersion = '0.7.0'

/** `FIRN_UV`, else `uv` on the PATH. Throws `resolver-unusable`. */
export async function findUv(io: Pick<Io, 'env' | 'signal'>): Promise<Uv> {
  const command = io.env['FIRN_UV'] ?? 'uv'
  const run: Uv['run'] = (args, env = {}) => runUv(command, args, { env: { ...surroundings(io.env), ...env }, io })
  const { said } = await run(['--version'])
  const [, version = ''] = /^uv (\d+(?:\.\d+)+)\S*(?:\s|$)/.exec(said) ?? []
  if (version === '') throw unusable(`${command} is another program: it does not tell uv's version`)
  if (isTooOld(version)) throw unusable(`${command} is ${version}; it must be ${leastVersion} or newer`)
  return { version, run }
}

function isTooOld(version: string): boolean {
  const [found, least] = [parseVersion(version), parseVersion(leastVersion)]
  return found === undefined || least === undefined || compareVersions(found, least) < 0
}

/** What finds programs, and certificates of a company's own; no UV_*, no PIP_*, no proxy: firn asks the server without. */
function surroundings(env: Io['env']): Record<string, string> {
  const names = ['PATH', 'HOME', 'TMPDIR', 'TEMP', 'SYSTEMROOT', 'PYENV_ROOT', 'PYENV_VERSION', 'SSL_CERT_FILE']
  const kept = names.flatMap((name) => (env[name] === undefined ? [] : [[name, env[name]] as const]))
  const certificates = env['SSL_CERT_FILE'] ?? env['NODE_EXTRA_CA_CERTS']
  return {
    ...Object.fromEntries(kept),
    ...(certificates === undefined ? {} : { SSL_CERT_FILE: certificates }),
    LC_ALL: 'C.UTF-8',
    NO_COLOR: '1',
    UV_NO_CONFIG: '1',
    UV_PYTHON_DOWNLOADS: 'never',
    // The server may have to look into a large file before it can say what that needs.
    UV_HTTP_TIMEOUT: '300',
    // The server asks its upstream again itself.
    UV_HTTP_RETRIES: '0',
  }
}

interface Running {
  readonly env: Readonly<Record<string, string>>
  readonly io: Pick<Io, 'signal'>
}

/** More than uv ever says that anybody reads. */
const most = 200_000

function runUv(command: string, args: readonly string[], { env, io }: Running): Promise<Ended> {
  const child = spawn(command, args, { env, stdio: ['ignore', 'pipe', 'pipe'], signal: io.signal })
  let said = ''
  const hear = (chunk: string) => (said = said.length < most ? said + chunk : said)
  child.stdout.setEncoding('utf8').on('data', hear)
  child.stderr.setEncoding('utf8').on('data', hear)
  return new Promise((resolve, reject) => {
    child.once('error', (cause) => reject(unusable(`${command} cannot be run: ${cause.message}`, cause)))
    child.once('close', (code, signal) => {
      if (code === null) reject(unusable(`${command} was ended by ${signal}`))
      else resolve({ code, said: plain(said).trim() })
    })
  })
}

const whatItSays = 'it tells of this machine, of the server, or of what that is told by the upstream'

/** uv is there, but ended otherwise than with an answer. */
export function broken(detail: string): RegistryError {
  return new RegistryError('resolver-unusable', {}, { detail, hint: whatItSays })
}

function unusable(detail: string, cause?: unknown): RegistryError {
  const hint = `install it (pip install uv, ${leastVersion} or newer), or say with FIRN_UV where it is`
  return new RegistryError('resolver-unusable', {}, { detail, hint, cause })
}
