import { canonicalJson } from '../canonical-json.ts'
import type { Sha256 } from '../distribution.ts'
import { preAuthEncoding } from './pae.ts'
import { isSignedBy, type PublicKey } from './public-key.ts'

/** What a release's envelope says that it holds: a manifest. */
export const releaseType = 'application/vnd.firn.release+json'

/** One signature of a payload. */
export interface Signature {
  /** Which key: its id. DSSE: a hint, nothing is believed because of it. */
  readonly key: Sha256
  /** In base64. */
  readonly signature: string
}

export interface Envelope {
  readonly payloadType: string
  readonly payload: Buffer
  readonly signatures: readonly Signature[]
}

/** The bytes that are signed of a manifest. */
export function releaseMessage(manifest: string): Buffer {
  return preAuthEncoding(releaseType, Buffer.from(manifest))
}

/** A manifest with its signatures, as `manifest.json.sig` has them. Source: DSSE envelope, v1.0.2. */
export function printEnvelope(manifest: string, signatures: readonly Signature[]): string {
  return canonicalJson({
    payloadType: releaseType,
    payload: Buffer.from(manifest).toString('base64'),
    signatures: signatures.map(({ key, signature }) => ({ keyid: key, sig: signature })),
  })
}

/** Reads an envelope; `undefined` for what is none. Base64 may be that of URLs, as DSSE allows. */
export function parseEnvelope(text: string): Envelope | undefined {
  const value = parseJson(text)
  if (!isRecord(value)) return undefined
  const { payloadType, payload, signatures } = value
  if (typeof payloadType !== 'string' || typeof payload !== 'string' || !Array.isArray(signatures)) return undefined
  const read = signatures.map(readSignature)
  const known = read.filter((each) => each !== undefined)
  return known.length === read.length
    ? { payloadType, payload: Buffer.from(payload, 'base64'), signatures: known }
    : undefined
}

function readSignature(value: unknown): Signature | undefined {
  if (!isRecord(value)) return undefined
  const { keyid, sig } = value
  return typeof sig === 'string' ? { key: typeof keyid === 'string' ? keyid : '', signature: sig } : undefined
}

/**
 * The keys that signed an envelope. Every key is tried on every signature, whatever `keyid` says: DSSE has it
 * unauthenticated.
 */
export function signersOf({ payloadType, payload, signatures }: Envelope, keys: readonly PublicKey[]): PublicKey[] {
  const message = preAuthEncoding(payloadType, payload)
  return keys.filter((key) => signatures.some(({ signature }) => isSignedBy(key, message, signature)))
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch {
    return undefined
  }
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
