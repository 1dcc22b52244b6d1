import { RegistryError } from '../../pool/errors.ts'
import { readBounded } from './read-bounded.ts'

/** Core metadata is text that people write; in bytes. */
const largest = 8_000_000

/** All of what comes. Throws `metadata-invalid` if it is more than metadata has. */
export function readMetadata(chunks: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const detail = `it is larger than ${largest} bytes`
  return readBounded(chunks, largest, () => new RegistryError('metadata-invalid', { limit: largest }, { detail }))
}
