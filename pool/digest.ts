import { createHash } from 'node:crypto'
import type { Sha256 } from './distribution.ts'

/** The sha256 of bytes, or of a text as UTF-8. */
export function digestOf(bytes: string | Uint8Array): Sha256 {
  return createHash('sha256').update(bytes).digest('hex')
}
