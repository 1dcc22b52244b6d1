/** Provenance objects, and whom they name (PEP 740). */
import { generateKeyPairSync, X509Certificate } from 'node:crypto'
import { array, assert, constantFrom, property } from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isRegistryError } from '../../pool/errors.ts'
import { parseAttestations, type Attestation } from '../../pool/attestations/attestation.ts'
import { attestationsOf, printProvenance } from '../../pool/attestations/provenance.ts'
import { publisherOf } from '../../pool/attestations/publisher.ts'
import { parseFilename } from '../../pool/filename.ts'
import { byteEdit, edited, type ByteEdit } from '../fuzz/byte-edits.ts'
import { makeWheel } from '../support/archives.ts'
import { attestationOf, buildType, gitHubClaims } from '../support/attestation.ts'
import { sha256 } from '../support/catalogue.ts'
import { makeCertificate } from '../support/certificate.ts'

const wheel = makeWheel({ name: 'karl', version: '3.30' })
const good = attestationOf(wheel)
const build = attestationOf(wheel, { statement: { predicateType: buildType } })

function read(text: string): readonly Attestation[] {
  return parseAttestations(text, { file: parseFilename(wheel.filename), sha256: sha256(wheel.bytes) })
}

describe('the publisher', () => {
  const keys = generateKeyPairSync('ec', { namedCurve: 'prime256v1' })
  it.each([
    [
      'of GitHub',
      { claims: gitHubClaims },
      { claims: {}, kind: 'GitHub', repository: 'octo/karl', workflow: 'release.yml', environment: null },
    ],
    [
      'of GitLab',
      {
        claims: {
          8: 'https://gitlab.com',
          12: 'https://gitlab.com/a/b/karl',
          18: 'https://gitlab.com/a/b/karl//ci/release.yml@refs/tags/v1',
        },
      },
      { claims: {}, kind: 'GitLab', repository: 'a/b/karl', workflow_filepath: 'ci/release.yml', environment: null },
    ],
    [
      'of Google',
      { claims: { 8: 'https://accounts.google.com' }, email: 'ci@karl.example' },
      { claims: {}, kind: 'Google', email: 'ci@karl.example' },
    ],
    [
      'of CircleCI',
      {
        claims: {
          8: 'https://oidc.circleci.com',
          9: 'https://circleci.com/api/v2/projects/p/pipeline-definitions/d',
          12: 'github.com/octo/karl',
        },
      },
      {
        claims: {},
        kind: 'CircleCI',
        project_id: 'p',
        pipeline_definition_id: 'd',
        vcs_origin: 'github.com/octo/karl',
        vcs_ref: null,
      },
    ],
    [
      'of an authority that has no name here',
      { claims: { 8: 'https://login.example' }, uri: 'https://ci.example/karl' },
      { claims: {}, kind: 'https://login.example', identity: 'URI:https://ci.example/karl' },
    ],
    [
      'that says GitHub and no more',
      { claims: { 8: gitHubClaims[8] } },
      { claims: {}, kind: gitHubClaims[8], identity: null },
    ],
    ['that says nothing', {}, { claims: {}, kind: 'unknown', identity: null }],
    [
      'with a long text, as DER writes lengths in two ways',
      { claims: { 8: `https://${'a'.repeat(1000)}` } },
      { claims: {}, kind: `https://${'a'.repeat(1000)}`, identity: null },
    ],
  ])('%s', (_name, wanted, publisher) => {
    expect(publisherOf(new X509Certificate(makeCertificate(keys, wanted)))).toEqual(publisher)
  })
})

describe('the provenance object', () => {
  it('has the attestations by publisher, as they came', () => {
    const gitLab = { 8: 'https://gitlab.com', 12: 'https://gitlab.com/a/b', 18: 'https://gitlab.com/a/b//x.yml@r' }
    const elsewhere = attestationOf(wheel, { claims: gitLab, statement: { predicateType: buildType } })
    expect(JSON.parse(printProvenance(read(JSON.stringify([elsewhere, good]))))).toEqual({
      version: 1,
      attestation_bundles: [
        {
          publisher: {
            claims: {},
            kind: 'GitHub',
            repository: 'octo/karl',
            workflow: 'release.yml',
            environment: null,
          },
          attestations: [good],
        },
        {
          publisher: { claims: {}, kind: 'GitLab', repository: 'a/b', workflow_filepath: 'x.yml', environment: null },
          attestations: [elsewhere],
        },
      ],
    })
  })

  it('is the same bytes in whatever order they come, and when they are brought elsewhere', () => {
    const text = printProvenance(read(JSON.stringify([good, build])))
    expect(printProvenance(read(JSON.stringify([build, good])))).toBe(text)
    expect(printProvenance(read(attestationsOf(text)))).toBe(text)
  })
})

describe('an attestation that was damaged', () => {
  const edits = array(byteEdit, { minLength: 1, maxLength: 3 })
  const part = constantFrom('certificate', 'statement', 'signature')

  it('is refused with a word, or is the same to all who read it', () => {
    let taken = 0
    const holds = (text: string) => {
      const made = provenanceOrRefusal(text)
      if (made === undefined) return
      taken++
      expect(printProvenance(read(attestationsOf(made)))).toBe(made)
    }
    assert(
      property(part, edits, (where, changes) => holds(JSON.stringify([damaged(where, changes)]))),
      { seed: 8047, numRuns: 2000 },
    )
    assert(
      property(edits, (changes) => holds(edited(Buffer.from(JSON.stringify([good])), changes, []).toString())),
      { seed: 8047, numRuns: 1000 },
    )
    expect(taken).toBeGreaterThan(50)
  })
})

function damaged(part: string, edits: readonly ByteEdit[]): object {
  const change = (name: string, base64: string) =>
    name === part ? edited(Buffer.from(base64, 'base64'), edits, []).toString('base64') : base64
  const { verification_material: material, envelope } = good
  return {
    ...good,
    verification_material: { ...material, certificate: change('certificate', material.certificate) },
    envelope: {
      statement: change('statement', envelope.statement),
      signature: change('signature', envelope.signature),
    },
  }
}

/** `undefined`: refused. */
function provenanceOrRefusal(text: string): string | undefined {
  try {
    return printProvenance(read(text))
  } catch (error) {
    if (isRegistryError(error, 'attestation-invalid')) return undefined
    throw error
  }
}
