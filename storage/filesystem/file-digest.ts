import { createHash } from 'node:crypto'
import { constants, createReadStream } from 'node:fs'
import { open } from 'node:fs/promises'
import { pipeline } from 'node:stream/promises'
import type { Sha256 } from '../../pool/distribution.ts'

/** What is read at once, in bytes: with Node's default of 64 KiB a large file is sent at a quarter of the speed. */
export const readSize = 1024 * 1024

/** Of a file's bytes. Throws what the system says. */
export async function digestOfFile(path: string): Promise<Sha256> {
  const hash = createHash('sha256')
  await pipeline(createReadStream(path, { highWaterMark: readSize }), hash)
  return hash.digest('hex')
}

export interface DigestWatching {
  readonly signal: AbortSignal
  readonly onBytes?: (bytes: number) => void
}

/** The same of what may be anything: a link is not followed. */
export async function digestOfPlainFile(path: string, { signal, onBytes }: DigestWatching): Promise<Sha256> {
  const handle = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW)
  try {
    const hash = createHash('sha256')
    const buffer = Buffer.allocUnsafe(readSize)
    for (;;) {
      signal.throwIfAborted()
      const { bytesRead } = await handle.read(buffer, 0, readSize, null)
      if (bytesRead === 0) return hash.digest('hex')
      hash.update(buffer.subarray(0, bytesRead))
      onBytes?.(bytesRead)
    }
  } finally {
    await handle.close()
  }
}
