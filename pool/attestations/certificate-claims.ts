import type { X509Certificate } from 'node:crypto'

/** What a signing certificate says of whoever it was issued to, by the last number of the extension's identifier. */
export type CertificateClaims = ReadonlyMap<number, string>

/** 1.3.6.1.4.1.57264.1: the extensions of Fulcio, Sigstore's authority. Below it: 8 to 22, each an UTF8String. */
const fulcio = Buffer.from('2b0601040183bf3001', 'hex')

/**
 * The claims of a certificate, as text. Node reads certificates and shows none of their extensions, so this looks for
 * them in its bytes, which Node has read before. Source: X.690; Fulcio, "Sigstore OID information".
 */
export function certificateClaims({ raw }: Pick<X509Certificate, 'raw'>): CertificateClaims {
  const [certificate] = elements(raw)
  const [signed] = elements(certificate?.body)
  // RFC 5280, 4.1: `extensions [3] EXPLICIT`.
  const extensions = elements(signed?.body).find(({ tag }) => tag === 0xa3)
  const [list] = elements(extensions?.body)
  return new Map(elements(list?.body).flatMap(({ body }) => claimOf(elements(body))))
}

function claimOf(parts: readonly Element[]): readonly (readonly [number, string])[] {
  const identifier = parts[0]?.body ?? Buffer.alloc(0)
  const number = identifier.at(-1)
  if (identifier.length !== fulcio.length + 1 || !identifier.subarray(0, -1).equals(fulcio)) return []
  const [text] = elements(parts.at(-1)?.body)
  return number === undefined || text?.tag !== 0x0c ? [] : [[number, text.body.toString('utf8')]]
}

interface Element {
  readonly tag: number
  readonly body: Buffer
}

/** The elements that stand one behind the other. Of what is no DER, those before it. */
function elements(bytes: Buffer = Buffer.alloc(0)): readonly Element[] {
  const found: Element[] = []
  for (let at = 0; at + 2 <= bytes.length;) {
    const [tag = 0, short = 0] = bytes.subarray(at, at + 2)
    const more = short < 0x80 ? 0 : short - 0x80
    if (more > 4 || at + 2 + more > bytes.length) break
    const length = more === 0 ? short % 0x80 : bytes.readUIntBE(at + 2, more)
    const start = at + 2 + more
    if (start + length > bytes.length) break
    found.push({ tag, body: bytes.subarray(start, start + length) })
    at = start + length
  }
  return found
}
