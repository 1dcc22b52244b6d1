import { constantFrom, dictionary, integer, nat, oneof, record, string, type Arbitrary } from 'fast-check'
import { paxBody, setField, tarOf } from '../support/tar-of.ts'
import { within } from './byte-edits.ts'

/** A change to a tar that keeps its checksums right, so that what was changed is looked at. */
export type TarEdit =
  | { readonly do: 'field'; readonly header: number; readonly field: number; readonly text: string }
  | {
      readonly do: 'pax'
      readonly header: number
      readonly type: string
      readonly records: Readonly<Record<string, string>>
    }
  | { readonly do: 'long'; readonly header: number; readonly type: string; readonly name: string }
  | { readonly do: 'body'; readonly header: number; readonly at: number; readonly text: string }
  | { readonly do: 'move'; readonly block: number; readonly count: number; readonly to: number }
  | { readonly do: 'zeros'; readonly block: number; readonly count: number }

const names = [
  'karl-3.30/PKG-INFO',
  'karl-3.30/./PKG-INFO',
  'karl-3.30//PKG-INFO',
  './karl-3.30/PKG-INFO',
  'karl-3.30/PKG-INFO/',
  'karl-3.30/pkg-info',
  'karl-3.30/PKG-INFO ',
  'karl-3.30',
  'karl-3.30/',
  'karl-3.30/other',
  'other/PKG-INFO',
  'PKG-INFO',
  '',
  '.',
  './',
  '/karl-3.30/PKG-INFO',
  'karl-3.30/../karl-3.30/PKG-INFO',
  'karl-3.30/PKG-INFO\0x',
  'karl-3.30/k\u00e4se',
  'pax_global_header',
  '._karl-3.30',
]
const sizes = [
  '0',
  '1',
  '0000001',
  '777',
  ' 12 ',
  '99',
  '00000000001',
  '77777777777',
  '-1',
  '0x10',
  '\x80\0\0\0\0\0\0\0\0\0\0\x05',
  '\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff',
]
const types = ['0', '\0', '1', '2', '3', '5', '6', '7', 'x', 'g', 'X', 'L', 'K', 'S', 'D', 'V', 'A', '9']
const magics = ['ustar\x0000', 'ustar  \0', '', 'ustar\0', 'USTAR\x0000']
const text = oneof(constantFrom(...names, ...sizes, ...types, ...magics), string({ unit: 'binary', maxLength: 20 }))
const key = oneof(
  constantFrom(
    'path',
    'linkpath',
    'size',
    'mtime',
    'uid',
    'comment',
    'hdrcharset',
    'GNU.sparse.name',
    'GNU.sparse.major',
    'SCHILY.dev',
    'PATH',
    '',
  ),
  string({ maxLength: 5 }),
)
const paxValue = oneof(
  constantFrom(...names, '0', '5', '99', '1.5', '-1', '+5', '1_0', ' 7', 'BINARY'),
  string({ maxLength: 5 }),
)
const header = nat(30)

export const tarEdit: Arbitrary<TarEdit> = oneof(
  { weight: 4, arbitrary: record({ do: constantFrom('field' as const), header, field: nat(8), text }) },
  {
    weight: 3,
    arbitrary: record({
      do: constantFrom('pax' as const),
      header,
      type: constantFrom('x', 'x', 'x', 'g', 'X'),
      records: dictionary(key, paxValue, { minKeys: 0, maxKeys: 3 }),
    }),
  },
  record({ do: constantFrom('long' as const), header, type: constantFrom('L', 'K'), name: text }),
  record({ do: constantFrom('body' as const), header, at: nat(400), text }),
  record({ do: constantFrom('move' as const), block: nat(40), count: integer({ min: 1, max: 3 }), to: nat(40) }),
  record({ do: constantFrom('zeros' as const), block: nat(40), count: integer({ min: 1, max: 3 }) }),
)

/** ustar: name, size, type, link, magic, prefix, mode, major device, checksum itself. */
const fields = [
  [0, 100],
  [124, 12],
  [156, 1],
  [157, 100],
  [257, 8],
  [345, 155],
  [100, 8],
  [329, 8],
  [148, 8],
] as const
const BLOCK = 512

export function tarEdited(tar: Buffer, edits: readonly TarEdit[]): Buffer {
  return edits.reduce(withEdit, tar)
}

function withEdit(tar: Buffer, edit: TarEdit): Buffer {
  switch (edit.do) {
    case 'field':
      return withField(tar, edit)
    case 'pax':
      return insertedBefore(
        tar,
        edit.header,
        tarOf([{ name: 'pax', type: edit.type, data: paxBody(edit.records) }], { end: 0 }),
      )
    case 'long':
      return insertedBefore(
        tar,
        edit.header,
        tarOf([{ name: 'long', type: edit.type, data: `${edit.name}\0`, format: 'gnu' }], { end: 0 }),
      )
    case 'body': {
      const changed = Buffer.from(tar)
      changed.write(edit.text, Math.min(headerAt(tar, edit.header) + BLOCK + edit.at, tar.length), 'latin1')
      return changed
    }
    case 'move': {
      const from = blockAt(tar, edit.block)
      return inserted(tar, blockAt(tar, edit.to), tar.subarray(from, from + edit.count * BLOCK))
    }
    case 'zeros':
      return inserted(tar, blockAt(tar, edit.block), Buffer.alloc(edit.count * BLOCK))
    default:
      return edit satisfies never
  }
}

function blockAt(tar: Buffer, index: number): number {
  return within(index, Math.floor(tar.length / BLOCK)) * BLOCK
}

function inserted(tar: Buffer, at: number, bytes: Buffer): Buffer {
  return Buffer.concat([tar.subarray(0, at), bytes, tar.subarray(at)])
}

function insertedBefore(tar: Buffer, header: number, bytes: Buffer): Buffer {
  return inserted(tar, headerAt(tar, header), bytes)
}

function withField(tar: Buffer, { header, field, text }: Extract<TarEdit, { do: 'field' }>): Buffer {
  const at = headerAt(tar, header)
  const [offset, length] = fields[field % fields.length] ?? [0, 0]
  const changed = Buffer.from(tar)
  const block = changed.subarray(at, at + BLOCK)
  if (offset === 148) block.write(text, offset, length, 'latin1')
  else setField(block, [offset, length], text)
  return changed
}

/** Where a header is: a block with a checksum that fits. */
function headerAt(tar: Buffer, index: number): number {
  const found: number[] = []
  for (let at = 0; at + BLOCK <= tar.length; at += BLOCK) if (isHeader(tar.subarray(at, at + BLOCK))) found.push(at)
  return found[within(index, found.length)] ?? 0
}

function isHeader(block: Buffer): boolean {
  const sum = block.reduce((total, byte, at) => total + (at >= 148 && at < 156 ? 32 : byte), 0)
  return sum > 256 && Number.parseInt(block.toString('latin1', 148, 154), 8) === sum
}
