import { RegistryError } from '../../pool/errors.ts'

/** Core metadata is text that people write; in bytes. */
export const largestMetadata = 8_000_000

/** All of what comes. Throws `metadata-invalid` if it is more than metadata has. */
export async function readMetadata(chunks: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const read: Uint8Array[] = []
  let size = 0
  for await (const chunk of chunks) {
    size += chunk.length
    if (size > largestMetadata) throw new RegistryError('metadata-invalid', { limit: largestMetadata })
    read.push(chunk)
  }
  return Buffer.concat(read)
}
