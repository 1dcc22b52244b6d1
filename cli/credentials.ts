import { chmod, mkdir, open, readFile, rename } from 'node:fs/promises'
import { homedir } from 'node:os'
import { dirname, join } from 'node:path'
import { randomUUID } from 'node:crypto'
import { RegistryError } from '../pool/errors.ts'
import { reasonOf, type Io } from './io.ts'

type Env = Io['env']

/** Where `firn login` keeps tokens, by server: as the XDG base directory specification has it, for its owner alone. */
function credentialsPath(env: Env): string {
  const config = env['XDG_CONFIG_HOME'] ?? join(env['HOME'] ?? homedir(), '.config')
  return env['FIRN_CREDENTIALS'] ?? join(config, 'firn', 'credentials.json')
}

type Credentials = Readonly<Record<string, string>>

/** The token for a server; `undefined` if nobody has logged in there. Throws `input-unreadable`. */
export async function savedToken(url: string, env: Env): Promise<string | undefined> {
  const known = await readCredentials(credentialsPath(env))
  const key = keyOf(url)
  return Object.hasOwn(known, key) ? known[key] : undefined
}

/** Keeps a token for a server, in place of one before; `undefined` forgets it. */
export async function saveToken(url: string, token: string | undefined, env: Env): Promise<string> {
  const path = credentialsPath(env)
  const { [keyOf(url)]: _before, ...others } = await readCredentials(path)
  const after = token === undefined ? others : { ...others, [keyOf(url)]: token }
  await mkdir(dirname(path), { recursive: true, mode: 0o700 })
  const temporary = `${path}.${randomUUID()}`
  const handle = await open(temporary, 'wx', 0o600)
  try {
    await handle.writeFile(`${JSON.stringify(after, null, 2)}\n`)
    await handle.sync()
  } finally {
    await handle.close()
  }
  await rename(temporary, path)
  await chmod(path, 0o600)
  return path
}

/** One spelling for `http://Host:80/` and `http://host`. */
function keyOf(url: string): string {
  return new URL(url).href.replace(/\/+$/, '')
}

async function readCredentials(path: string): Promise<Credentials> {
  try {
    return JSON.parse(await readFile(path, 'utf8')) as Credentials
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && (cause.code === 'ENOENT' || cause.code === 'ENOTDIR')) return {}
    const reason = cause instanceof SyntaxError ? 'it is no JSON' : reasonOf(cause)
    const hint = 'remove it and run firn login again'
    throw new RegistryError('input-unreadable', { path }, { detail: `${path}: ${reason}`, hint, cause })
  }
}
