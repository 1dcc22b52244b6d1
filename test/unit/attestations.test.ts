/** What attestations of an upload are to be (PEP 740). */
import { generateKeyPairSync, X509Certificate } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { parseAttestations } from '../../pool/attestations/attestation.ts'
import { parseFilename } from '../../pool/filename.ts'
import { attestationOf, attestationOfText, buildType, publishType, type Attestation } from '../support/attestation.ts'
import { makeEgg, makeSdist, makeWheel, type Built } from '../support/archives.ts'
import { sha256 } from '../support/catalogue.ts'
import { makeCertificate } from '../support/certificate.ts'

const wheel = makeWheel({ name: 'karl', version: '3.30' })
const good = attestationOf(wheel)
const build = attestationOf(wheel, { statement: { predicateType: buildType } })

function read(text: string, { filename, bytes }: Built = wheel) {
  return parseAttestations(text, { file: parseFilename(filename), sha256: sha256(bytes) })
}

/** What is wrong with attestations; `undefined` if nothing is. */
function problem(attestations: unknown, file: Built = wheel): string | undefined {
  try {
    read(typeof attestations === 'string' ? attestations : JSON.stringify(attestations), file)
    return undefined
  } catch (error) {
    const { code, detail } = error as { code: string; detail: string }
    return code === 'attestation-invalid' ? detail : code
  }
}

function altered(change: (attestation: Attestation) => object): readonly object[] {
  return [change(structuredClone(good))]
}

function onStatement(statement: Readonly<Record<string, unknown>>): readonly object[] {
  return [attestationOf(wheel, { statement })]
}

const digest = { sha256: sha256(wheel.bytes) }
const other = { sha256: sha256(Buffer.from('other')) }
const [material, envelope] = [good.verification_material, good.envelope]

describe('what is refused', () => {
  it.each<[string, unknown, string | RegExp]>([
    ['no JSON', '{', 'the field attestations is no JSON list'],
    ['no list', good, 'the field attestations is no JSON list'],
    ['none', [], 'the field attestations has none'],
    ['a thousand', Array.from({ length: 1000 }, () => ({})), 'a file has 2 at most'],
    ['twice the same type', [good, good], `there is more than one of the type ${publishType}`],
    ['too long', `[${' '.repeat(1_100_000)}]`, 'they are longer than 1048576 characters'],
    ['a deep list', '['.repeat(500_000), 'the field attestations is no JSON list'],
    ['an escaped quote without end', `["${'\\"'.repeat(500_000)}`, 'the field attestations is no JSON list'],
    [
      'something deep inside',
      altered((each) => ({ ...each, more: JSON.parse('['.repeat(50) + ']'.repeat(50)) })),
      /list/,
    ],
    ['a number', [1], /^an attestation: /],
    ['null', [null], /^an attestation: /],
    ['another version', altered((each) => ({ ...each, version: 2 })), /^version: /],
    ['a version in words', altered((each) => ({ ...each, version: '1' })), /^version: /],
    ['no version', altered((each) => ({ ...each, version: undefined })), /^version: /],
    ['no envelope', altered((each) => ({ ...each, envelope: undefined })), /^envelope: /],
    [
      'no log entries',
      altered((each) => ({ ...each, verification_material: { ...material, transparency_entries: [] } })),
      /^verification_material\.transparency_entries: /,
    ],
    [
      'a log entry that is text',
      altered((each) => ({ ...each, verification_material: { ...material, transparency_entries: ['x'] } })),
      'verification_material.transparency_entries.0: is no object',
    ],
    [
      'a certificate that is not base64',
      altered((each) => ({ ...each, verification_material: { ...material, certificate: 'é' } })),
      'verification_material.certificate: is not base64',
    ],
    [
      'a certificate that is none',
      altered((each) => ({ ...each, verification_material: { ...material, certificate: 'YQ==' } })),
      'the certificate cannot be read',
    ],
    [
      'a certificate in PEM',
      altered((each) => ({
        ...each,
        verification_material: { ...material, certificate: pemOf(material.certificate) },
      })),
      'the certificate is not in DER',
    ],
    [
      'a statement that is not base64',
      altered((each) => ({ ...each, envelope: { ...envelope, statement: '####' } })),
      'envelope.statement: is not base64',
    ],
    [
      'a signature of something else',
      altered((each) => ({ ...each, envelope: { ...envelope, signature: build.envelope.signature } })),
      'the signature is not of the statement and the certificate',
    ],
    [
      'half of a surrogate pair',
      JSON.stringify(altered((each) => ({ ...each, more: 'X' }))).replace('"X"', String.raw`"\ud800"`),
      'a text or a number in them is not the same to all who read JSON',
    ],
    [
      'half of a surrogate pair for a key',
      JSON.stringify(altered((each) => ({ ...each, more: 'X' }))).replace('"more"', String.raw`"\udfff"`),
      'a text or a number in them is not the same to all who read JSON',
    ],
    [
      'a number that JavaScript does not have',
      JSON.stringify(altered((each) => ({ ...each, more: 'X' }))).replace('"X"', '9007199254740993'),
      'a text or a number in them is not the same to all who read JSON',
    ],
    ['a statement that is no JSON', [attestationOfText('{')], /^the statement is none of in-toto v1: /],
    ['a statement that is no UTF-8', [attestationOfText(Buffer.from([0x22, 0xff, 0x22]))], /^the statement is none/],
    ['a deep statement', [attestationOfText('['.repeat(300_000))], /^the statement is none of in-toto v1: /],
    [
      'a statement of another version',
      onStatement({ _type: 'https://in-toto.io/Statement/v0.1' }),
      /in-toto v1: _type/,
    ],
    [
      'a statement of another type',
      onStatement({ predicateType: 'https://example.com/' }),
      /in-toto v1: predicateType/,
    ],
    [
      'two subjects',
      onStatement({ subject: [1, 2].map(() => ({ name: wheel.filename, digest })) }),
      /subject: is to be one$/,
    ],
    ['no subject', onStatement({ subject: [] }), /subject: is to be one$/],
    [
      'no digest',
      onStatement({ subject: [{ name: wheel.filename, digest: { md5: '0' } }] }),
      /subject\.0\.digest\.sha256/,
    ],
    [
      'another digest',
      onStatement({ subject: [{ name: wheel.filename, digest: other }] }),
      `the statement is on sha256 "${other.sha256}", the file has ${digest.sha256}`,
    ],
    [
      'another name',
      onStatement({ subject: [{ name: 'karl-3.31-py3-none-any.whl', digest }] }),
      'the statement is on "karl-3.31-py3-none-any.whl", not on karl-3.30-py3-none-any.whl',
    ],
    [
      'other tags',
      onStatement({ subject: [{ name: 'karl-3.30-py2-none-any.whl', digest }] }),
      /^the statement is on "/,
    ],
    [
      'a build number',
      onStatement({ subject: [{ name: 'karl-3.30-1-py3-none-any.whl', digest }] }),
      /^the statement is on/,
    ],
    [
      'a name that is a path',
      onStatement({ subject: [{ name: '../x', digest }] }),
      /^the statement is on "\.\.\/x", not on/,
    ],
    [
      'another file',
      [attestationOf(makeSdist({ name: 'karl', version: '3.30' }))],
      /^the statement is on "karl-3\.30\.tar\.gz"/,
    ],
  ])('%s', (_name, attestations, expected) => {
    expect(problem(attestations)).toMatch(typeof expected === 'string' ? exactly(expected) : expected)
  })

  it('an egg with any', () => {
    const egg = makeEgg({ name: 'karl', version: '3.30' })
    expect(problem([attestationOf(egg)], egg)).toBe(
      'only wheels and sdists that are .tar.gz or .zip have attestations (PEP 740)',
    )
  })

  it('a key of another kind than PEP 740 has', () => {
    const keys = generateKeyPairSync('ec', { namedCurve: 'secp384r1' })
    const certificate = makeCertificate(keys, {}).toString('base64')
    expect(problem(altered((each) => ({ ...each, verification_material: { ...material, certificate } })))).toBe(
      'the signature is not of the statement and the certificate',
    )
  })
})

function exactly(text: string): RegExp {
  return new RegExp(`^${text.replaceAll(/[.()/]/g, String.raw`\$&`)}$`)
}

function pemOf(certificate: string): string {
  return Buffer.from(new X509Certificate(Buffer.from(certificate, 'base64')).toString()).toString('base64')
}

describe('what is taken', () => {
  it.each<[string, readonly object[]]>([
    ['one', [good]],
    ['one of each type', [build, good]],
    ['keys that nobody asked for', altered((each) => ({ ...each, more: { of: ['this', 1, null, true] } }))],
    [
      'base64 in lines',
      altered((each) => ({ ...each, envelope: { ...envelope, statement: inLines(envelope.statement) } })),
    ],
    ['the name in another spelling', onStatement({ subject: [{ name: 'Karl-3.30.0-py3-none-any.whl', digest }] })],
    ['further digests', onStatement({ subject: [{ name: wheel.filename, digest: { ...digest, md5: '0' } }] })],
    ['a predicate with fractions', onStatement({ predicate: { seconds: 1.5 } })],
  ])('%s', (_name, attestations) => {
    const taken = read(JSON.stringify(attestations))
    expect(taken.map(({ json }) => json)).toEqual(attestations)
  })
})

function inLines(text: string): string {
  return text.replaceAll(/.{76}/g, '$&\n')
}
