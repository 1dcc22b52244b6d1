import { createHash } from 'node:crypto'
import type { Sha256 } from './distribution.ts'

/** How a sha256 is written: nothing but lower-case hex. */
export const sha256Pattern = /^[0-9a-f]{64}$/

/** The sha256 of bytes, or of a text as UTF-8. */
export function digestOf(bytes: string | Uint8Array): Sha256 {
  return createHash('sha256').update(bytes).digest('hex')
}
