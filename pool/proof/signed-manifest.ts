import { digestOf } from '../digest.ts'
import type { Sha256 } from '../distribution.ts'
import type { DocumentedRelease } from '../documents/document.ts'
import { isRegistryError } from '../errors.ts'
import { releaseDirectory } from '../export/tree.ts'
import { parseManifest } from '../imports/parse-manifest.ts'
import { describeDifference, type Manifest } from '../manifest.ts'
import type { Problem } from '../pins/pin.ts'
import { printReleaseName, type ReleaseName } from '../release-name.ts'
import { parseEnvelope, printEnvelope, releaseType, signersOf, type Envelope } from './envelope.ts'
import { shortId, type PublicKey } from './public-key.ts'
import type { ReleaseProblem } from './release-problem.ts'

/** A release's two documents that say what it is, as they were found. */
export interface FoundManifest {
  readonly name: ReleaseName
  /** `undefined`: there is none. */
  readonly manifest: Uint8Array | undefined
  readonly envelope: string | undefined
}

/** What all else of the release is held against. */
export type ProvenManifest = DocumentedRelease

export interface SignedManifest {
  /** `undefined`: no manifest of this release can be read. */
  readonly proven: ProvenManifest | undefined
  /** The trusted keys that signed it. */
  readonly signers: readonly Sha256[]
  /** Keys that are named as its signers, and that nothing vouches for. */
  readonly unproven: readonly Sha256[]
  readonly problems: readonly ReleaseProblem[]
}

/**
 * Finds out what a release is, by its signature: where a trusted key has signed another manifest than the one that was
 * found, what was signed counts. No keys: nothing is known of signatures, and that is no problem.
 */
export function readSigned(found: FoundManifest, keys: readonly PublicKey[] | undefined): SignedManifest {
  const directory = releaseDirectory(found.name)
  const at = { manifest: `${directory}/manifest.json`, envelope: `${directory}/manifest.json.sig` }
  const envelope = found.envelope === undefined ? undefined : parseEnvelope(found.envelope)
  const signed = judgeSignatures(envelope, keys)
  const chosen = choose(found, envelope, signed.signers.length > 0)
  const read = readManifestOf(found.name, chosen.bytes)
  const problems = [
    ...[...chosen.ofManifest, ...read.problems].map((problem) => ({ path: at.manifest, ...problem })),
    ...[...envelopeProblems(found, envelope), ...signed.problems, ...chosen.ofEnvelope].map((problem) => ({
      path: at.envelope,
      ...problem,
    })),
  ]
  const signatures = envelope?.signatures ?? []
  return { ...signed, proven: read.proven && { ...read.proven, signatures }, problems }
}

type Message = Omit<ReleaseProblem, 'path'>

function envelopeProblems({ envelope: text }: FoundManifest, envelope: Envelope | undefined): readonly Message[] {
  if (text === undefined) return [{ message: 'is missing' }]
  if (!envelope) return [{ message: 'is no envelope of a signature (DSSE)' }]
  if (envelope.payloadType !== releaseType)
    return [{ message: `is of another kind: ${envelope.payloadType.slice(0, 100)}` }]
  if (printEnvelope(envelope.payload.toString('utf8'), envelope.signatures) === text) return []
  return [{ message: 'is not in canonical form (RFC 8785)' }]
}

type Judged = Pick<SignedManifest, 'signers' | 'unproven'> & { readonly problems: readonly Message[] }

function judgeSignatures(envelope: Envelope | undefined, keys: readonly PublicKey[] | undefined): Judged {
  if (!envelope) return { signers: [], unproven: [], problems: [] }
  const named = [...new Set(envelope.signatures.map(({ key }) => key))]
  if (!keys) return { signers: [], unproven: named, problems: named.length > 0 ? [] : [{ message: 'is not signed' }] }
  const signers = signersOf(envelope, keys).map(({ id }) => id)
  const trusted = new Set(keys.map(({ id }) => id))
  const unproven = named.filter((id) => !trusted.has(id))
  const refuted = named
    .filter((id) => trusted.has(id) && !signers.includes(id))
    .map((id) => ({ message: `has a signature that is not one of key ${shortId(id)}` }))
  const problems = signers.length > 0 || refuted.length > 0 ? refuted : [untrusted(unproven)]
  return { signers, unproven, problems }
}

function untrusted(ids: readonly Sha256[]): Message {
  if (ids.length === 0) return { message: 'is not signed' }
  const [what, which] = ids.length === 1 ? ['key', 'is not one'] : ['keys', 'are none']
  return { message: `is signed with ${what} ${ids.map(shortId).join(', ')}, which ${which} that is trusted` }
}

interface Chosen {
  /** The manifest that counts. */
  readonly bytes: Uint8Array | undefined
  readonly ofManifest: readonly Message[]
  readonly ofEnvelope: readonly Message[]
}

function choose(found: FoundManifest, envelope: Envelope | undefined, isProven: boolean): Chosen {
  const { name, manifest: bytes } = found
  const missing = bytes === undefined ? [{ message: 'is missing' }] : []
  if (!envelope || (bytes && envelope.payload.equals(bytes))) return { bytes, ofManifest: missing, ofEnvelope: [] }
  const signed = nameIn(envelope.payload)
  const release = printReleaseName(name)
  if (signed !== release) {
    const message =
      signed === undefined ? 'is the signature of no manifest' : `is the signature of ${signed}, not of ${release}`
    return { bytes, ofManifest: missing, ofEnvelope: [{ message }] }
  }
  if (!isProven)
    return { bytes, ofManifest: missing, ofEnvelope: [{ message: 'is the signature of another manifest' }] }
  const differences =
    bytes === undefined
      ? missing
      : [{ message: `is not the manifest that was signed${differing(envelope.payload, bytes)}` }]
  return { bytes: envelope.payload, ofManifest: differences, ofEnvelope: [] }
}

function nameIn(payload: Buffer): string | undefined {
  const manifest = manifestOrProblems(payload)
  return 'problems' in manifest ? undefined : printReleaseName(manifest)
}

/** `: other content: karl-3.30.tar.gz, …`, as far as both can be read. */
function differing(signed: Uint8Array, found: Uint8Array): string {
  const [before, after] = [manifestOrProblems(signed), manifestOrProblems(found)]
  if ('problems' in before || 'problems' in after) return ''
  const lines = describeDifference(before, after)
  return lines.length === 0 ? '' : `: ${lines.join('; ')}`
}

function readManifestOf(
  name: ReleaseName,
  bytes: Uint8Array | undefined,
): { readonly proven?: Omit<ProvenManifest, 'signatures'>; readonly problems: readonly Message[] } {
  if (!bytes) return { problems: [] }
  const manifest = manifestOrProblems(bytes)
  if ('problems' in manifest)
    return { problems: manifest.problems.map(({ message }) => ({ message: `is no manifest: ${message}` })) }
  const [said, asked] = [printReleaseName(manifest), printReleaseName(name)]
  if (said !== asked) return { problems: [{ message: `is the manifest of ${said}, not of ${asked}` }] }
  return { proven: { manifest, text: Buffer.from(bytes).toString('utf8'), digest: digestOf(bytes) }, problems: [] }
}

function manifestOrProblems(bytes: Uint8Array): Manifest | { readonly problems: readonly Problem[] } {
  try {
    return parseManifest(Buffer.from(bytes).toString('utf8'))
  } catch (error) {
    if (!isRegistryError(error, 'manifest-invalid')) throw error
    return { problems: error.facts['problems'] as readonly Problem[] }
  }
}
