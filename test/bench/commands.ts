import { existsSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { delimiter, join } from 'node:path'
import { run } from '../support/python.ts'

/** Programs of the system that the benchmark runs, by their paths. */
export interface Commands {
  readonly wrk: string
  readonly nginx: string
  /** Only where there are two cores to tell apart. */
  readonly taskset: string | undefined
}

/** Throws one line that says what to install. */
export function findCommands(): Commands {
  const [wrk, nginx] = [find('wrk'), find('nginx')]
  if (wrk !== undefined && nginx !== undefined) {
    return { wrk, nginx, taskset: availableParallelism() > 1 ? find('taskset') : undefined }
  }
  const lacking = [...(wrk === undefined ? ['wrk'] : []), ...(nginx === undefined ? ['nginx'] : [])]
  throw new Error(`the benchmark needs ${lacking.join(' and ')}: install with apt-get install ${lacking.join(' ')}`)
}

/** nginx is often where only root's PATH leads. */
function find(name: string): string | undefined {
  const directories = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/local/sbin', '/usr/sbin', '/sbin']
  return directories.map((directory) => join(directory, name)).find((path) => existsSync(path))
}

/** The command line that runs a server on its core. */
export function onServerCore({ taskset }: Commands, argv: readonly string[]): readonly string[] {
  return taskset === undefined ? argv : [taskset, '-c', '0', ...argv]
}

/** Moves this process, and with it every child that is not a server, to the other core. */
export async function takeLoadCore({ taskset }: Commands): Promise<void> {
  if (taskset === undefined) return
  const { code, stderr } = await run(taskset, ['-acp', '1', String(process.pid)])
  if (code !== 0) throw new Error(`taskset cannot pin the benchmark: ${stderr.trim()}`)
}
