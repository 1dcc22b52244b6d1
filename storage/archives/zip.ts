import type { FileHandle } from 'node:fs/promises'
import { crc32, createInflateRaw } from 'node:zlib'
import { FileWindow } from './file-window.ts'
import type { ArchiveLimits } from './limits.ts'
import { printable, refusal } from './refuse.ts'
import { DEFLATED, readDirectory, type ZipEntry } from './zip-directory.ts'
import { checkLocalHeaders } from './zip-local.ts'

/** A zip whose every record was checked, and the way to one small entry of it. */
export interface ZipArchive {
  readonly entries: readonly ZipEntry[]
  /** The entry's bytes, of the declared size and CRC. Throws `archive-invalid`: `metadata-too-large`, `corrupt`, `size`, `checksum`. */
  readonly content: (entry: ZipEntry) => Promise<Buffer>
}

/**
 * Opens a zip for reading after checking all of its records, so that every reader sees the same entries in it:
 * those that trust the central directory, those that read local headers one after another, and those that search.
 * `prefixed` lets a program precede the first entry, as in eggs that run as a shell script (setuptools-0.6c11-py2.6.egg).
 * Throws `archive-invalid`. Source: APPNOTE.TXT 6.3.10; the checks include most of PyPI's (warehouse/utils/zipfiles.py).
 * Own code: node-stream-zip 1.16.0 hides the bytes of names and extra fields, finds the end record otherwise than Python,
 * and a read error in an entry is thrown where nobody can catch it.
 */
export async function openZip(
  handle: FileHandle,
  limits: ArchiveLimits,
  { prefixed }: { readonly prefixed: boolean },
): Promise<ZipArchive> {
  const file = new FileWindow(handle, (await handle.stat()).size)
  const { entries, offset } = await readDirectory(file, limits)
  const dataAt = await checkLocalHeaders(file, { entries, end: offset, prefixed, limits })
  return {
    entries,
    content: async (entry) => {
      if (entry.size > limits.metadata || entry.compressedSize > limits.metadata)
        throw refusal(
          'metadata-too-large',
          `entry "${printable(entry.name)}" is larger than ${limits.metadata} bytes`,
          { entry: entry.name },
        )
      const compressed = await file.bytes(dataAt.get(entry) ?? -1, entry.compressedSize)
      return checked(entry, entry.method === DEFLATED ? await inflated(entry, compressed) : Buffer.from(compressed))
    },
  }
}

async function inflated(entry: ZipEntry, compressed: Buffer): Promise<Buffer> {
  const shown = `entry "${printable(entry.name)}"`
  const inflate = createInflateRaw()
  inflate.end(compressed)
  const parts: Buffer[] = []
  let length = 0
  try {
    for await (const part of inflate as AsyncIterable<Buffer>) {
      length += part.length
      if (length > entry.size) break
      parts.push(part)
    }
  } catch (cause) {
    throw refusal('corrupt', `${shown} cannot be decompressed`, { entry: entry.name, cause })
  }
  if (length > entry.size) throw refusal('size', `${shown} is longer than declared`, { entry: entry.name })
  if (inflate.bytesWritten !== compressed.length)
    throw refusal('size', `${shown} has bytes after its compressed content`, { entry: entry.name })
  return Buffer.concat(parts)
}

function checked(entry: ZipEntry, content: Buffer): Buffer {
  const shown = `entry "${printable(entry.name)}"`
  if (content.length !== entry.size)
    throw refusal('size', `${shown} has ${content.length} bytes, ${entry.size} are declared`, { entry: entry.name })
  if (crc32(content) !== entry.crc)
    throw refusal('checksum', `${shown} does not match its CRC, the file is damaged`, { entry: entry.name })
  return content
}
