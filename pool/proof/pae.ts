/**
 * What is signed instead of a payload: its type and its length are in it, so that a signature of one kind of thing can
 * never be shown as one of another. Source: DSSE protocol, PAE (github.com/secure-systems-lab/dsse).
 */
export function preAuthEncoding(payloadType: string, payload: Uint8Array): Buffer {
  const type = Buffer.from(payloadType)
  const head = Buffer.from(`DSSEv1 ${type.length} `)
  return Buffer.concat([head, type, Buffer.from(` ${payload.length} `), payload])
}
