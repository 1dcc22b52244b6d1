/** Real interpreters and real tools for the client tests: found, isolated from this machine's settings, made once. */
import { spawn } from 'node:child_process'
import { createHash, randomUUID } from 'node:crypto'
import { existsSync, linkSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { mkdir, readdir, realpath, rm, writeFile } from 'node:fs/promises'
import { homedir, tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'

export interface RunOptions {
  /** Default: this process's own environment. */
  readonly env?: Readonly<Record<string, string | undefined>>
  readonly cwd?: string
  /** Text for stdin, which is closed after it. */
  readonly input?: string
  readonly timeoutMs?: number
}

export interface RunResult {
  /** As a shell tells it: 124 after a timeout, 127 if the command could not be started, 128 + n after a signal. */
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

/** Runs a command without a shell and waits for its end, whatever that is; never throws. A timeout ends its children too. */
export async function run(command: string, args: readonly string[], options: RunOptions = {}): Promise<RunResult> {
  const { env = process.env, cwd, input = '', timeoutMs } = options
  const child = spawn(command, args, { env, cwd, detached: true, stdio: 'pipe' })
  const stdout: Buffer[] = []
  const stderr: Buffer[] = []
  let timedOut = false
  const stop = (): void => endGroup(child.pid)
  const timer = setTimeout(
    () => {
      timedOut = true
      stop()
    },
    timeoutMs ?? 2 ** 31 - 1,
  )
  process.once('exit', stop)
  child.stdout.on('data', (chunk: Buffer) => stdout.push(chunk))
  child.stderr.on('data', (chunk: Buffer) => stderr.push(chunk))
  child.stdin.on('error', () => {}) // a command may end without reading its input
  child.stdin.end(input)
  const code = await new Promise<number>((resolve) => {
    child.once('error', (error) => {
      stderr.push(Buffer.from(`${command}: ${error.message}\n`))
      resolve(127)
    })
    child.once('close', (exitCode, signal) => resolve(exitCode ?? (signal === 'SIGKILL' ? 137 : 143)))
  })
  clearTimeout(timer)
  process.off('exit', stop)
  if (timedOut) stderr.push(Buffer.from(`${command}: ended after ${timeoutMs} ms\n`))
  return {
    code: timedOut ? 124 : code,
    stdout: Buffer.concat(stdout).toString(),
    stderr: Buffer.concat(stderr).toString(),
  }
}

function endGroup(pid: number | undefined): void {
  if (pid === undefined) return
  try {
    process.kill(-pid, 'SIGKILL')
  } catch {
    // it has ended already
  }
}

/** The environment for a client under test: no PIP_*, UV_* or other setting of this machine leaks into it. */
export function cleanEnvironment(home: string, extra: Readonly<Record<string, string>> = {}): Record<string, string> {
  return {
    PATH: process.env['PATH'] ?? '/usr/local/bin:/usr/bin:/bin',
    HOME: home,
    LANG: 'C.UTF-8',
    TMPDIR: tmpdir(),
    PIP_CONFIG_FILE: '/dev/null',
    PIP_DISABLE_PIP_VERSION_CHECK: '1',
    // Bytecode is no business of an index, and takes most of the time of an installation. uv makes none by itself.
    PIP_COMPILE: '0',
    UV_NO_CONFIG: '1',
    UV_PYTHON_DOWNLOADS: 'never',
    PYTHONNOUSERSITE: '1',
    ...extra,
  }
}

export interface PythonRange {
  /** Lowest version that will do, as `3.10`. */
  readonly min?: string
  /** Highest version that will do, itself included, as `3.11`: any 3.11.x. */
  readonly max?: string
}

/**
 * The path of a real interpreter (no shim) in the range that can make virtual environments. Looks at
 * $FIRN_TEST_PYTHON, then PATH, then pyenv; newest first. Throws one line that says what to install.
 */
export async function findPython(range: PythonRange = {}): Promise<string> {
  const [min, max] = [sortable(range.min ?? '0'), sortable(range.max ?? '99')]
  for (const command of await candidates()) {
    const interpreter = await probe(command)
    if (interpreter && interpreter.minor >= min && interpreter.minor <= max) return interpreter.executable
  }
  throw new Error(`tests need ${wanted(range)} or set FIRN_TEST_PYTHON`)
}

function wanted({ min, max }: PythonRange): string {
  const example = `install python${max ?? min ?? '3.11'} (with its venv module)`
  if (max === undefined) return `Python ${min ?? '3.0'} or newer: ${example}`
  return `Python ${min === undefined ? `${max} or older` : `${min} to ${max}`}: ${example}`
}

/** `3.10` as 3010, so that it is more than `3.9`. */
function sortable(version: string): number {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  return major * 1000 + minor
}

async function candidates(): Promise<readonly string[]> {
  const minors = Array.from({ length: 15 }, (_, index) => `python3.${20 - index}`)
  const onPath = (process.env['PATH'] ?? '').split(delimiter)
  const versions = join(process.env['PYENV_ROOT'] ?? join(homedir(), '.pyenv'), 'versions')
  const installed = await readdir(versions).catch(() => [])
  const newestFirst = installed.toSorted((a, b) => sortable(b) - sortable(a))
  const asked = process.env['FIRN_TEST_PYTHON']
  return [
    ...(asked ? [asked] : []),
    ...['python3', ...minors].flatMap((name) => onPath.map((directory) => join(directory, name))),
    ...newestFirst.map((version) => join(versions, version, 'bin', 'python')),
  ]
}

type Interpreter = { readonly executable: string; readonly minor: number } | undefined

const probes = new Map<string, Promise<Interpreter>>()

function probe(command: string): Promise<Interpreter> {
  const known = probes.get(command) ?? ask(command)
  probes.set(command, known)
  return known
}

const question = 'import sys, venv, ensurepip; print(sys.executable); print("%d.%d" % sys.version_info[:2])'

/** A shim of pyenv may exist for a version that is not chosen: then it ends with an error, and is no candidate. */
async function ask(command: string): Promise<Interpreter> {
  if (command.includes('/') && !existsSync(command)) return undefined
  const { code, stdout } = await run(command, ['-c', question], { timeoutMs: 20_000 })
  const [executable, version] = stdout.trim().split('\n')
  return code === 0 && executable && version ? { executable, minor: sortable(version) } : undefined
}

export interface ToolEnvironment {
  readonly directory: string
  /** The interpreter inside it. */
  readonly python: string
  /** The path of a command that its packages bring. */
  bin(tool: string): string
}

const root = fileURLToPath(new URL('../..', import.meta.url))
const longestBuildMs = 15 * 60_000

/**
 * A virtual environment with exactly these requirements, made once for all test processes and kept in `.cache/tools/`.
 * Installs with this machine's own pip settings, since only those know its index. Throws one line if it cannot be made.
 */
export async function toolEnvironment(
  name: string,
  requirements: readonly string[],
  options: { readonly python?: string } = {},
): Promise<ToolEnvironment> {
  const given = options.python ?? (await findPython({ min: '3.10' }))
  const python = await realpath(given).catch(() => given)
  const recipe = JSON.stringify([python, requirements.toSorted()])
  const hash = createHash('sha256').update(recipe).digest('hex')
  const directory = join(root, '.cache', 'tools', `${name}-${hash.slice(0, 12)}`)
  const bin = (tool: string): string => join(directory, 'bin', tool)
  const tools = { directory, python: bin('python'), bin }
  await mkdir(join(root, '.cache', 'tools'), { recursive: true })
  const lock = `${directory}.lock`
  const giveUpAt = Date.now() + longestBuildMs
  while (!isComplete(tools)) {
    if (Date.now() > giveUpAt) throw new Error(`tool environment ${name}: another process holds ${lock} for too long`)
    if (takeLock(lock)) await build(tools, python, requirements).finally(() => rmSync(lock, { force: true }))
    else await sleep(200)
  }
  return tools
}

/** Its marker is there, and the interpreter it was made from has not been removed since. */
function isComplete({ directory, python }: ToolEnvironment): boolean {
  return existsSync(join(directory, '.complete')) && existsSync(python)
}

/** Called with the lock held. What an earlier process left half made is removed first. */
async function build(tools: ToolEnvironment, from: string, requirements: readonly string[]): Promise<void> {
  const { directory, python } = tools
  if (isComplete(tools)) return
  await rm(directory, { recursive: true, force: true })
  const made = await run(from, ['-m', 'venv', directory], { timeoutMs: 120_000 })
  const install = ['-m', 'pip', 'install', '--quiet', '--no-input', '--disable-pip-version-check', ...requirements]
  const done = made.code === 0 ? await run(python, install, { timeoutMs: longestBuildMs - 180_000 }) : made
  if (done.code === 0) return writeFile(join(directory, '.complete'), `${requirements.join('\n')}\n`)
  await rm(directory, { recursive: true, force: true })
  const lines = `${done.stdout}\n${done.stderr}`.trim().split('\n')
  const reason = lines.findLast((line) => /error/i.test(line)) ?? lines.at(-1)
  throw new Error(`cannot make tool environment ${directory} (${requirements.join(' ')}) with ${from}: ${reason}`)
}

/** Takes the lock file or says no. `link` makes it whole at once: whoever reads it finds its owner in it. */
function takeLock(lock: string): boolean {
  const mine = `${lock}.${randomUUID()}`
  writeFileSync(mine, String(process.pid))
  try {
    breakIfStale(lock, `${mine}.stale`)
    linkSync(mine, lock)
    return true
  } catch (error) {
    if (isCode(error, 'EEXIST') || isCode(error, 'ENOENT')) return false
    throw error
  } finally {
    rmSync(mine)
    rmSync(`${mine}.stale`, { force: true })
  }
}

/** Moves the lock of a killed process out of the way; back, if another has broken it and taken it in between. */
function breakIfStale(lock: string, aside: string): void {
  if (!isStale(lock)) return
  renameSync(lock, aside)
  if (!isStale(aside)) linkSync(aside, lock)
}

function isStale(lock: string): boolean {
  try {
    if (Date.now() - statSync(lock).mtimeMs > longestBuildMs) return true
    process.kill(Number(readFileSync(lock, 'utf8')), 0)
    return false
  } catch (error) {
    return isCode(error, 'ESRCH')
  }
}

function isCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code
}
