import { run } from '../support/python.ts'
import type { Commands } from './commands.ts'

export interface Load {
  readonly url: string
  readonly connections: number
  readonly headers: Readonly<Record<string, string>>
  readonly seconds: number
}

/** Requests a second under a load. Throws if wrk counts any error, or an answer that is not 2xx or 3xx. */
export async function load({ wrk }: Commands, { url, connections, headers, seconds }: Load): Promise<number> {
  const lines = Object.entries(headers).flatMap(([name, value]) => ['-H', `${name}: ${value}`])
  // A peer that takes its time is slow, and no error: hence the long timeout.
  const args = ['-t', '1', '-c', String(connections), '-d', `${seconds}s`, '--timeout', '60s', ...lines, url]
  const { code, stdout, stderr } = await run(wrk, args, { timeoutMs: (seconds + 60) * 1000 })
  if (code !== 0) throw new Error(`wrk ended with ${code}: ${stderr.trim() || stdout.trim()}`)
  const wrong = stdout.split('\n').find((line) => /Socket errors|Non-2xx/.test(line))
  if (wrong !== undefined) throw new Error(`wrk on ${url}: ${wrong.trim()}`)
  const rate = Number(/Requests\/sec:\s+([\d.]+)/.exec(stdout)?.[1])
  if (!(rate > 0)) throw new Error(`wrk on ${url} had no answer`)
  return rate
}
