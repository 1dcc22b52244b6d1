import { readSync } from 'node:fs'
import type { FileHandle } from 'node:fs/promises'
import { Readable } from 'node:stream'
import { setImmediate as turn } from 'node:timers/promises'
import { createGunzip } from 'node:zlib'
import { bunzip2 } from './bunzip2.ts'
import type { ArchiveLimits } from './limits.ts'
import { refusal } from './refuse.ts'

const PIECE = 64 * 1024

export type Compression = 'gzip' | 'bzip2'

/**
 * A compressed file's content, piece by piece, never more than `limits` allow. Stopping early is fine and frees
 * everything but `handle`, which stays the caller's. Throws `archive-invalid`: `truncated`, `corrupt`, `checksum`,
 * `trailing-data`, `expands-too-far`. Source: RFC 1952; several gzip members are one file (section 2.2).
 */
export async function* unpacked(
  handle: FileHandle,
  compression: Compression,
  limits: ArchiveLimits,
): AsyncGenerator<Buffer> {
  const { size } = await handle.stat()
  const most = Math.min(limits.uncompressed, Math.max(limits.ratioFloor, size * limits.ratio))
  let total = 0
  for await (const piece of compression === 'gzip' ? gunzipped(handle, size) : bunzipped(handle)) {
    total += piece.length
    if (total > most)
      throw refusal('expands-too-far', `the archive of ${size} bytes unpacks to more than ${most} bytes`)
    yield piece
  }
}

/** Not `handle.createReadStream`: destroyed early, it holds the file open for a while after the handle is closed. */
async function* fileBytes(handle: FileHandle): AsyncGenerator<Buffer> {
  for (let position = 0; ;) {
    const { buffer, bytesRead } = await handle.read(Buffer.allocUnsafe(PIECE), 0, PIECE, position)
    if (bytesRead === 0) return
    yield buffer.subarray(0, bytesRead)
    position += bytesRead
  }
}

async function* gunzipped(handle: FileHandle, size: number): AsyncGenerator<Buffer> {
  const gunzip = createGunzip({ chunkSize: PIECE })
  const source = Readable.from(fileBytes(handle))
  source.on('error', (error) => gunzip.destroy(error))
  source.pipe(gunzip)
  try {
    yield* gunzip as AsyncIterable<Buffer>
  } catch (cause) {
    throw gzipRefusal(cause)
  } finally {
    source.destroy()
    gunzip.destroy()
  }
  if (gunzip.bytesWritten !== size) throw refusal('trailing-data', 'the gzip data is followed by other bytes')
}

function gzipRefusal(cause: unknown): unknown {
  const code = cause instanceof Error && 'code' in cause ? cause.code : undefined
  if (code === 'Z_BUF_ERROR')
    return refusal('truncated', 'the gzip data ends too early, the file is incomplete', { cause })
  if (code === 'Z_DATA_ERROR' || code === 'Z_NEED_DICT')
    return refusal('corrupt', 'the gzip data cannot be decompressed, the file is damaged', { cause })
  return cause
}

/** Reads the disk synchronously, as decoding a block takes a thousand times longer; lets others run between pieces. */
async function* bunzipped(handle: FileHandle): AsyncGenerator<Buffer> {
  const window = Buffer.alloc(PIECE)
  const pieces = bunzip2(() => {
    const length = readSync(handle.fd, window, 0, PIECE, null)
    return length === 0 ? undefined : window.subarray(0, length)
  })
  for (const piece of pieces) {
    yield piece
    await turn()
  }
}
