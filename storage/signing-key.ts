import { createPrivateKey, generateKeyPairSync, randomUUID, sign, type KeyObject } from 'node:crypto'
import { link, open, readdir, readFile, stat, unlink } from 'node:fs/promises'
import { join } from 'node:path'
import { RegistryError } from '../pool/errors.ts'
import { publicKeyOf, type PublicKey } from '../pool/proof/public-key.ts'
import type { Fault } from './fault.ts'
import { isSystemError, makeDirectory, refuseIfFull, syncDirectory, writeFully } from './filesystem/durable.ts'
import type { Layout } from './layout.ts'

/** Signs with the registry's own key. */
export interface Signer {
  readonly key: PublicKey
  /** Others than the owner can read the file that the key is in. */
  readonly exposed: boolean
  /** An Ed25519 signature (RFC 8032) in base64. */
  readonly sign: (message: Uint8Array) => string
}

type KeyPlaces = Pick<Layout, 'keys' | 'signingKey'>

/**
 * The key of a data directory, made if there is none, or the one in the file that is given. Throws
 * `signing-key-unusable`.
 */
export async function openSigningKey(places: KeyPlaces, given: string | undefined, fault: Fault): Promise<Signer> {
  if (given !== undefined) return readKey(given)
  await makeDirectory(places.keys)
  await sweep(places.keys)
  try {
    return await readKey(places.signingKey)
  } catch (error) {
    if (!(error instanceof RegistryError && isSystemError(error.cause, 'ENOENT'))) throw error
  }
  await makeKey(places, fault).catch(refuseIfFull)
  return readKey(places.signingKey)
}

async function readKey(path: string): Promise<Signer> {
  try {
    const pem = await readFile(path, 'utf8')
    if (pem.includes('ENCRYPTED'))
      throw new RegistryError('key-invalid', {}, { detail: 'it is locked with a passphrase' })
    const key = createPrivateKey({ key: pem, format: 'pem' })
    const { mode } = await stat(path)
    return signerOf(key, (mode & 0o077) !== 0)
  } catch (cause) {
    throw unusable(path, cause)
  }
}

/** Throws `key-invalid` on a key of another kind. */
export function signerOf(key: KeyObject, exposed = false): Signer {
  return {
    key: publicKeyOf(key),
    exposed,
    sign: (message) => sign(null, message, key).toString('base64'),
  }
}

function unusable(path: string, cause: unknown): RegistryError {
  const reason = cause instanceof RegistryError ? (cause.detail ?? cause.message) : reasonOf(cause)
  const hint = 'it is a PEM file, PKCS#8, without a passphrase: openssl genpkey -algorithm ed25519'
  return new RegistryError('signing-key-unusable', { path }, { detail: `${path}: ${reason}`, hint, cause })
}

function reasonOf(cause: unknown): string {
  if (isSystemError(cause, 'ENOENT')) return 'there is no such file'
  if (isSystemError(cause, 'EACCES')) return 'it may not be read'
  return isSystemError(cause, 'EISDIR') ? 'it is a directory' : 'it is no private key in PEM'
}

/**
 * Makes a key, whole or not at all: written beside its place, synced, then linked there, which fails on a name that is
 * taken (link(2)). What a crash leaves of it has another name, and is removed at the next start.
 */
async function makeKey({ keys, signingKey }: KeyPlaces, fault: Fault): Promise<void> {
  const part = join(keys, `${randomUUID()}.part`)
  const { privateKey } = generateKeyPairSync('ed25519')
  await writeSecret(part, privateKey.export({ format: 'pem', type: 'pkcs8' }))
  fault('key:written')
  await link(part, signingKey)
  fault('key:named')
  await unlink(part)
  await syncDirectory(keys)
}

/** Writes a new file that nobody but its owner may read, durably but for its name. */
export async function writeSecret(path: string, text: string | Buffer): Promise<void> {
  const handle = await open(path, 'wx', 0o600)
  try {
    await writeFully(handle, Buffer.from(text))
    await handle.sync()
  } finally {
    await handle.close()
  }
}

async function sweep(keys: string): Promise<void> {
  const left = (await readdir(keys)).filter((name) => name.endsWith('.part'))
  await Promise.all(left.map((name) => unlink(join(keys, name))))
}
