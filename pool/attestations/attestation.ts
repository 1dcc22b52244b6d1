import { verify, X509Certificate } from 'node:crypto'
import { z } from 'zod'
import type { Json } from '../canonical-json.ts'
import { RegistryError } from '../errors.ts'
import { preAuthEncoding } from '../proof/pae.ts'
import { isPlainJson, parseShallowJson } from './plain-json.ts'
import { predicateTypes, statementProblem, type Attested } from './statement.ts'

/** Somebody's signed word on a file, of which everything was checked but who that is. */
export interface Attestation {
  /** As it came, with whatever else was in it. */
  readonly json: Json
  readonly predicateType: (typeof predicateTypes)[number]
  readonly certificate: X509Certificate
}

/** A file has two at most, of 5 KB each as PEP 740 reckons. In characters. */
const longestField = 1024 * 1024
const most = { certificate: 16 * 1024, statement: 512 * 1024, signature: 1024, entries: 32 }

/** Line breaks in it are of those who encode as MIME does. */
const base64 = (bytes: number) =>
  z
    .string()
    .min(1)
    .max(bytes * 2)
    .transform((text) => text.replaceAll(/[\r\n]/g, ''))
    .refine((text) => /^[A-Za-z0-9+/]*={0,2}$/.test(text) && text.length % 4 === 0, 'is not base64')
    .transform((text) => Buffer.from(text, 'base64'))

/** PEP 740: "applications or signers may include additional keys so long as all explicitly listed keys are provided". */
const attestationObject = z.object({
  version: z.literal(1),
  verification_material: z.object({
    certificate: base64(most.certificate),
    transparency_entries: z
      .array(z.custom((value) => typeof value === 'object' && value !== null && !Array.isArray(value), 'is no object'))
      .min(1)
      .max(most.entries),
  }),
  envelope: z.object({ statement: base64(most.statement), signature: base64(most.signature) }),
})

/**
 * Reads the field `attestations` of an upload. Each attestation is to have the shape of PEP 740, to be of this file, by
 * name and digest, and to be signed with the key of its own certificate. Whether that certificate is one that anybody
 * should believe is not asked: no root of trust is kept here, nor are log entries proven. Throws `attestation-invalid`.
 */
export function parseAttestations(text: string, attested: Attested): readonly Attestation[] {
  if (!/\.(?:whl|tar\.gz|zip)$/.test(attested.file.filename))
    throw invalid('only wheels and sdists that are .tar.gz or .zip have attestations (PEP 740)')
  if (text.length > longestField) throw invalid(`they are longer than ${longestField} characters`)
  const list = parseShallowJson(text)
  if (!Array.isArray(list)) throw invalid('the field attestations is no JSON list')
  if (list.length === 0) throw invalid('the field attestations has none')
  if (list.length > predicateTypes.length) throw invalid(`a file has ${predicateTypes.length} at most`)
  const read = (list as readonly Json[]).map((json) => parseAttestation(json, attested))
  const types = new Set(read.map(({ predicateType }) => predicateType))
  if (types.size < read.length) throw invalid(`there is more than one of the type ${[...types].join()}`)
  return read
}

function parseAttestation(json: Json, attested: Attested): Attestation {
  const { success, data, error } = attestationObject.safeParse(json)
  if (!success) throw invalid(shapeProblem(error))
  if (!isPlainJson(json)) throw invalid('a text or a number in them is not the same to all who read JSON')
  const { verification_material: material, envelope } = data
  const read = statementProblem(envelope.statement, attested)
  if ('problem' in read) throw invalid(read.problem)
  const certificate = parseCertificate(material.certificate)
  if (!isSignedWith(certificate, envelope)) throw invalid('the signature is not of the statement and the certificate')
  return { json, predicateType: read.predicateType, certificate }
}

function shapeProblem({ issues: [issue] }: z.ZodError): string {
  const place = issue?.path.map(String).join('.') ?? ''
  return `${place === '' ? 'an attestation' : place}: ${issue?.message.slice(0, 200) ?? ''}`
}

function parseCertificate(der: Buffer): X509Certificate {
  try {
    const certificate = new X509Certificate(der)
    // It would read PEM, too.
    if (certificate.raw.equals(der)) return certificate
  } catch (cause) {
    throw invalid('the certificate cannot be read', cause)
  }
  throw invalid('the certificate is not in DER')
}

/** PEP 740, version 1: ECDSA on P-256 with SHA-256, over an in-toto statement as DSSE has it. */
function isSignedWith(
  certificate: X509Certificate,
  { statement, signature }: { readonly statement: Buffer; readonly signature: Buffer },
): boolean {
  try {
    const { publicKey } = certificate
    if (publicKey.asymmetricKeyDetails?.namedCurve !== 'prime256v1') return false
    return verify('sha256', preAuthEncoding('application/vnd.in-toto+json', statement), publicKey, signature)
  } catch {
    return false
  }
}

function invalid(detail: string, cause?: unknown): RegistryError {
  const hint = 'make them again for this very file, or upload without'
  return new RegistryError('attestation-invalid', {}, { detail, hint, cause })
}
