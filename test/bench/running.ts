import { spawn, type ChildProcess } from 'node:child_process'
import { closeSync, openSync, readFileSync } from 'node:fs'
import { performance } from 'node:perf_hooks'
import { setTimeout as sleep } from 'node:timers/promises'
import { ask } from './ask.ts'

/** How a server is run. It can be ended and started again; its address stays. */
export interface Recipe {
  readonly argv: readonly string[]
  readonly port: number
  /** A page that it answers with 200 once it is up. */
  readonly ready: string
  /** Where its output goes. */
  readonly log: string
}

export interface Running {
  readonly url: string
  /** Starts it. Resolves with the milliseconds until its first answer. */
  start(): Promise<number>
  stop(): Promise<void>
  /** Resolves when it has no more work of an earlier measurement to do. */
  settle(): Promise<void>
  /** How it ended, with its last lines, if that was not by `stop`. */
  death(): string | undefined
  /** Resident memory in MB; `undefined` where the system does not tell. */
  memory(): number | undefined
}

export function running(recipe: Recipe): Running {
  const url = `http://127.0.0.1:${recipe.port}`
  let child: ChildProcess | undefined
  return {
    url,
    async start() {
      const begun = performance.now()
      child = launch(recipe)
      await firstAnswer(child, recipe, url)
      return performance.now() - begun
    },
    stop: () => (child ? end(child) : Promise.resolve()),
    settle: () => settle(child?.pid),
    death: () => (child ? death(child, recipe) : undefined),
    memory: () => memory(child?.pid),
  }
}

function launch({ argv: [command = '', ...args], log }: Recipe): ChildProcess {
  const output = openSync(log, 'a')
  try {
    const settings = Object.entries(process.env).filter(([name]) => !name.startsWith('FIRN_'))
    return spawn(command, args, { stdio: ['ignore', output, output], env: Object.fromEntries(settings) })
  } finally {
    closeSync(output)
  }
}

const patienceMs = 120_000

async function firstAnswer(child: ChildProcess, { ready, log }: Recipe, url: string): Promise<void> {
  let failure: Error | undefined
  child.once('error', (error) => (failure = error))
  const giveUpAt = Date.now() + patienceMs
  while (Date.now() < giveUpAt) {
    const answer = await ask(`${url}${ready}`).catch(() => undefined)
    if (answer?.status === 200) return
    if (failure || hasEnded(child)) break
    await sleep(2)
  }
  await end(child)
  throw new Error(`${child.spawnargs.join(' ')} does not answer ${ready}:\n${failure?.message ?? lastLines(log)}`)
}

function lastLines(log: string): string {
  return readFileSync(log, 'utf8').trim().split('\n').slice(-5).join('\n')
}

function death(child: ChildProcess, { log }: Recipe): string | undefined {
  if (!hasEnded(child)) return undefined
  return `ended by ${child.signalCode ?? `exit code ${String(child.exitCode)}`}: ${lastLines(log)}`
}

function hasEnded({ exitCode, signalCode, pid }: ChildProcess): boolean {
  return pid === undefined || exitCode !== null || signalCode !== null
}

async function end(child: ChildProcess): Promise<void> {
  if (hasEnded(child)) return
  const ended = new Promise((resolve) => child.once('exit', resolve))
  child.kill('SIGTERM')
  const killing = setTimeout(() => child.kill('SIGKILL'), 5000)
  await ended
  clearTimeout(killing)
}

/** Answers that wrk no longer waits for would be counted against the next server on the same core. */
async function settle(pid: number | undefined): Promise<void> {
  const giveUpAt = Date.now() + 60_000
  for (let before = ticks(pid); Date.now() < giveUpAt;) {
    await sleep(100)
    const now = ticks(pid)
    if (now - before <= 1) return
    before = now
  }
}

/** Processor time in clock ticks, user and system (proc(5)); 0 where there is no /proc. */
function ticks(pid: number | undefined): number {
  const [, after = ''] = readProc(pid, 'stat').split(') ')
  const fields = after.split(' ')
  return Number(fields[11] ?? 0) + Number(fields[12] ?? 0)
}

function memory(pid: number | undefined): number | undefined {
  const kilobytes = /^VmRSS:\s+(\d+) kB/m.exec(readProc(pid, 'status'))?.[1]
  return kilobytes === undefined ? undefined : Number(kilobytes) / 1024
}

function readProc(pid: number | undefined, name: string): string {
  try {
    return readFileSync(`/proc/${String(pid)}/${name}`, 'utf8')
  } catch {
    return ''
  }
}
