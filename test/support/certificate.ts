import { sign, type KeyPairKeyObjectResult } from 'node:crypto'

export interface CertificateWanted {
  /** As Fulcio writes them, by the last number of the extension's identifier. */
  readonly claims?: Readonly<Record<number, string>>
  readonly email?: string
  readonly uri?: string
}

const ecdsaWithSha256 = der(0x30, hex('06082a8648ce3d040302'))

/** A certificate in DER, signed with its own key, as nobody should believe it. Source: RFC 5280, 4.1. */
export function makeCertificate({ publicKey, privateKey }: KeyPairKeyObjectResult, wanted: CertificateWanted): Buffer {
  const nobody = der(0x30)
  const validity = der(0x30, text(0x17, '240101000000Z'), text(0x17, '490101000000Z'))
  const signed = der(
    0x30,
    der(0xa0, hex('020102')),
    hex('02012a'),
    ecdsaWithSha256,
    nobody,
    validity,
    nobody,
    publicKey.export({ type: 'spki', format: 'der' }),
    der(0xa3, der(0x30, ...extensionsOf(wanted))),
  )
  return der(0x30, signed, ecdsaWithSha256, der(0x03, hex('00'), sign('sha256', signed, privateKey)))
}

function extensionsOf({ claims = {}, email, uri }: CertificateWanted): readonly Buffer[] {
  const names = [...(email === undefined ? [] : [text(0x81, email)]), ...(uri === undefined ? [] : [text(0x86, uri)])]
  const subject = names.length === 0 ? [] : [extension('551d11', der(0x30, ...names))]
  const own = Object.entries(claims).map(([number, value]) =>
    extension(`2b0601040183bf3001${Number(number).toString(16).padStart(2, '0')}`, text(0x0c, value)),
  )
  return [...subject, ...own]
}

function extension(identifier: string, value: Buffer): Buffer {
  return der(0x30, der(0x06, hex(identifier)), hex('0101ff'), der(0x04, value))
}

function text(tag: number, value: string): Buffer {
  return der(tag, Buffer.from(value))
}

function hex(digits: string): Buffer {
  return Buffer.from(digits, 'hex')
}

function der(tag: number, ...parts: readonly Uint8Array[]): Buffer {
  const body = Buffer.concat(parts)
  const long = Buffer.from([body.length >> 8, body.length & 0xff])
  const length = body.length < 0x80 ? Buffer.from([body.length]) : Buffer.concat([hex('82'), long])
  return Buffer.concat([Buffer.from([tag]), length, body])
}
