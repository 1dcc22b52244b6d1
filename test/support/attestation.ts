import { createHash, generateKeyPairSync, sign } from 'node:crypto'
import { predicateTypes } from '../../pool/attestations/statement.ts'
import { preAuthEncoding } from '../../pool/proof/pae.ts'
import type { Built } from './archives.ts'
import { makeCertificate, type CertificateWanted } from './certificate.ts'

export const [buildType, publishType] = predicateTypes

/** What a certificate says that Fulcio gives to a workflow of GitHub. */
export const gitHubClaims = {
  8: 'https://token.actions.githubusercontent.com',
  12: 'https://github.com/octo/karl',
  14: 'refs/tags/v3.30',
  18: 'https://github.com/octo/karl/.github/workflows/release.yml@refs/tags/v3.30',
}

const keys = generateKeyPairSync('ec', { namedCurve: 'prime256v1' })

export interface AttestationWanted extends CertificateWanted {
  /** What differs in the statement. */
  readonly statement?: Readonly<Record<string, unknown>>
}

export interface Attestation {
  readonly version: number
  readonly verification_material: { readonly certificate: string; readonly transparency_entries: readonly object[] }
  readonly envelope: { readonly statement: string; readonly signature: string }
}

/** By what is in them: of one statement there is one signature, whoever asks. */
const made = new Map<string, Attestation>()

/**
 * A publish attestation of a file, in the shape that PEP 740 gives it, as `pypi-attestations sign` leaves it beside the
 * file in `FILE.publish.attestation`. Its signature is that of its certificate's key; the certificate is of nobody who
 * should be believed, and its log entry is of the right form and proves nothing.
 */
export function attestationOf({ filename, bytes }: Built, wanted: AttestationWanted = {}): Attestation {
  const statement = {
    _type: 'https://in-toto.io/Statement/v1',
    subject: [{ name: filename, digest: { sha256: createHash('sha256').update(bytes).digest('hex') } }],
    predicateType: publishType,
    predicate: null,
    ...wanted.statement,
  }
  return attestationOfText(JSON.stringify(statement), wanted)
}

/** The same of any statement. */
export function attestationOfText(statement: string | Buffer, wanted: CertificateWanted = {}): Attestation {
  const { claims = gitHubClaims, email, uri } = wanted
  const key = JSON.stringify([statement.toString('base64'), claims, email, uri])
  const known = made.get(key)
  if (known) return known
  const bytes = Buffer.from(statement)
  const signature = sign('sha256', preAuthEncoding('application/vnd.in-toto+json', bytes), keys.privateKey)
  const fresh = attestation(makeCertificate(keys, { ...wanted, claims }), bytes, signature)
  made.set(key, fresh)
  return fresh
}

function attestation(certificate: Buffer, statement: Buffer, signature: Buffer): Attestation {
  return {
    version: 1,
    verification_material: {
      certificate: certificate.toString('base64'),
      transparency_entries: [
        {
          logIndex: '1',
          logId: { keyId: base64('the log') },
          kindVersion: { kind: 'dsse', version: '0.0.1' },
          integratedTime: '1732445626',
          inclusionPromise: { signedEntryTimestamp: base64('a promise') },
          inclusionProof: {
            logIndex: '1',
            rootHash: base64('a root'),
            treeSize: '2',
            hashes: [base64('a hash')],
            checkpoint: { envelope: 'log.example - 1\n2\nYQ==\n' },
          },
          canonicalizedBody: base64('{}'),
        },
      ],
    },
    envelope: { statement: statement.toString('base64'), signature: signature.toString('base64') },
  }
}

function base64(text: string): string {
  return Buffer.from(text).toString('base64')
}
