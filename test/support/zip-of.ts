import { crc32, deflateRawSync } from 'node:zlib'

/** Fields of a local or central header that are to lie. */
export interface ZipLies {
  readonly name?: string | Buffer
  readonly method?: number
  readonly flags?: number
  readonly crc?: number
  readonly size?: number
  readonly compressedSize?: number
  readonly offset?: number
  readonly extra?: Buffer
}

export interface ZipItem {
  readonly name: string | Buffer
  readonly data?: string | Buffer
  /** 0 stored, 8 deflated (default, but for directories). */
  readonly method?: number
  /** Unix mode, in the upper half of the external attributes. */
  readonly mode?: number
  /** The bytes as they stand in the file, instead of `data` compressed. */
  readonly packed?: Buffer
  /** Write as a stream: no sizes in the local header, a data descriptor behind the data. */
  readonly descriptor?: 'signed' | 'unsigned'
  /** Lies in both headers, in the local one only, in the central one only. */
  readonly both?: ZipLies
  readonly local?: ZipLies
  readonly central?: ZipLies
  /** Bytes that belong to no entry, behind this one. */
  readonly gap?: Buffer
  readonly unlisted?: boolean
}

export interface ZipQuirks {
  readonly prefix?: Buffer
  readonly suffix?: Buffer
  readonly comment?: Buffer
  readonly end?: { readonly entries?: number; readonly size?: number; readonly offset?: number; readonly disk?: number }
  readonly zip64?: boolean | { readonly entries?: number; readonly locator?: number }
}

interface Written {
  readonly name: Buffer
  readonly flags: number
  readonly method: number
  readonly crc: number
  readonly compressedSize: number
  readonly size: number
  readonly extra: Buffer
  readonly offset: number
}

/** Writes a zip, right unless told otherwise. Every date is 1980-01-01, so the same entries give the same bytes. */
export function zipOf(items: readonly ZipItem[], quirks: ZipQuirks = {}): Buffer {
  const parts: Buffer[] = [quirks.prefix ?? Buffer.alloc(0)]
  const directory: Buffer[] = []
  let offset = parts[0]?.length ?? 0
  for (const item of items) {
    const packed = item.packed ?? pack(item)
    const truth = describe(item, packed, offset)
    const entry = [localHeader(item, truth), packed, descriptor(item, truth), item.gap ?? Buffer.alloc(0)]
    parts.push(...entry)
    offset += entry.reduce((sum, { length }) => sum + length, 0)
    if (item.unlisted !== true) directory.push(centralHeader(item, truth))
  }
  const place = { entries: directory.length, size: Buffer.concat(directory).length, offset }
  parts.push(...directory, ...endRecords(place, quirks), quirks.suffix ?? Buffer.alloc(0))
  return Buffer.concat(parts)
}

function isDirectory({ name }: ZipItem): boolean {
  return name.toString().endsWith('/')
}

function pack(item: ZipItem): Buffer {
  const data = Buffer.from(item.data ?? '')
  return method(item) === 8 ? deflateRawSync(data, { level: 9 }) : data
}

function method(item: ZipItem): number {
  return item.method ?? (isDirectory(item) ? 0 : 8)
}

function describe(item: ZipItem, packed: Buffer, offset: number): Written {
  const data = Buffer.from(item.data ?? '')
  const truth = { crc: crc32(data), compressedSize: packed.length, size: data.length, extra: Buffer.alloc(0), offset }
  const flags = 0x0800 | (item.descriptor === undefined ? 0 : 0x0008)
  return { name: Buffer.from(item.name), flags, method: method(item), ...truth }
}

function lied(truth: Written, ...lies: readonly (ZipLies | undefined)[]): Written {
  const { name, ...rest }: ZipLies = Object.assign({}, ...lies)
  return { ...truth, ...rest, name: name === undefined ? truth.name : Buffer.from(name) }
}

function localHeader(item: ZipItem, truth: Written): Buffer {
  const streamed = item.descriptor === undefined ? {} : { crc: 0, size: 0, compressedSize: 0 }
  const told = lied(truth, streamed, item.both, item.local)
  const header = Buffer.alloc(30)
  header.writeUInt32LE(0x04034b50, 0)
  header.writeUInt16LE(20, 4)
  writeCommon(header.subarray(6), told)
  return Buffer.concat([header, told.name, told.extra])
}

function centralHeader(item: ZipItem, truth: Written): Buffer {
  const told = lied(truth, item.both, item.central)
  const header = Buffer.alloc(46)
  header.writeUInt32LE(0x02014b50, 0)
  header.writeUInt16LE((3 << 8) | 20, 4)
  header.writeUInt16LE(20, 6)
  writeCommon(header.subarray(8), told)
  header.writeUInt16LE(item.mode ?? (isDirectory(item) ? 0o040755 : 0o100644), 40)
  header.writeUInt32LE(told.offset, 42)
  return Buffer.concat([header, told.name, told.extra])
}

/** The 24 bytes that both headers have: flags, method, date, CRC, sizes, lengths. */
function writeCommon(at: Buffer, told: Written): void {
  at.writeUInt16LE(told.flags, 0)
  at.writeUInt16LE(told.method, 2)
  at.writeUInt32LE(0x00210000, 4)
  at.writeUInt32LE(told.crc, 8)
  at.writeUInt32LE(told.compressedSize, 12)
  at.writeUInt32LE(told.size, 16)
  at.writeUInt16LE(told.name.length, 20)
  at.writeUInt16LE(told.extra.length, 22)
}

function descriptor({ descriptor: form }: ZipItem, { crc, compressedSize, size }: Written): Buffer {
  if (form === undefined) return Buffer.alloc(0)
  const record = Buffer.alloc(16)
  for (const [index, value] of [0x08074b50, crc, compressedSize, size].entries()) record.writeUInt32LE(value, index * 4)
  return form === 'signed' ? record : record.subarray(4)
}

function endRecords(place: { entries: number; size: number; offset: number }, quirks: ZipQuirks): readonly Buffer[] {
  const comment = quirks.comment ?? Buffer.alloc(0)
  const told = { disk: 0, ...place, ...quirks.end }
  const end = Buffer.alloc(22)
  end.writeUInt32LE(0x06054b50, 0)
  end.writeUInt16LE(told.disk, 4)
  end.writeUInt16LE(quirks.zip64 ? 0xffff : told.entries, 8)
  end.writeUInt16LE(quirks.zip64 ? 0xffff : told.entries, 10)
  end.writeUInt32LE(quirks.zip64 ? 0xffffffff : told.size, 12)
  end.writeUInt32LE(quirks.zip64 ? 0xffffffff : told.offset, 16)
  end.writeUInt16LE(comment.length, 20)
  return quirks.zip64 ? [...zip64Records(place, quirks.zip64), end, comment] : [end, comment]
}

function zip64Records(
  { entries, size, offset }: { entries: number; size: number; offset: number },
  quirk: true | { readonly entries?: number; readonly locator?: number },
): readonly Buffer[] {
  const lies = quirk === true ? {} : quirk
  const end = Buffer.alloc(56)
  end.writeUInt32LE(0x06064b50, 0)
  end.writeBigUInt64LE(44n, 4)
  end.writeUInt16LE(45, 12)
  end.writeUInt16LE(45, 14)
  const numbers = [lies.entries ?? entries, lies.entries ?? entries, size, offset]
  for (const [index, value] of numbers.entries()) end.writeBigUInt64LE(BigInt(value), 24 + 8 * index)
  const locator = Buffer.alloc(20)
  locator.writeUInt32LE(0x07064b50, 0)
  locator.writeBigUInt64LE(BigInt(lies.locator ?? offset + size), 8)
  locator.writeUInt32LE(1, 16)
  return [end, locator]
}
