import { spawn, type ChildProcess } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { end, forEachLine, runAndSay, steps, type Steps } from './steps.ts'

/**
 * `npm run tour`: the main job, end to end, with what is really used for it. Starts firn on data of its own, fetches a Pyramid
 * application's closure, freezes tour/1.0, installs it from there alone, and stays up until Ctrl-C (`-- --exit`: ends).
 */

const root = join(import.meta.dirname, '..', '..')
const firn = [process.execPath, join(root, 'dist', 'cli', 'firn.js')] as const
const python = process.env['FIRN_PYTHON'] ?? 'python3'
/** From the root, where everything is run. */
const requirements = join('tour', 'requirements.txt')

async function tour(exit: boolean): Promise<void> {
  const { step, say } = steps(process.stdout)
  process.stdout.write(`firn's main job: pool, freeze, frozen index, install\n\n`)
  const { server, url } = await step('Start firn on its embedded default: SQLite and plain files', () =>
    startServer(say),
  )
  try {
    const env = { ...process.env, FIRN_URL: url }
    await step('Fetch a Pyramid application and all it needs, sdists and wheels, into the pool', () =>
      runAndSay([...firn, 'fetch', '-r', requirements], say, env),
    )
    await step('Freeze it as the release tour/1.0', () =>
      runAndSay([...firn, 'freeze', 'tour/1.0', '-r', requirements], say, env),
    )
    await installAndImport({ step, say }, `${url}/index/tour/1.0/`)
    if (!exit) {
      process.stdout.write(`firn stays up on ${url} until Ctrl-C; look at ${url}/ in a browser.\n`)
      await ended(server)
    }
  } finally {
    await end(server)
  }
}

function startServer(say: Steps['say']): Promise<{ server: ChildProcess; url: string }> {
  const [program, ...args] = firn
  // Not on `data/`: the first token of that is for whoever starts there.
  const env = { FIRN_DATA: join('.cache', 'tour'), ...process.env }
  const server = spawn(program, [...args, 'serve', '--log', 'none'], { env, stdio: ['ignore', 'pipe', 'pipe'] })
  return new Promise((resolve, reject) => {
    forEachLine(server.stderr, say)
    forEachLine(server.stdout, (line) => {
      say(line)
      const url = /ready on (\S+)/.exec(line)?.[1]
      if (url === undefined) return
      endWithUs(server)
      resolve({ server, url })
    })
    server.once('exit', () => reject(new Error('the server did not start')))
  })
}

async function installAndImport({ step, say }: Steps, index: string): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), 'firn-tour-'))
  const inside = join(directory, 'bin', 'python')
  try {
    await step(`Make a virtualenv in a new directory, ${directory}`, () =>
      runAndSay([python, '-m', 'venv', directory], say, process.env),
    )
    await step(`Install from ${index} alone, with --require-hashes`, async () => {
      const pip = [inside, '-m', 'pip', 'install', '--quiet', '--no-cache-dir', '--index-url', index] as const
      await runAndSay([...pip, '--require-hashes', '-r', `${index}requirements.txt`], say, pipEnvironment())
      await runAndSay([inside, '-m', 'pip', 'check'], say, pipEnvironment())
    })
    await step('Use what was installed', () => runAndSay([inside, join(root, 'tour', 'try-it.py')], say, process.env))
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
}

/** Nothing of this machine's pip settings: another index or link page must not be able to help. */
function pipEnvironment(): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(([name]) => !name.startsWith('PIP_'))
  return { ...Object.fromEntries(kept), PIP_CONFIG_FILE: '/dev/null', PIP_DISABLE_PIP_VERSION_CHECK: '1' }
}

/** Ctrl-C and SIGTERM end the server, wherever the tour is; the tour ends with it. */
function endWithUs(server: ChildProcess): void {
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => server.kill('SIGTERM'))
}

function ended(server: ChildProcess): Promise<void> {
  return new Promise((resolve) => server.once('exit', () => resolve()))
}

process.chdir(root)
if (!existsSync(firn[1])) throw new Error('run npm ci first: it compiles firn')
try {
  await tour(process.argv.includes('--exit'))
} catch (error) {
  process.stderr.write(`error: ${error instanceof Error ? error.message : String(error)}\n`)
  process.exitCode = 1
}
