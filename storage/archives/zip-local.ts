import type { FileWindow } from './file-window.ts'
import type { ArchiveLimits } from './limits.ts'
import { printable, refusal } from './refuse.ts'
import type { ZipEntry } from './zip-directory.ts'
import { checkUnicodePath, type ExtraFields, extraFields, wideNumbers } from './zip-extra.ts'

const LOCAL = { signature: 0x04034b50, length: 30 } // APPNOTE 4.3.7
const DESCRIPTOR = 0x08074b50 // APPNOTE 4.3.9.3: "may or may not" come first
const HAS_DESCRIPTOR = 0x0008
const ENCRYPTED = 0x0001

interface Span {
  readonly entries: readonly ZipEntry[]
  /** Where the central directory begins and entries must have ended. */
  readonly end: number
  readonly prefixed: boolean
  readonly limits: ArchiveLimits
}

/**
 * Checks each entry's local header against the central directory, and that the entries follow one another from the
 * beginning of the file to the directory, with nothing between or on top of each other. Answers where each one's
 * data begins. Throws `archive-invalid`. Source: APPNOTE.TXT 6.3.10, sections 4.3.7 and 4.3.9.
 */
export async function checkLocalHeaders(
  file: FileWindow,
  { entries, end, prefixed, limits }: Span,
): Promise<ReadonlyMap<ZipEntry, number>> {
  const ordered = entries.toSorted((a, b) => a.offset - b.offset)
  const dataAt = new Map<ZipEntry, number>()
  const first = ordered[0]?.offset ?? end
  if (first !== 0 && !prefixed) throw refusal('gap', 'the zip file does not begin with its first entry')
  for (const [index, entry] of ordered.entries()) {
    const next = ordered[index + 1]?.offset ?? end
    const header = await readLocalHeader(file, entry, limits)
    const used = header.dataAt + entry.compressedSize
    if (used > next)
      throw refusal('overlap', `entry "${printable(entry.name)}" overlaps what follows it`, { entry: entry.name })
    if (header.hasDescriptor) await checkDescriptor(file, entry, { at: used, length: next - used })
    else if (used < next)
      throw refusal('gap', `after entry "${printable(entry.name)}" lie bytes of no entry`, { entry: entry.name })
    dataAt.set(entry, header.dataAt)
  }
  return dataAt
}

interface LocalHeader {
  readonly dataAt: number
  readonly hasDescriptor: boolean
}

async function readLocalHeader(file: FileWindow, entry: ZipEntry, limits: ArchiveLimits): Promise<LocalHeader> {
  const fixed = Buffer.from(await file.bytes(entry.offset, LOCAL.length))
  if (fixed.readUInt32LE(0) !== LOCAL.signature)
    throw refusal('corrupt', `entry "${printable(entry.name)}" has no local header`, { entry: entry.name })
  const nameLength = fixed.readUInt16LE(26)
  const extraLength = fixed.readUInt16LE(28)
  const variable = await file.bytes(entry.offset + LOCAL.length, nameLength + extraLength)
  const flags = fixed.readUInt16LE(6)
  const hasDescriptor = (flags & HAS_DESCRIPTOR) !== 0
  if (flags & ENCRYPTED)
    throw refusal('encrypted', `entry "${printable(entry.name)}" is encrypted`, { entry: entry.name })
  if (variable.toString('latin1', 0, nameLength) !== entry.name) throw disagree(entry, 'name')
  if (fixed.readUInt16LE(8) !== entry.method) throw disagree(entry, 'compression method')
  const extra = extraFields(variable.subarray(nameLength), entry.name)
  checkUnicodePath(extra, entry.name, limits)
  checkSizes(entry, { fixed, extra, hasDescriptor })
  return { dataAt: entry.offset + LOCAL.length + nameLength + extraLength, hasDescriptor }
}

interface LocalParts {
  readonly fixed: Buffer
  readonly extra: ExtraFields
  readonly hasDescriptor: boolean
}

function checkSizes(entry: ZipEntry, { fixed, extra, hasDescriptor }: LocalParts): void {
  const crc = fixed.readUInt32LE(14)
  const wide = wideNumbers(extra, entry.name)
  const size = wide(fixed.readUInt32LE(22))
  const compressedSize = wide(fixed.readUInt32LE(18))
  const unknown = (value: number): boolean => hasDescriptor && value === 0
  if (crc !== entry.crc && !unknown(crc)) throw disagree(entry, 'CRC')
  if (size !== entry.size && !unknown(size)) throw disagree(entry, 'size')
  if (compressedSize !== entry.compressedSize && !unknown(compressedSize)) throw disagree(entry, 'compressed size')
}

/** The record behind an entry that was written as a stream: CRC and sizes, with or without signature, of 32 or 64 bits. */
async function checkDescriptor(
  file: FileWindow,
  entry: ZipEntry,
  { at, length }: { readonly at: number; readonly length: number },
): Promise<void> {
  if (![12, 16, 20, 24].includes(length))
    throw refusal('gap', `after entry "${printable(entry.name)}" lie bytes of no entry`, { entry: entry.name })
  const record = await file.bytes(at, length)
  const signed = length === 16 || length === 24
  if (signed && record.readUInt32LE(0) !== DESCRIPTOR)
    throw refusal('corrupt', `entry "${printable(entry.name)}" has a damaged data descriptor`, { entry: entry.name })
  const fields = signed ? record.subarray(4) : record
  const wide = fields.length === 20
  const number = (index: number): number =>
    wide ? Number(fields.readBigUInt64LE(4 + 8 * index)) : fields.readUInt32LE(4 + 4 * index)
  if (fields.readUInt32LE(0) !== entry.crc) throw disagree(entry, 'CRC')
  if (number(0) !== entry.compressedSize) throw disagree(entry, 'compressed size')
  if (number(1) !== entry.size) throw disagree(entry, 'size')
}

function disagree(entry: ZipEntry, what: string): Error {
  return refusal(
    'headers-disagree',
    `entry "${printable(entry.name)}" has another ${what} in its local header than in the zip directory`,
    { entry: entry.name },
  )
}
