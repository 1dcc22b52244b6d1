import { createHash } from 'node:crypto'
import { isRegistryError } from '../../pool/errors.ts'
import { longestOf, type ExpectedFile, type FoundFile } from '../../pool/proof/release-files.ts'
import type { Place } from './place.ts'

/** Longer is no document of a release. */
const longestDocument = 256 * 1024 * 1024

/** Reads what lies where a file is expected. Throws `server-unreachable`. */
export async function measure(
  place: Place,
  expected: ExpectedFile,
  onBytes: (bytes: number) => void,
): Promise<FoundFile> {
  return found(place, expected.path, async (bytes) => {
    const hash = createHash('sha256')
    const limit = longestOf(expected)
    let size = 0
    for await (const chunk of bytes) {
      size += chunk.length
      if (size > limit) return { state: 'longer' }
      hash.update(chunk)
      onBytes(chunk.length)
    }
    return { state: 'read', sha256: hash.digest('hex'), size }
  })
}

export type FoundDocument =
  { readonly state: 'read'; readonly bytes: Buffer } | Exclude<FoundFile, { readonly state: 'read' }>

/** The whole of a document. Throws `server-unreachable`. */
export async function readDocument(place: Place, path: string): Promise<FoundDocument> {
  return found(place, path, async (bytes) => {
    const chunks: Uint8Array[] = []
    let size = 0
    for await (const chunk of bytes) {
      size += chunk.length
      if (size > longestDocument) return { state: 'longer' }
      chunks.push(chunk)
    }
    return { state: 'read', bytes: Buffer.concat(chunks) }
  })
}

type Failure = Exclude<FoundFile, { readonly state: 'read' }>

async function found<T>(
  place: Place,
  path: string,
  read: (bytes: AsyncIterable<Uint8Array>) => Promise<T | Failure>,
): Promise<T | Failure> {
  try {
    const bytes = await place.open(path)
    return bytes ? await read(bytes) : { state: 'missing' }
  } catch (error) {
    if (!isRegistryError(error) || error.code === 'server-unreachable') throw error
    return { state: 'unreadable', message: error.detail ?? error.message }
  }
}
