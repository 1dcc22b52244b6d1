import { open, type FileHandle } from 'node:fs/promises'
import { RegistryError } from '../../pool/errors.ts'
import { reasonOf } from '../io.ts'

/** One file of a bundle. Its bytes are read from where they lie: those of one that nobody wants cost nothing. */
export interface BundleEntry {
  readonly path: string
  readonly size: number
  readonly bytes: () => AsyncIterable<Uint8Array>
}

const block = 512
const readSize = 1024 * 1024
/** A path and nothing else. */
const longestPax = 4096

/**
 * The files of a tar such as `firn bundle` writes: regular files under plain names, and nothing else that a tar can
 * hold. Source: POSIX pax interchange format. Throws `bundle-invalid`, `input-unreadable`.
 */
export async function* readBundle(file: string): AsyncGenerator<BundleEntry> {
  const handle = await openBundle(file)
  try {
    yield* bundleEntries(handle, file)
  } finally {
    await handle.close()
  }
}

/** Throws `input-unreadable`. */
export function openBundle(file: string): Promise<FileHandle> {
  return open(file, 'r').catch((cause: unknown) => {
    throw new RegistryError('input-unreadable', { path: file }, { detail: `${file}: ${reasonOf(cause)}`, cause })
  })
}

/** What `readBundle` gives, of a file that stays open: bytes can be read as long as it does. */
export async function* bundleEntries(handle: FileHandle, file: string): AsyncGenerator<BundleEntry> {
  const end = (await handle.stat()).size
  let longName: string | undefined
  for (let at = 0; ;) {
    const header = await piece(handle, at, block)
    if (header.length < block) throw invalid(file, 'it ends before its end is marked')
    if (header.every((byte) => byte === 0)) return
    const { type, name, size } = readHeader(header, file)
    const start = at + block
    if (start + size > end) throw invalid(file, `${JSON.stringify(name)} is longer than the file`)
    at = start + Math.ceil(size / block) * block
    if (type === 'x') longName = paxPath(await piece(handle, start, Math.min(size, longestPax + 1)), file)
    else {
      yield { path: longName ?? name, size, bytes: () => bytesAt(handle, start, size) }
      longName = undefined
    }
  }
}

/** Not a stream of the handle's own: each leaves a listener on it, and there may be many thousand entries. */
async function* bytesAt(handle: FileHandle, start: number, size: number): AsyncGenerator<Uint8Array> {
  for (let done = 0; done < size;) {
    const chunk = await piece(handle, start + done, Math.min(size - done, readSize))
    if (chunk.length === 0) return
    done += chunk.length
    yield chunk
  }
}

async function piece(handle: FileHandle, at: number, length: number): Promise<Buffer> {
  const buffer = Buffer.alloc(length)
  let read = 0
  while (read < length) {
    const { bytesRead } = await handle.read(buffer, read, length - read, at + read)
    if (bytesRead === 0) break
    read += bytesRead
  }
  return buffer.subarray(0, read)
}

interface Header {
  readonly type: 'file' | 'x'
  readonly name: string
  readonly size: number
}

function readHeader(header: Buffer, file: string): Header {
  const sum = header.reduce((total, byte, at) => total + (at >= 148 && at < 156 ? 32 : byte), 0)
  if (header.toString('latin1', 257, 263) !== 'ustar\0' || octal(header, 148, 8) !== sum)
    throw invalid(file, 'it is no tar, or a damaged one')
  const [prefix, own] = [text(header, 345, 155), text(header, 0, 100)]
  const name = prefix === '' ? own : `${prefix}/${own}`
  const type = String.fromCharCode(header[156] ?? 0)
  if (type !== '0' && type !== '\0' && type !== 'x') throw invalid(file, `${JSON.stringify(name)} is no regular file`)
  const size = sizeIn(header)
  if (size === undefined) throw invalid(file, `${JSON.stringify(name)} has no size`)
  return { type: type === 'x' ? 'x' : 'file', name, size }
}

function text(header: Buffer, at: number, length: number): string {
  const [value = ''] = header.toString('utf8', at, at + length).split('\0')
  return value
}

function octal(header: Buffer, at: number, length: number): number | undefined {
  const [, digits] = /^ *([0-7]+)[ \0]*$/.exec(header.toString('latin1', at, at + length)) ?? []
  return digits === undefined ? undefined : Number.parseInt(digits, 8)
}

/** Octal; from 8 GiB on binary, with the first bit set. */
function sizeIn(header: Buffer): number | undefined {
  if (header[124] !== 0x80) return octal(header, 124, 12)
  const size = header.readBigUInt64BE(128)
  return size <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(size) : undefined
}

/** `<length> path=<path>\n`. */
function paxPath(body: Buffer, file: string): string {
  const [, length, path] = /^(\d+) path=([^\n]+)\n$/.exec(body.toString('utf8')) ?? []
  if (path === undefined || Number(length) !== body.length)
    throw invalid(file, 'it has an extended header that is no path')
  return path
}

export function invalid(file: string, detail: string): RegistryError {
  const hint = 'a bundle is what firn bundle writes: make it again, or import what it was unpacked to'
  return new RegistryError('bundle-invalid', { path: file }, { detail: `${file}: ${detail}`, hint })
}
