import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { open, rm, stat } from 'node:fs/promises'
import type { Sha256 } from '../../pool/distribution.ts'
import { RegistryError } from '../../pool/errors.ts'
import { isSystemError, writeFully } from '../filesystem/durable.ts'
import { digestOfFile, readSize } from '../filesystem/file-digest.ts'

/** The bytes that a file is to have. */
export interface Content {
  readonly size: number
  readonly sha256: Sha256
}

export interface Watching {
  readonly onBytes: (bytes: number) => void
  readonly signal: AbortSignal
}

/**
 * Copies a file to a name that is not taken, durably but for that name. A copy, never a link: what damages the one must
 * not damage the other. Throws `file-missing`, `digest-mismatch`, `input-unreadable` for what is wrong with the file, as
 * it is what the system says for what is wrong where it goes; then nothing is left there.
 */
export async function copyChecked(
  from: string,
  to: string,
  content: Content & { readonly mode?: number },
  watching: Watching,
): Promise<void> {
  // What is in a pool is nobody's to edit.
  const handle = await open(to, 'wx', content.mode ?? 0o444)
  try {
    for await (const chunk of contentOf(from, content, watching)) await writeFully(handle, chunk)
    await handle.sync()
  } catch (error) {
    await rm(to, { force: true })
    throw error
  } finally {
    await handle.close()
  }
}

/** Reads a file through. Throws as `copyChecked`. */
export async function readChecked(path: string, content: Content, watching: Watching): Promise<void> {
  for await (const _ of contentOf(path, content, watching));
}

/** What a file holds. */
export async function measure(path: string): Promise<Content> {
  return { size: (await stat(path)).size, sha256: await digestOfFile(path) }
}

async function* contentOf(
  path: string,
  { size, sha256 }: Content,
  { onBytes, signal }: Watching,
): AsyncGenerator<Buffer> {
  const hash = createHash('sha256')
  let read = 0
  for await (const chunk of bytesOf(path, signal)) {
    read += chunk.length
    hash.update(chunk)
    yield chunk
    onBytes(chunk.length)
  }
  if (read !== size) throw mismatch(path, `it has ${read} bytes instead of ${size}`)
  const found = hash.digest('hex')
  if (found !== sha256) throw mismatch(path, `its sha256 is ${found} instead of ${sha256}`)
}

async function* bytesOf(path: string, signal: AbortSignal): AsyncGenerator<Buffer> {
  try {
    const stream: AsyncIterable<Buffer> = createReadStream(path, { highWaterMark: readSize, signal })
    yield* stream
  } catch (cause) {
    signal.throwIfAborted()
    if (isSystemError(cause, 'ENOENT'))
      throw new RegistryError('file-missing', { path }, { detail: `${path} is not there`, cause })
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new RegistryError('input-unreadable', { path }, { detail: reason, cause })
  }
}

function mismatch(path: string, what: string): RegistryError {
  return new RegistryError('digest-mismatch', { path }, { detail: `${path}: ${what}` })
}
