import { createPublicKey, verify, type KeyObject } from 'node:crypto'
import { digestOf } from '../digest.ts'
import type { Sha256 } from '../distribution.ts'
import { RegistryError } from '../errors.ts'

/** An Ed25519 key that signatures are checked with. */
export interface PublicKey {
  /** sha256 of the key's 32 bytes. */
  readonly id: Sha256
  /** SubjectPublicKeyInfo (RFC 8410), as `openssl pkey -pubout` prints it. */
  readonly pem: string
}

/** Reads a PEM. One of a private key gives the public half of it. Throws `key-invalid`. */
export function parsePublicKey(pem: string): PublicKey {
  try {
    return publicKeyOf(createPublicKey(pem))
  } catch (cause) {
    throw cause instanceof RegistryError ? cause : notEd25519('it is no key in PEM', cause)
  }
}

/** Throws `key-invalid` on a key of another kind. */
export function publicKeyOf(key: KeyObject): PublicKey {
  if (key.asymmetricKeyType !== 'ed25519') throw notEd25519(`it is a key of kind ${key.asymmetricKeyType ?? key.type}`)
  // RFC 8410: the 32 bytes of the key are the last of its SubjectPublicKeyInfo.
  const half = key.type === 'private' ? createPublicKey(key) : key
  const raw = half.export({ format: 'der', type: 'spki' }).subarray(-32)
  return {
    id: digestOf(raw),
    pem: half.export({ format: 'pem', type: 'spki' }).toString(),
  }
}

function notEd25519(detail: string, cause?: unknown): RegistryError {
  return new RegistryError(
    'key-invalid',
    {},
    { detail, hint: 'make one with: openssl genpkey -algorithm ed25519', cause },
  )
}

/** Enough of an id for people to tell keys apart. */
export function shortId(id: Sha256): string {
  return id.slice(0, 16)
}

/** Whether `signature`, in base64, is the key's of `message`. */
export function isSignedBy({ pem }: PublicKey, message: Uint8Array, signature: string): boolean {
  return verify(null, message, pem, Buffer.from(signature, 'base64'))
}

/** Keys by their id. An entry whose id is not that of its key is left out: an id is recomputed, never believed. */
export function keyring(keys: readonly PublicKey[]): ReadonlyMap<Sha256, PublicKey> {
  return new Map(keys.map(({ pem }) => parsePublicKey(pem)).map((key) => [key.id, key]))
}
