import {
  array,
  boolean,
  constantFrom,
  nat,
  oneof,
  option,
  record,
  string,
  uint8Array,
  type Arbitrary,
} from 'fast-check'
import { zipOf, type ZipItem, type ZipLies, type ZipQuirks } from '../support/zip-of.ts'

/** A zip that is written with lies in it: entries changed or added, and an end that says something else. */
export interface ZipBuild {
  readonly kind: 'wheel' | 'egg' | 'sdist'
  readonly changes: readonly { readonly entry: number; readonly added: boolean; readonly to: Partial<ZipItem> }[]
  readonly quirks: ZipQuirks
}

const info = 'karl-3.30.dist-info'
const metadata = 'Metadata-Version: 2.1\nName: karl\nVersion: 3.30\n\n'
const evil = 'Metadata-Version: 2.1\nName: karl\nVersion: 3.31\n\n'
const filenames = { wheel: 'karl-3.30-py3-none-any.whl', egg: 'karl-3.30-py3.11.egg', sdist: 'karl-3.30.zip' } as const

const items: Readonly<Record<ZipBuild['kind'], readonly ZipItem[]>> = {
  wheel: [
    { name: 'karl.py', data: 'x = 1\n' },
    { name: `${info}/METADATA`, data: metadata },
    { name: `${info}/WHEEL`, data: 'Wheel-Version: 1.0\n' },
    { name: `${info}/RECORD` },
  ],
  egg: [
    { name: 'EGG-INFO/PKG-INFO', data: metadata },
    { name: 'karl.py', data: 'x = 1\n' },
  ],
  sdist: [
    { name: 'karl-3.30/' },
    { name: 'karl-3.30/PKG-INFO', data: metadata },
    { name: 'karl-3.30/setup.py', data: 'x = 1\n' },
  ],
}

const places = [`${info}/METADATA`, 'EGG-INFO/PKG-INFO', 'karl-3.30/PKG-INFO', 'karl.py']
const variants = (name: string): readonly string[] => [
  name,
  `./${name}`,
  `/${name}`,
  name.replace('/', '//'),
  name.replace('/', '/./'),
  name.replace('/', '\\'),
  name.replace('/', '/../'),
  `${name}/`,
  `${name}/x`,
  `${name}\0`,
  `${name}\0.txt`,
  name.toLowerCase(),
  name.toUpperCase(),
  `${name} `,
  `c\u00e4${name}`,
]
const name = oneof(
  constantFrom(
    ...places.flatMap(variants),
    info,
    `${info}/`,
    'EGG-INFO',
    'EGG-INFO/',
    'other.dist-info/METADATA',
    '',
    '/',
    '.',
  ),
  string({ unit: 'binary', maxLength: 8 }),
)
const number = oneof(nat(60), constantFrom(0xffff, 0xffffffff, 0x80000000, 8, 0))
const short = number.map((value) => value & 0xffff)

/** Info-ZIP's Unicode path (0x7075), zip64 (0x0001), a time stamp, and what only begins as a field. */
const extra = oneof(
  record({
    id: constantFrom(0x7075, 0x0001, 0x5455, 0x6375),
    body: oneof(
      name.map((each) => `\x01\0\0\0\0${each}`),
      string({ maxLength: 24 }),
    ),
  }).map(({ id, body }) => {
    const bytes = Buffer.from(body)
    const head = Buffer.alloc(4)
    head.writeUInt16LE(id, 0)
    head.writeUInt16LE(bytes.length, 2)
    return Buffer.concat([head, bytes])
  }),
  uint8Array({ maxLength: 12 }).map((bytes) => Buffer.from(bytes)),
)

/** One lie at a time: with several, hardly anything is accepted. */
const lies: Arbitrary<ZipLies> = oneof(
  record({ name }),
  record({ method: constantFrom(0, 8, 9, 12) }),
  record({ flags: short }),
  record({ crc: number }),
  record({ size: number }),
  record({ compressedSize: number }),
  record({ offset: number }),
  record({ extra }),
)

const change: Arbitrary<Partial<ZipItem>> = oneof(
  { weight: 4, arbitrary: record({ name }) },
  { weight: 2, arbitrary: record({ name, data: constantFrom(metadata, evil) }) },
  record({ data: constantFrom(metadata, evil, '', 'x') }),
  record({ method: constantFrom(0 as const, 8 as const) }),
  record({ mode: constantFrom(0o120777, 0o100644, 0o040755, 0o010644, 0) }),
  record({ descriptor: constantFrom('signed' as const, 'unsigned' as const) }),
  { weight: 2, arbitrary: record({ both: lies }) },
  record({ local: lies }),
  record({ central: lies }),
  record({ gap: uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes)) }),
  record({ unlisted: boolean() }),
)

const bytes = oneof(
  constantFrom(Buffer.from('#!/bin/sh\n'), Buffer.from('PK\x05\x06'), Buffer.from('PK\x03\x04')),
  uint8Array({ maxLength: 30 }).map((each) => Buffer.from(each)),
)
const quirks: Arbitrary<ZipQuirks> = oneof(
  record({ prefix: bytes }),
  record({ suffix: bytes }),
  record({ comment: bytes }),
  record({ end: record({ entries: short, size: number, offset: number, disk: short }, { requiredKeys: [] }) }),
  record({ zip64: oneof(boolean(), record({ entries: number, locator: number }, { requiredKeys: [] })) }),
)

export const zipBuild: Arbitrary<ZipBuild> = record({
  kind: constantFrom('wheel' as const, 'egg' as const, 'sdist' as const),
  changes: array(record({ entry: nat(3), added: boolean(), to: change }), { maxLength: 3 }),
  quirks: option(quirks, { nil: {}, freq: 1 }),
})

export function zipBuilt({ kind, changes, quirks }: ZipBuild): { readonly filename: string; readonly bytes: Buffer } {
  const entries = [...items[kind]]
  for (const { entry, added, to } of changes) {
    const at = entry % entries.length
    const like = entries[at]
    if (like) entries.splice(at, added ? 0 : 1, { ...like, ...to })
  }
  return { filename: filenames[kind], bytes: zipOf(entries, quirks) }
}
