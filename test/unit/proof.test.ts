import { createPrivateKey, createPublicKey, sign } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { parseEnvelope, printEnvelope, releaseMessage, releaseType, signersOf } from '../../pool/proof/envelope.ts'
import { preAuthEncoding } from '../../pool/proof/pae.ts'
import { isSignedBy, keyring, parsePublicKey, publicKeyOf } from '../../pool/proof/public-key.ts'
import { aSigner } from '../support/signer.ts'

/** RFC 8032, 7.1: a secret key, its public key, a message and its signature, in hex. */
const vectors = [
  {
    secret: '9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60',
    public: 'd75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a',
    message: '',
    signature:
      'e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b',
  },
  {
    secret: '4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb',
    public: '3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c',
    message: '72',
    signature:
      '92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00',
  },
]

function hex(text: string): Buffer {
  return Buffer.from(text, 'hex')
}

/** SubjectPublicKeyInfo (RFC 8410) around the 32 bytes. */
function pemOf(raw: string): string {
  const der = Buffer.concat([hex('302a300506032b6570032100'), hex(raw)])
  return createPublicKey({ key: der, format: 'der', type: 'spki' }).export({ format: 'pem', type: 'spki' }).toString()
}

describe('Ed25519', () => {
  it.each(vectors)('signs and checks as RFC 8032 has it: message "$message"', (vector) => {
    const key = parsePublicKey(pemOf(vector.public))
    const signature = hex(vector.signature).toString('base64')
    expect(isSignedBy(key, hex(vector.message), signature)).toBe(true)
    expect(isSignedBy(key, hex(`${vector.message}00`), signature)).toBe(false)
    const pkcs8 = Buffer.concat([hex('302e020100300506032b657004220420'), hex(vector.secret)])
    const secret = createPrivateKey({ key: pkcs8, format: 'der', type: 'pkcs8' })
    expect(sign(null, hex(vector.message), secret)).toEqual(hex(vector.signature))
    expect(publicKeyOf(secret)).toEqual(key)
  })

  it('names a key by the sha256 of its bytes', () => {
    // printf d75a…511a | xxd -r -p | sha256sum
    const [first] = vectors
    expect(parsePublicKey(pemOf(first?.public ?? '')).id).toBe(
      '21fe31dfa154a261626bf854046fd2271b7bed4b6abe45aa58877ef47f9721b9',
    )
  })

  it.each(['', 'nonsense', '====', 'AAAA'])('takes no signature that is none: %j', (signature) => {
    expect(isSignedBy(aSigner().key, Buffer.from('x'), signature)).toBe(false)
  })

  it.each([
    ['no key', 'hello', 'it is no key in PEM'],
    ['a key of another kind', ecPem(), 'it is a key of kind ec'],
  ])('refuses %s', (_, pem, detail) => {
    expect(() => parsePublicKey(pem)).toThrow(expect.objectContaining({ code: 'key-invalid', detail }) as Error)
  })

  it('recomputes the id of a key that is stated', () => {
    const { key } = aSigner()
    expect([...keyring([{ ...key, id: '0'.repeat(64) }])]).toEqual([[key.id, key]])
  })
})

function ecPem(): string {
  return `-----BEGIN PUBLIC KEY-----
MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEaxfR8uEsQkf4vOblY6RA8ncDfYEt
6zOg9KE5RdiYwpZP40Li/hp/m47n60p8D54WK84zV2sxXs7LtkBoN79R9Q==
-----END PUBLIC KEY-----
`
}

describe('DSSE', () => {
  it('signs what the protocol says', () => {
    // The test vector of the DSSE protocol.
    const encoded = preAuthEncoding('http://example.com/HelloWorld', Buffer.from('hello world'))
    expect(encoded.toString()).toBe('DSSEv1 29 http://example.com/HelloWorld 11 hello world')
  })

  it('counts bytes, not characters', () => {
    expect(preAuthEncoding('é', Buffer.from('ü!')).toString()).toBe('DSSEv1 2 é 3 ü!')
  })

  const manifest = '{"product":"karl"}'
  const signer = aSigner()
  const signature = { key: signer.key.id, signature: signer.sign(releaseMessage(manifest)) }

  it('prints an envelope that it reads back, with every signature', () => {
    const other = { key: '', signature: 'AA==' }
    const text = printEnvelope(manifest, [signature, other])
    expect(JSON.parse(text)).toEqual({
      payloadType: releaseType,
      payload: Buffer.from(manifest).toString('base64'),
      signatures: [
        { keyid: signature.key, sig: signature.signature },
        { keyid: '', sig: 'AA==' },
      ],
    })
    expect(parseEnvelope(text)).toEqual({
      payloadType: releaseType,
      payload: Buffer.from(manifest),
      signatures: [signature, other],
    })
  })

  it('finds who signed, whatever keyid says', () => {
    const envelope = parseEnvelope(printEnvelope(manifest, [{ ...signature, key: 'somebody else' }]))
    expect(envelope && signersOf(envelope, [aSigner().key, signer.key])).toEqual([signer.key])
  })

  it('takes no signature of another payload, or of another type of it', () => {
    const payload = Buffer.from(manifest)
    const signatures = [signature]
    expect(signersOf({ payloadType: releaseType, payload: Buffer.from('{}'), signatures }, [signer.key])).toEqual([])
    expect(signersOf({ payloadType: 'text/plain', payload, signatures }, [signer.key])).toEqual([])
  })

  it.each([
    '',
    '[]',
    'null',
    '{}',
    '{"payloadType":"a","payload":"b","signatures":{}}',
    '{"payloadType":"a","payload":"b","signatures":[1]}',
  ])('does not take for an envelope what is none: %s', (text) => expect(parseEnvelope(text)).toBe(undefined))
})
