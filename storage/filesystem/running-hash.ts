import { createHash } from 'node:crypto'
import { createBLAKE2b } from 'hash-wasm'

/** A digest that is made of bytes as they pass. */
export interface RunningHash {
  update(chunk: Uint8Array): void
  /** Once, at the end: lower-case hex. */
  hex(): string
}

/**
 * By OpenSSL's name, or `blake2b-256`. How long a digest is to be is part of what BLAKE2 hashes (RFC 7693, 2.5), so that
 * what Python's `blake2b(digest_size=32)` gives is no piece of the `blake2b512` that OpenSSL has.
 */
export async function runningHash(algorithm: string): Promise<RunningHash> {
  if (algorithm === 'blake2b-256') {
    const blake2b = (await createBLAKE2b(256)).init()
    return { update: (chunk) => void blake2b.update(chunk), hex: () => blake2b.digest('hex') }
  }
  const hash = createHash(algorithm)
  return { update: (chunk) => void hash.update(chunk), hex: () => hash.digest('hex') }
}
