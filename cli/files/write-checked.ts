import { createHash } from 'node:crypto'
import { open, type FileHandle } from 'node:fs/promises'
import { RegistryError } from '../../pool/errors.ts'

export type Bytes = AsyncIterable<Uint8Array> | Iterable<Uint8Array>

export interface Expected {
  /** How the file is called in a message. */
  readonly name: string
  readonly sha256: string
  /** `undefined`: it is not known, but the file is small. */
  readonly size: number | undefined
}

/** Core metadata is text that people write: longer is no metadata. */
const longestUnstated = 16 * 1024 * 1024

/** The same bytes as they come. Throws `digest-mismatch` as soon as they are too many, or at the end if they are others. */
export async function* checked(bytes: Bytes, expected: Expected): AsyncGenerator<Uint8Array> {
  const hash = createHash('sha256')
  const limit = expected.size ?? longestUnstated
  let size = 0
  for await (const chunk of bytes) {
    size += chunk.length
    if (size > limit) throw mismatch(expected, `more than ${limit} bytes`)
    hash.update(chunk)
    yield chunk
  }
  if (expected.size !== undefined && size !== expected.size) throw mismatch(expected, `${size} bytes`)
  const sha256 = hash.digest('hex')
  if (sha256 !== expected.sha256) throw mismatch(expected, `sha256 ${sha256}`)
}

function mismatch({ name, sha256, size }: Expected, found: string): RegistryError {
  const wanted = size === undefined ? `sha256 ${sha256}` : `${size} bytes of sha256 ${sha256}`
  return new RegistryError(
    'digest-mismatch',
    { name, sha256 },
    { detail: `${name} has ${found}; expected is ${wanted}` },
  )
}

/**
 * Writes a new file and makes it durable. If its bytes are not those that are expected, what is written of them is for
 * the caller's staging to remove. Throws `digest-mismatch`.
 */
export async function writeChecked(
  path: string,
  bytes: Bytes,
  expected: Expected,
  onBytes: (bytes: number) => void = () => {},
): Promise<void> {
  const handle = await open(path, 'wx')
  try {
    for await (const chunk of checked(bytes, expected)) {
      await writeFully(handle, chunk)
      onBytes(chunk.length)
    }
    await handle.sync()
  } finally {
    await handle.close()
  }
}

/** write(2) may take less than it is given. */
async function writeFully(handle: FileHandle, chunk: Uint8Array): Promise<void> {
  for (let at = 0; at < chunk.length;) at += (await handle.write(chunk, at)).bytesWritten
}
