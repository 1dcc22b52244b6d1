import { isUtf8 } from 'node:buffer'
import { entryPath } from './entry-path.ts'
import type { FileWindow } from './file-window.ts'
import type { ArchiveLimits } from './limits.ts'
import { printable, refusal } from './refuse.ts'
import { findDirectory } from './zip-end.ts'
import { checkUnicodePath, extraFields, wideNumbers } from './zip-extra.ts'

/** One entry as the central directory describes it. `name` is a binary string, one character a byte. */
export interface ZipEntry {
  readonly name: string
  readonly path: readonly string[]
  readonly isDirectory: boolean
  readonly method: number
  readonly crc: number
  readonly compressedSize: number
  readonly size: number
  /** Where the local header begins. */
  readonly offset: number
}

export const STORED = 0
export const DEFLATED = 8
const RECORD = { signature: 0x02014b50, length: 46 } // APPNOTE 4.3.12
const NEWEST = 63 // APPNOTE 4.4.3.2: "6.3"; Python opens no zip that says it needs more
const PATCHED = 0x0020 // bit 5
const UTF8 = 0x0800 // APPNOTE 4.4.4: bit 11; Python opens no zip with a name that is not what it says
const ENCRYPTED = 0x0001 | 0x0040 | 0x2000 // APPNOTE 4.4.4: bits 0, 6 and 13

/**
 * Reads and checks a zip's central directory: names, types, methods, duplicates, declared sizes.
 * Throws `archive-invalid`. Source: APPNOTE.TXT 6.3.10, section 4.3.12.
 */
export async function readDirectory(
  file: FileWindow,
  limits: ArchiveLimits,
): Promise<{ readonly entries: readonly ZipEntry[]; readonly offset: number }> {
  const place = await findDirectory(file, limits)
  const directory = Buffer.from(await file.bytes(place.offset, place.size))
  const entries: ZipEntry[] = []
  let at = 0
  while (entries.length < place.entries) {
    const record = oneRecord(directory, at)
    entries.push(readEntry(record, limits))
    at += record.length
  }
  if (at !== directory.length) throw refusal('gap', 'the zip directory holds more than its entries')
  checkDuplicates(entries)
  checkExpansion(entries, file.size, limits)
  return { entries, offset: place.offset }
}

function oneRecord(directory: Buffer, at: number): Buffer {
  if (at + RECORD.length > directory.length || directory.readUInt32LE(at) !== RECORD.signature)
    throw refusal('corrupt', 'the zip directory cannot be read')
  const variable = [28, 30, 32].map((field) => directory.readUInt16LE(at + field)).reduce((sum, size) => sum + size, 0)
  const end = at + RECORD.length + variable
  if (end > directory.length) throw refusal('corrupt', 'the zip directory cannot be read')
  return directory.subarray(at, end)
}

function readEntry(record: Buffer, limits: ArchiveLimits): ZipEntry {
  const nameEnd = RECORD.length + record.readUInt16LE(28)
  const name = record.toString('latin1', RECORD.length, nameEnd)
  const path = entryPath(name, limits)
  const extra = extraFields(record.subarray(nameEnd, nameEnd + record.readUInt16LE(30)), name)
  checkUnicodePath(extra, name, limits)
  const wide = wideNumbers(extra, name)
  const entry: ZipEntry = {
    name,
    path,
    isDirectory: name.endsWith('/'),
    method: record.readUInt16LE(10),
    crc: record.readUInt32LE(16),
    size: wide(record.readUInt32LE(24)),
    compressedSize: wide(record.readUInt32LE(20)),
    offset: wide(record.readUInt32LE(42)),
  }
  if (record.readUInt16LE(8) & UTF8 && !isUtf8(record.subarray(RECORD.length, nameEnd)))
    throw refusal('name-invalid', `entry "${printable(name)}" is said to have a UTF-8 name and has not`, {
      entry: name,
    })
  if ((record[6] ?? 0) > NEWEST)
    throw refusal('corrupt', `entry "${printable(name)}" needs a zip format that there is not`, { entry: name })
  checkKind(entry, { flags: record.readUInt16LE(8), mode: record.readUInt16LE(40) })
  return entry
}

function checkKind(entry: ZipEntry, { flags, mode }: { readonly flags: number; readonly mode: number }): void {
  const { name, method } = entry
  const shown = `entry "${printable(name)}"`
  if (flags & ENCRYPTED) throw refusal('encrypted', `${shown} is encrypted`, { entry: name })
  if (flags & PATCHED)
    throw refusal('compression-method', `${shown} is a patch to be applied to another file`, { entry: name })
  if (method !== STORED && method !== DEFLATED)
    throw refusal(
      'compression-method',
      `${shown} uses compression method ${method}, only stored and deflated are accepted`,
      { entry: name },
    )
  if (method === STORED && entry.size !== entry.compressedSize)
    throw refusal('size', `${shown} is stored with two different sizes`, { entry: name })
  if (entry.isDirectory && entry.size > 0)
    throw refusal('size', `${shown} is a directory with content`, { entry: name })
  // The upper half of the external attributes is the Unix mode, as Python's zipfile and Info-ZIP write it.
  const type = mode & 0o170000
  if (type === 0o120000) throw refusal('link', `${shown} is a symbolic link`, { entry: name })
  if (type !== 0 && type !== 0o100000 && type !== 0o040000)
    throw refusal('entry-type', `${shown} is neither a file nor a directory`, { entry: name })
}

function checkDuplicates(entries: readonly ZipEntry[]): void {
  const seen = new Map<string, boolean>()
  for (const { name, path, isDirectory } of entries) {
    const key = path.join('/')
    const before = seen.get(key)
    if (before !== undefined && !(before && isDirectory))
      throw refusal('duplicate', `entry "${printable(name)}" is in the archive twice`, { entry: name })
    seen.set(key, isDirectory)
  }
}

function checkExpansion(entries: readonly ZipEntry[], fileSize: number, limits: ArchiveLimits): void {
  const total = entries.reduce((sum, { size }) => sum + size, 0)
  if (total > limits.uncompressed || total > Math.max(limits.ratioFloor, fileSize * limits.ratio))
    throw refusal('expands-too-far', `the archive of ${fileSize} bytes would unpack to ${total} bytes`)
}
