import { entryPath } from './entry-path.ts'
import type { ArchiveLimits } from './limits.ts'
import { printable, refusal } from './refuse.ts'

const ZIP64 = 0x0001 // APPNOTE 4.5.3
const UNICODE_PATH = 0x7075 // APPNOTE 4.6.9
const IN_EXTRA = 0xffffffff

export type ExtraFields = ReadonlyMap<number, Buffer>

/**
 * The extra fields of a header by their id. Throws `archive-invalid` if one is longer than the rest, or if one that
 * changes what the entry is comes twice. Up to three bytes of padding at the end are let pass, as Python does.
 */
export function extraFields(bytes: Buffer, name: string): ExtraFields {
  const fields = new Map<number, Buffer>()
  for (let at = 0; at + 4 <= bytes.length;) {
    const id = bytes.readUInt16LE(at)
    const end = at + 4 + bytes.readUInt16LE(at + 2)
    if (end > bytes.length)
      throw refusal('corrupt', `entry "${printable(name)}" has a damaged extra field`, { entry: name })
    if (fields.has(id) && (id === ZIP64 || id === UNICODE_PATH))
      throw refusal('duplicate', `entry "${printable(name)}" has two extra fields of one kind`, { entry: name })
    fields.set(id, bytes.subarray(at + 4, end))
    at = end
  }
  return fields
}

/**
 * Info-ZIP's second name, which newer Pythons prefer to the first. It may only spell a non-ASCII name in Unicode:
 * where it would turn an entry into another one, the two names are two entries to two readers.
 */
export function checkUnicodePath(extra: ExtraFields, name: string, limits: ArchiveLimits): void {
  const field = extra.get(UNICODE_PATH)
  if (field === undefined) return
  const other = field.toString('latin1', 5)
  entryPath(other, limits)
  const ascii = /^[\x20-\x7e]*$/
  if (other !== name && (ascii.test(name) || ascii.test(other)))
    throw refusal('headers-disagree', `entry "${printable(name)}" has "${printable(other)}" as its second name`, {
      entry: name,
    })
}

/**
 * Turns sizes and offset into what they are: those whose 32 bits hold only the mark for it are taken from the zip64 field,
 * which holds just the marked ones, in the order size, compressed size, offset. Call it in that order.
 */
export function wideNumbers(extra: ExtraFields, name: string): (value: number) => number {
  const field = extra.get(ZIP64)
  let at = 0
  return (value) => {
    if (value !== IN_EXTRA) return value
    if (field === undefined || at + 8 > field.length)
      throw refusal('corrupt', `entry "${printable(name)}" has no zip64 sizes`, { entry: name })
    at += 8
    return Number(field.readBigUInt64LE(at - 8))
  }
}
