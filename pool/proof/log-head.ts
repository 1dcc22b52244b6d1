import { canonicalJson } from '../canonical-json.ts'
import type { Iso, Sha256 } from '../distribution.ts'
import { RegistryError } from '../errors.ts'
import { preAuthEncoding } from './pae.ts'

/** What a server says, under its signature, of how far its log goes. Kept elsewhere, it proves what came later. */
export interface LogHead {
  /** How many lines there are; 0 for none. */
  readonly sequence: number
  /** Digest of the last line. */
  readonly digest: Sha256
  /** When it was said. */
  readonly at: Iso
  /** Id of the key that signed it. */
  readonly key: Sha256
  /** In base64. */
  readonly signature: string
}

/** The bytes that are signed of a head. */
export function headMessage({ sequence, digest, at }: Pick<LogHead, 'sequence' | 'digest' | 'at'>): Buffer {
  return preAuthEncoding('application/vnd.firn.log-head+json', Buffer.from(canonicalJson({ sequence, digest, at })))
}

/** Reads a head that was kept, from the file of that name. Throws `head-invalid`. */
export function parseHead(text: string, source: string): LogHead {
  const { sequence, digest, at, key, signature } = parseObject(text)
  if (
    typeof sequence === 'number' &&
    Number.isSafeInteger(sequence) &&
    sequence >= 0 &&
    typeof digest === 'string' &&
    typeof at === 'string' &&
    typeof key === 'string' &&
    typeof signature === 'string'
  )
    return { sequence, digest, at, key, signature }
  throw new RegistryError(
    'head-invalid',
    { source },
    { detail: source, hint: 'keep one with: firn log head > head.json' },
  )
}

function parseObject(text: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? { ...value } : {}
  } catch {
    return {}
  }
}
