import type { Sha256 } from '../distribution.ts'
import { grouped } from '../grouped.ts'
import { headMessage, type LogHead } from './log-head.ts'
import { beforeAll, lineDigest, lineMessage, type LogLine } from './log-line.ts'
import { isSignedBy, shortId, type PublicKey } from './public-key.ts'

/** A head with the name that people know it by. */
export interface NamedHead {
  readonly source: string
  readonly head: LogHead
}

/** Something that does not hold: of a line, or of a head. */
export interface LogProblem {
  readonly line: number | null
  /** The head's name; `null` for a line's own problem. */
  readonly head: string | null
  readonly message: string
}

/** Checks a log as it is read, the oldest line first. */
export interface LogCheck {
  take(lines: readonly LogLine[]): void
  /** Everything that does not hold, in the order of the log, once all of it has been taken. */
  finish(): readonly LogProblem[]
  /** How many lines were taken. */
  readonly lines: number
}

/**
 * Proves a log by its own lines: each has the digest of what it says, follows on the one before it, and is signed by
 * one of `keys`; and it holds what each head says. Nothing that a server states is believed but by a signature.
 */
export function checkLog(keys: ReadonlyMap<Sha256, PublicKey>, heads: readonly NamedHead[]): LogCheck {
  const problems: LogProblem[] = heads.flatMap((named) => headProblems(named, keys))
  const at = grouped(heads, ({ head }) => head.sequence)
  let last: Pick<LogLine, 'sequence' | 'digest'> = { sequence: 0, digest: beforeAll }
  let lines = 0
  const settle = (line: typeof last) => problems.push(...(at.get(line.sequence) ?? []).flatMap(otherHistory(line)))
  settle(last)
  return {
    get lines() {
      return lines
    },
    take(taken) {
      for (const line of taken) {
        problems.push(...orderProblems(line, last), ...lineProblems(line, keys))
        settle(line)
        last = line
        lines++
      }
    },
    finish: () => [...problems, ...heads.flatMap((named) => cutOff(named, last.sequence))],
  }
}

function orderProblems(line: LogLine, last: Pick<LogLine, 'sequence' | 'digest'>): readonly LogProblem[] {
  const { sequence, previous } = line
  const [first, before] = [last.sequence + 1, sequence - 1]
  if (sequence < first) return [ofLine(sequence, `stands after line ${last.sequence}`)]
  if (first === before) return [ofLine(first, 'is missing')]
  if (first < before) return [ofLine(first, `is missing, and so are all to line ${before}`)]
  if (previous === last.digest) return []
  const follows = last.sequence === 0 ? 'is not what a first line is' : `does not follow on line ${last.sequence}`
  return [ofLine(sequence, `${follows}: it names another digest as the one before it`)]
}

function lineProblems(line: LogLine, keys: ReadonlyMap<Sha256, PublicKey>): readonly LogProblem[] {
  const { sequence, key, signature } = line
  const changed = lineDigest(line) === line.digest ? [] : ['has been changed: its digest is not that of what it says']
  const signed = signatureProblem({ key, signature }, lineMessage(line), keys)
  return [...changed, ...(signed === undefined ? [] : [signed])].map((message) => ofLine(sequence, message))
}

function headProblems({ source, head }: NamedHead, keys: ReadonlyMap<Sha256, PublicKey>): readonly LogProblem[] {
  const message = signatureProblem(head, headMessage(head), keys)
  return message === undefined ? [] : [{ line: null, head: source, message }]
}

function signatureProblem(
  { key, signature }: Pick<LogLine, 'key' | 'signature'>,
  message: Uint8Array,
  keys: ReadonlyMap<Sha256, PublicKey>,
): string | undefined {
  if (key === null || signature === null) return 'is not signed'
  const trusted = keys.get(key)
  if (!trusted) return `is signed with key ${shortId(key)}, which is not one that is trusted`
  return isSignedBy(trusted, message, signature) ? undefined : `has a signature that is not one of key ${shortId(key)}`
}

function otherHistory({ sequence, digest }: Pick<LogLine, 'sequence' | 'digest'>) {
  return ({ source, head }: NamedHead): readonly LogProblem[] => {
    if (head.digest === digest) return []
    const message = `at ${head.at} line ${sequence} was another: the log up to it has been rewritten since`
    return [{ line: sequence, head: source, message }]
  }
}

function cutOff({ source, head }: NamedHead, last: number): readonly LogProblem[] {
  if (head.sequence <= last) return []
  const lost = head.sequence - last
  const message = `at ${head.at} the log had ${head.sequence} lines, and now has ${last}: ${lost} at its end have been taken away`
  return [{ line: last + 1, head: source, message }]
}

function ofLine(line: number, message: string): LogProblem {
  return { line, head: null, message }
}
