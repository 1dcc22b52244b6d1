import { spawn, type ChildProcess } from 'node:child_process'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'

/** Prints numbered steps: what each does, what it says, how long it took. */
export interface Steps {
  readonly step: <T>(title: string, work: () => Promise<T>) => Promise<T>
  readonly say: (line: string) => void
}

export function steps(out: { write(text: string): unknown }): Steps {
  let number = 0
  const say = (line: string) => out.write(`   ${line}\n`)
  return {
    say,
    async step(title, work) {
      number++
      out.write(`${number}. ${title}\n`)
      const started = performance.now()
      const outcome = await work()
      say(`${((performance.now() - started) / 1000).toFixed(1)} s\n`)
      return outcome
    },
  }
}

/** Runs a program to its end, saying each line that it prints. Throws if it fails. */
export async function runAndSay(
  command: readonly [string, ...string[]],
  say: Steps['say'],
  env: NodeJS.ProcessEnv,
): Promise<void> {
  const [program, ...args] = command
  const child = spawn(program, args, { env, stdio: ['ignore', 'pipe', 'pipe'] })
  for (const stream of [child.stdout, child.stderr]) forEachLine(stream, say)
  const code = await new Promise<number>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (status) => resolve(status ?? 1))
  })
  if (code !== 0) throw new Error(`this failed with exit code ${code}: ${command.join(' ')}`)
}

export function forEachLine(stream: Readable, use: (line: string) => void): void {
  createInterface({ input: stream }).on('line', use)
}

/** Asks a process to end, and waits until it has. */
export function end(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null) return resolve()
    child.once('exit', () => resolve())
    child.kill('SIGTERM')
  })
}
