import type { FileWindow } from './file-window.ts'
import type { ArchiveLimits } from './limits.ts'
import { refusal } from './refuse.ts'

/** Where a zip's central directory lies and how many entries it lists. */
export interface DirectoryPlace {
  readonly entries: number
  readonly offset: number
  readonly size: number
}

const END = { signature: 0x06054b50, length: 22 } // APPNOTE 4.3.16
const LOCATOR = { signature: 0x07064b50, length: 20 } // APPNOTE 4.3.15
const END64 = { signature: 0x06064b50, length: 56 } // APPNOTE 4.3.14, without extensible data
const LONGEST_COMMENT = 0xffff

/**
 * Finds the central directory, without reading it, and checks that it ends exactly where its end record begins.
 * Readers look for that record in different ways, so a file in which two could be found is refused.
 * Throws `archive-invalid`. Source: APPNOTE.TXT 6.3.10, sections 4.3.14 to 4.3.16.
 */
export async function findDirectory(file: FileWindow, limits: ArchiveLimits): Promise<DirectoryPlace> {
  const start = Math.max(0, file.size - END.length - LONGEST_COMMENT)
  const tail = Buffer.from(await file.bytes(start, file.size - start))
  const at = endRecordAt(tail)
  const short = readEnd(tail.subarray(at))
  const long = await readEnd64(file, start + at)
  const place = long ? agreed(short, long) : short
  if (place.entries > limits.entries)
    throw refusal('too-many-entries', `the archive has ${place.entries} entries, at most ${limits.entries} are allowed`)
  if (place.size > limits.directory)
    throw refusal('directory-too-large', `the zip directory has ${place.size} bytes, ${limits.directory} are allowed`)
  const directoryEnd = start + at - (long ? END64.length + LOCATOR.length : 0)
  if (place.offset + place.size !== directoryEnd)
    throw refusal('gap', 'the zip directory does not lie where its end record says')
  return place
}

function endRecordAt(tail: Buffer): number {
  const found: number[] = []
  for (let at = tail.lastIndexOf('PK\x05\x06'); at >= 0; at = at === 0 ? -1 : tail.lastIndexOf('PK\x05\x06', at - 1))
    found.push(at)
  const [last] = found
  if (last === undefined || found.every((at) => at + END.length > tail.length))
    throw refusal('truncated', 'the zip file has no directory at its end, it may be incomplete')
  // Python looks at the last signature only, even where too little follows it for a record.
  const whole = found.filter((at) => at + END.length <= tail.length && lengthOf(tail, at) === tail.length - at)
  if (whole.length > 1 || (whole.length === 1 && whole[0] !== last))
    throw refusal('duplicate', 'the zip file has two end records, readers would disagree about its content')
  if (whole.length === 0) throw refusal('trailing-data', 'the zip file goes on after its end record')
  return last
}

function lengthOf(tail: Buffer, at: number): number {
  return END.length + tail.readUInt16LE(at + 20)
}

function readEnd(record: Buffer): DirectoryPlace {
  const disks = [record.readUInt16LE(4), record.readUInt16LE(6)]
  const entries = record.readUInt16LE(10)
  if (disks.some((disk) => disk !== 0 && disk !== 0xffff) || record.readUInt16LE(8) !== entries)
    throw refusal('split', 'the file is one part of a zip in several parts')
  return { entries, size: record.readUInt32LE(12), offset: record.readUInt32LE(16) }
}

async function readEnd64(file: FileWindow, endAt: number): Promise<DirectoryPlace | undefined> {
  const locatorAt = endAt - LOCATOR.length
  if (locatorAt < 0) return undefined
  const locator = await file.bytes(locatorAt, LOCATOR.length)
  if (locator.readUInt32LE(0) !== LOCATOR.signature) return undefined
  const end64At = locatorAt - END64.length
  if (locator.readUInt32LE(4) !== 0 || locator.readUInt32LE(16) > 1)
    throw refusal('split', 'the file is one part of a zip in several parts')
  if (locator.readBigUInt64LE(8) !== BigInt(end64At))
    throw refusal('gap', 'the zip64 end record does not lie where its locator says')
  const record = await file.bytes(end64At, END64.length)
  if (record.readUInt32LE(0) !== END64.signature || record.readBigUInt64LE(4) !== BigInt(END64.length - 12))
    throw refusal('corrupt', 'the zip64 end record is not valid')
  if (
    record.readUInt32LE(16) !== 0 ||
    record.readUInt32LE(20) !== 0 ||
    !record.subarray(24, 32).equals(record.subarray(32, 40))
  )
    throw refusal('split', 'the file is one part of a zip in several parts')
  const number = (at: number): number => Number(record.readBigUInt64LE(at))
  return { entries: number(32), size: number(40), offset: number(48) }
}

function agreed(short: DirectoryPlace, long: DirectoryPlace): DirectoryPlace {
  const same =
    [0xffff, long.entries].includes(short.entries) &&
    [0xffffffff, long.size].includes(short.size) &&
    [0xffffffff, long.offset].includes(short.offset)
  if (!same) throw refusal('headers-disagree', 'the zip and zip64 end records disagree')
  return long
}
