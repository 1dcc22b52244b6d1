import { createHash, randomUUID } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { open, readdir, rm, statfs, unlink } from 'node:fs/promises'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { RegistryError } from '../../pool/errors.ts'
import type { Staged } from '../ports.ts'
import { isSystemError, makeDirectory, refuseIfFull, writeFully } from './durable.ts'
import { runningHash } from './running-hash.ts'

export interface StageOptions {
  /** Bytes after which the stream is refused with `upload-too-large`. */
  readonly limit?: number
  /** Digests wanted besides sha256, by the names of `runningHash`. */
  readonly algorithms?: readonly string[]
  readonly onBytes?: (bytes: number) => void
  /** Told where the file is, before anything is written. */
  readonly onBegun?: (path: string) => Promise<void>
}

/** Where arriving bytes lie until they are known to be good. Nothing in it has been acknowledged to anyone. */
export interface Staging {
  /**
   * Writes a stream to disk, hashing as it goes; on return the file is fsynced. If the stream fails, or is too long,
   * nothing stays. Throws `upload-too-large`, `storage-full`, and whatever the stream throws.
   */
  stage(bytes: AsyncIterable<Uint8Array>, options?: StageOptions): Promise<Staged>
  /** A further digest of a staged file, in lower-case hex; the file is read again for it. */
  digest(staged: Pick<Staged, 'path'>, algorithm: string): Promise<string>
  /** Removes a staged file; one that has been adopted or discarded already is fine. */
  discard(staged: Pick<Staged, 'path'>): Promise<void>
  /** Removes what an ended process left. How many files that were. */
  sweep(): Promise<number>
  /** Writes a file and removes it. Throws what keeps firn from taking anything in. */
  probe(): Promise<void>
  /** What may still be written on the disk that the pool is on. */
  freeBytes(): Promise<number>
}

export async function openStaging(directory: string): Promise<Staging> {
  await makeDirectory(directory)
  return {
    stage: (bytes, options = {}) => stage(join(directory, `${randomUUID()}.part`), bytes, options),
    digest: ({ path }, algorithm) => digestOfFile(path, algorithm),
    discard: ({ path }) => unlinkIfThere(path),
    async sweep() {
      const left = await readdir(directory)
      await Promise.all(left.map((name) => rm(join(directory, name), { recursive: true, force: true })))
      return left.length
    },
    async probe() {
      const { path } = await stage(join(directory, `${randomUUID()}.probe`), Readable.from([Buffer.from('firn')]), {})
      await unlinkIfThere(path)
    },
    async freeBytes() {
      // Blocks that are kept for root are not firn's to write (statvfs(3), f_bavail).
      const { bavail, bsize } = await statfs(directory)
      return bavail * bsize
    },
  }
}

async function stage(path: string, bytes: AsyncIterable<Uint8Array>, options: StageOptions): Promise<Staged> {
  try {
    return await write(path, bytes, options)
  } catch (error) {
    await unlinkIfThere(path)
    return refuseIfFull(error)
  }
}

async function write(path: string, bytes: AsyncIterable<Uint8Array>, options: StageOptions): Promise<Staged> {
  const { limit = Infinity, algorithms = [], onBytes, onBegun } = options
  const sha256 = createHash('sha256')
  const names = algorithms.filter((name) => name !== 'sha256')
  const others = await Promise.all(names.map(async (name) => ({ name, hash: await runningHash(name) })))
  const handle = await open(path, 'wx')
  let size = 0
  try {
    await onBegun?.(path)
    for await (const chunk of bytes) {
      size += chunk.length
      if (size > limit)
        throw new RegistryError('upload-too-large', { limit }, { detail: `the limit is ${limit} bytes` })
      sha256.update(chunk)
      for (const { hash } of others) hash.update(chunk)
      await writeFully(handle, chunk)
      onBytes?.(chunk.length)
    }
    await handle.sync()
  } finally {
    await handle.close()
  }
  const digest = sha256.digest('hex')
  const digests = Object.fromEntries(others.map(({ name, hash }) => [name, hash.hex()]))
  return { path, size, sha256: digest, digests: { ...digests, sha256: digest } }
}

async function digestOfFile(path: string, algorithm: string): Promise<string> {
  const hash = await runningHash(algorithm)
  for await (const chunk of createReadStream(path) as AsyncIterable<Buffer>) hash.update(chunk)
  return hash.hex()
}

async function unlinkIfThere(path: string): Promise<void> {
  try {
    await unlink(path)
  } catch (error) {
    if (!isSystemError(error, 'ENOENT')) throw error
  }
}
