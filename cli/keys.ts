import { readFile } from 'node:fs/promises'
import { RegistryError } from '../pool/errors.ts'
import { keyring, parsePublicKey, shortId, type PublicKey } from '../pool/proof/public-key.ts'
import { reasonOf } from './io.ts'

/** The one key whose id begins so. Throws `key-unknown`. */
export function keyNamed<K extends PublicKey>(id: string, known: readonly K[]): K {
  const wanted = id.toLowerCase().replace(/^sha256:/, '')
  const found = known.filter((key) => key.id.startsWith(wanted))
  const [only] = found
  if (only && found.length === 1) return only
  const ids = known.map((key) => shortId(key.id)).join(', ')
  const hint = ids === '' ? 'give the PEM file of the key' : `known are ${ids}`
  const detail = found.length > 1 ? `${id} is the beginning of ${found.length} keys` : id
  throw new RegistryError('key-unknown', { id }, { detail, hint })
}

/** What a signature is believed by. */
export interface Trust {
  readonly keys: readonly PublicKey[]
  /** The user has named them; otherwise whoever is checked has. */
  readonly pinned: boolean
}

/**
 * The keys that `--key` names, each a PEM file or the beginning of an id; none: all that are stated. Throws
 * `input-unreadable`, `key-invalid`, `key-unknown`.
 */
export async function trustedKeys(named: readonly string[], stated: readonly PublicKey[]): Promise<Trust> {
  // An id is recomputed from its key, never believed.
  const known = [...keyring(stated).values()]
  if (named.length === 0) return { keys: known, pinned: false }
  return { keys: await Promise.all(named.map((name) => readKey(name, known))), pinned: true }
}

/** Whether `--key` names a key by its id, and not the file of one. */
export function isKeyId(name: string): boolean {
  return /^(?:sha256:)?[0-9a-f]{4,64}$/i.test(name)
}

async function readKey(name: string, known: readonly PublicKey[]): Promise<PublicKey> {
  if (isKeyId(name)) return keyNamed(name, known)
  try {
    return parsePublicKey(await readFile(name, 'utf8'))
  } catch (cause) {
    if (cause instanceof RegistryError)
      throw new RegistryError(cause.code, { path: name }, { detail: `${name}: ${cause.detail ?? ''}`, cause })
    throw new RegistryError('input-unreadable', { path: name }, { detail: `${name}: ${reasonOf(cause)}`, cause })
  }
}

/** Says what the outcome rests on. */
export function describeTrust({ keys, pinned }: Trust): readonly string[] {
  if (pinned) return keys.map(({ id }) => `  key ${shortId(id)}: given with --key`)
  return keys.map(({ id }) => `  key ${shortId(id)}: trusted because the server says so; pin it with --key`)
}
