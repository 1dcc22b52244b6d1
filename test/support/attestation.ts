import { createHash } from 'node:crypto'
import type { Built } from './archives.ts'

/**
 * A publish attestation of a file, in the shape that PEP 740 gives it, as `pypi-attestations sign` leaves it beside the
 * file in `FILE.publish.attestation`. Its certificate, log entry and signature are of the right form and prove nothing.
 */
export function attestationOf({ filename, bytes }: Built): object {
  const statement = {
    _type: 'https://in-toto.io/Statement/v1',
    subject: [{ name: filename, digest: { sha256: createHash('sha256').update(bytes).digest('hex') } }],
    predicateType: 'https://docs.pypi.org/attestations/publish/v1',
    predicate: null,
  }
  return {
    version: 1,
    verification_material: {
      certificate: base64('a certificate'),
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
    envelope: { statement: base64(JSON.stringify(statement)), signature: base64('a signature') },
  }
}

function base64(text: string): string {
  return Buffer.from(text).toString('base64')
}
