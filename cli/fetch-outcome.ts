import { errors, type ErrorCode } from '../pool/errors.ts'
import type { FetchEvent } from '../pool/fetch-event.ts'
import { count, printBytes } from './io.ts'

export type FetchDone = Extract<FetchEvent, { event: 'done' }>

/** Failures that another try would end in as well. */
const lasting: ReadonlySet<ErrorCode> = new Set(['upstream-lacks', 'file-young', 'project-own'])

/** How a fetch ended; `codes`: of what failed. Where all fails for one reason that lasts, that reason is the exit code. */
export function exitOfFetch(codes: ReadonlySet<ErrorCode>): number {
  const [first, ...others] = codes
  if (first === undefined) return 0
  return others.length === 0 && lasting.has(first) ? errors[first].exit : errors['fetch-incomplete'].exit
}

/** The last line of a fetch, for people. */
export function describeFetch({ fetched, held, failed, bytes }: FetchDone, codes: ReadonlySet<ErrorCode>): string {
  const came = `${count(fetched, 'file')} fetched (${printBytes(bytes)}), ${held} already in the pool`
  if (failed === 0) return `${came}\n`
  const again = [...codes].every((code) => lasting.has(code)) ? '' : ': run the same command again for the rest'
  return `${came}, ${failed} failed; what came stays${again}\n`
}
