import { randomBytes, timingSafeEqual } from 'node:crypto'
import { digestOf } from '../../pool/digest.ts'
import type { Sha256 } from '../../pool/distribution.ts'

/** A token as it is shown once: `firn_<id>_<secret>`. Only its sha256 is kept. */
export interface Minted {
  readonly id: string
  readonly text: string
  readonly sha256: Sha256
}

/** 32 random bytes need no slow hash: there is nothing to guess (OWASP, "Password Storage": for low entropy only). */
export function mintToken(): Minted {
  const id = randomBytes(6).toString('hex')
  const text = `firn_${id}_${randomBytes(32).toString('base64url')}`
  return { id, text, sha256: digestOf(text) }
}

/** The id that a token's text names; `undefined` if it is no token of firn's. */
export function tokenId(text: string): string | undefined {
  return /^firn_([0-9a-f]{12})_[A-Za-z0-9_-]{43}$/.exec(text)?.[1]
}

/** In constant time. */
export function isToken(text: string, expected: Sha256): boolean {
  return timingSafeEqual(Buffer.from(digestOf(text), 'hex'), Buffer.from(expected, 'hex'))
}
