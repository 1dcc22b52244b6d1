import { boolean, constantFrom, nat, oneof, record, type Arbitrary } from 'fast-check'
import { within } from './byte-edits.ts'

/** A field of one record of a zip gets another value, in its local header, in the central directory or in both. */
export interface ZipEdit {
  readonly record: number
  readonly field: number
  readonly value: number
  /** Add the value to what is there. */
  readonly relative: boolean
  /** Do the same in the other header of the entry. */
  readonly both: boolean
}

const value = oneof(
  nat(3),
  constantFrom(8, 12, 14, 0x08, 0x800, 0x808, 0xffff, 0xfffe, 0xffffffff, 0xfffffffe, 0x7fffffff, 0x80000000),
  nat(65_535),
)

export const zipEdit: Arbitrary<ZipEdit> = record({
  record: nat(60),
  field: nat(30),
  value,
  relative: boolean(),
  both: boolean(),
})

interface Form {
  readonly signature: number
  /** Where each field is, and of how many bytes. */
  readonly fields: Readonly<Record<string, readonly [at: number, length: number]>>
  /** Where the name begins, of what has one. */
  readonly name?: { readonly at: number; readonly length: number }
}

const common = (at: number): Form['fields'] => ({
  flags: [at, 2],
  method: [at + 2, 2],
  date: [at + 4, 4],
  crc: [at + 8, 4],
  compressedSize: [at + 12, 4],
  size: [at + 16, 4],
  nameLength: [at + 20, 2],
  extraLength: [at + 22, 2],
})

/** APPNOTE.TXT 6.3.10, section 4.3. */
const local: Form = { signature: 0x04034b50, fields: { needed: [4, 2], ...common(6) }, name: { at: 30, length: 26 } }
const central: Form = {
  signature: 0x02014b50,
  fields: {
    madeBy: [4, 2],
    needed: [6, 2],
    ...common(8),
    commentLength: [32, 2],
    disk: [34, 2],
    inner: [36, 2],
    mode: [40, 2],
    offset: [42, 4],
  },
  name: { at: 46, length: 28 },
}
const end: Form = {
  signature: 0x06054b50,
  fields: {
    disk: [4, 2],
    start: [6, 2],
    here: [8, 2],
    entries: [10, 2],
    size: [12, 4],
    offset: [16, 4],
    comment: [20, 2],
  },
}
const end64: Form = {
  signature: 0x06064b50,
  fields: { length: [4, 4], disk: [16, 4], here: [24, 4], entries: [32, 4], size: [40, 4], offset: [48, 4] },
}
const locator: Form = { signature: 0x07064b50, fields: { disk: [4, 4], offset: [8, 4], disks: [16, 4] } }
const descriptor: Form = { signature: 0x08074b50, fields: { crc: [4, 4], compressedSize: [8, 4], size: [12, 4] } }
const forms = [local, central, end, end64, locator, descriptor]

interface Found {
  readonly at: number
  readonly form: Form
}

function recordsOf(bytes: Buffer): readonly Found[] {
  const found: Found[] = []
  for (let at = bytes.indexOf('PK'); at >= 0 && at + 4 <= bytes.length; at = bytes.indexOf('PK', at + 2)) {
    const form = forms.find(({ signature }) => signature === bytes.readUInt32LE(at))
    if (form) found.push({ at, form })
  }
  return found
}

export function zipEdited(bytes: Buffer, edits: readonly ZipEdit[]): Buffer {
  const changed = Buffer.from(bytes)
  for (const edit of edits) editZip(changed, edit)
  return changed
}

function editZip(bytes: Buffer, edit: ZipEdit): void {
  const records = recordsOf(bytes)
  const chosen = records[within(edit.record, records.length)]
  if (!chosen) return
  const twin = edit.both ? twinOf(bytes, records, chosen) : undefined
  const names = Object.keys(chosen.form.fields)
  const field = names[edit.field % (names.length + 4)]
  for (const each of twin ? [chosen, twin] : [chosen]) {
    if (field === undefined) changeName(bytes, each, edit)
    else change(bytes, each.at, each.form.fields[field], edit)
  }
}

/** The other header of the entry: the one of the same place among those of its kind. */
function twinOf(bytes: Buffer, records: readonly Found[], { at, form }: Found): Found | undefined {
  const [mine, others] = [form, form === local ? central : local].map((kind) =>
    records.filter((each) => each.form === kind),
  )
  const index = mine?.findIndex((each) => each.at === at) ?? -1
  return form === local || form === central ? others?.[index] : undefined
}

function change(bytes: Buffer, start: number, field: readonly [number, number] | undefined, edit: ZipEdit): void {
  const [offset, length] = field ?? [0, 0]
  if (length === 0 || start + offset + length > bytes.length) return
  const before = edit.relative ? bytes.readUIntLE(start + offset, length) : 0
  bytes.writeUIntLE((before + edit.value) % 2 ** (8 * length), start + offset, length)
}

const nameBytes = Buffer.from('/.\\:\0 AZaz\xe4\xff_-')

function changeName(bytes: Buffer, { at, form }: Found, { field, value }: ZipEdit): void {
  if (!form.name || at + form.name.at > bytes.length) return
  const length = bytes.readUInt16LE(at + form.name.length)
  const place = at + form.name.at + within(value, length)
  if (place < bytes.length) bytes[place] = nameBytes[(field + value) % nameBytes.length] ?? 0
}
