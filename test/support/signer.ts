import { generateKeyPairSync } from 'node:crypto'
import { signerOf, type Signer } from '../../storage/signing-key.ts'

/** A key of its own. */
export function aSigner(): Signer {
  return signerOf(generateKeyPairSync('ed25519').privateKey)
}
