import { canonicalJson, type Json } from '../canonical-json.ts'
import { digestOf } from '../digest.ts'
import type { Iso, Sha256 } from '../distribution.ts'
import { preAuthEncoding } from './pae.ts'

/** One line of the log with all that proves it. */
export interface LogLine {
  /** From 1, without gaps. */
  readonly sequence: number
  readonly at: Iso
  readonly actor: string
  readonly verb: string
  readonly subject: string
  readonly facts: Readonly<Record<string, unknown>>
  /** The digest of the line before it. */
  readonly previous: Sha256
  readonly digest: Sha256
  /** Id of the key that signed it, and its signature in base64; `null` on a line that nobody signed. */
  readonly key: Sha256 | null
  readonly signature: string | null
}

/** What stands before the first line: the sha256 of nothing. */
export const beforeAll: Sha256 = digestOf('')

/** A line's digest. `previous` is in it, so that a changed line breaks every later one. */
export function lineDigest(line: Pick<LogLine, 'at' | 'actor' | 'verb' | 'subject' | 'facts' | 'previous'>): Sha256 {
  const { at, actor, verb, subject, facts, previous } = line
  return digestOf(canonicalJson({ at, actor, verb, subject, facts: facts as Json, previous }))
}

/** The bytes that are signed of a line: where it stands, and its digest. */
export function lineMessage({ sequence, digest }: Pick<LogLine, 'sequence' | 'digest'>): Buffer {
  return preAuthEncoding('application/vnd.firn.log-line+json', Buffer.from(canonicalJson({ sequence, digest })))
}
