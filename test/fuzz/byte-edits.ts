import { array, constantFrom, nat, oneof, record, uint8Array, type Arbitrary } from 'fast-check'

/** One way to damage bytes. Places are taken modulo the length, so that any edit fits any bytes. */
export type ByteEdit =
  | { readonly do: 'set'; readonly at: number; readonly value: number }
  | { readonly do: 'flip'; readonly at: number; readonly bit: number }
  | { readonly do: 'cut'; readonly at: number }
  | { readonly do: 'remove'; readonly at: number; readonly length: number }
  | { readonly do: 'insert'; readonly at: number; readonly bytes: readonly number[] }
  | { readonly do: 'repeat'; readonly at: number; readonly length: number; readonly to: number }
  | { readonly do: 'splice'; readonly at: number; readonly other: number; readonly from: number }
  | { readonly do: 'append'; readonly other: number }

const place = nat(1_000_000)
const few = oneof(nat(8), nat(600))
const telling = constantFrom(0, 1, 8, 0x1f, 0x20, 0x2f, 0x30, 0x50, 0x7f, 0x80, 0xff)

/** Places in the whole, and at its ends, where archives keep what they are. */
const spot = oneof(
  place,
  nat(40),
  nat(40).map((back) => -1 - back),
)

export const byteEdit: Arbitrary<ByteEdit> = oneof(
  record({ do: constantFrom('set' as const), at: spot, value: oneof(telling, nat(255)) }),
  record({ do: constantFrom('flip' as const), at: spot, bit: nat(7) }),
  record({ do: constantFrom('cut' as const), at: spot }),
  record({ do: constantFrom('remove' as const), at: spot, length: few }),
  record({
    do: constantFrom('insert' as const),
    at: spot,
    bytes: oneof(
      array(telling, { maxLength: 8 }),
      uint8Array({ maxLength: 40 }).map((bytes) => [...bytes]),
    ),
  }),
  record({ do: constantFrom('repeat' as const), at: spot, length: few, to: spot }),
  record({ do: constantFrom('splice' as const), at: spot, other: nat(50), from: spot }),
  record({ do: constantFrom('append' as const), other: nat(50) }),
)

/** The bytes with the edits made, one after the other. `others` are what they are spliced with. */
export function edited(bytes: Buffer, edits: readonly ByteEdit[], others: readonly Buffer[]): Buffer {
  return edits.reduce((before, edit) => withEdit(before, edit, others), bytes)
}

function withEdit(bytes: Buffer, edit: ByteEdit, others: readonly Buffer[]): Buffer {
  if (edit.do === 'append') return Buffer.concat([bytes, otherOf(others, edit.other)])
  const at = within(edit.at, bytes.length + 1)
  switch (edit.do) {
    case 'set':
      return withByte(bytes, at, edit.value)
    case 'flip':
      return withByte(bytes, at, (bytes[at] ?? 0) ^ (1 << edit.bit))
    case 'cut':
      return bytes.subarray(0, at)
    case 'remove':
      return Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + edit.length)])
    case 'insert':
      return Buffer.concat([bytes.subarray(0, at), Buffer.from(edit.bytes), bytes.subarray(at)])
    case 'repeat': {
      const to = within(edit.to, bytes.length + 1)
      return Buffer.concat([bytes.subarray(0, to), bytes.subarray(at, at + edit.length), bytes.subarray(to)])
    }
    case 'splice': {
      const other = otherOf(others, edit.other)
      return Buffer.concat([bytes.subarray(0, at), other.subarray(within(edit.from, other.length + 1))])
    }
    default:
      return edit satisfies never
  }
}

function otherOf(others: readonly Buffer[], index: number): Buffer {
  return others[index % others.length] ?? Buffer.alloc(0)
}

export function within(place: number, length: number): number {
  return length === 0 ? 0 : ((place % length) + length) % length
}

function withByte(bytes: Buffer, at: number, value: number): Buffer {
  const changed = Buffer.from(bytes)
  if (at < changed.length) changed[at] = value
  return changed
}
