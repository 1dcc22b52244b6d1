import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import type { ArchiveForm } from '../../storage/archives/read-archive.ts'
import {
  makeEgg,
  makeSdist,
  makeWheel,
  metadataOf,
  tarOf,
  zipOf,
  type ZipItem,
  type ZipQuirks,
} from '../support/archives.ts'
import { makeStage, type Refusals, type Refused, rows, type Stage } from '../support/hostile.ts'

const WHEEL: ArchiveForm = { kind: 'wheel', format: 'zip' }
const wanted = { name: 'karl', version: '3.30' }
const metadata = metadataOf(wanted)
const info = 'karl-3.30.dist-info'
const parts: readonly ZipItem[] = [
  { name: 'karl/__init__.py', data: 'x' },
  { name: `${info}/METADATA`, data: metadata },
  { name: `${info}/WHEEL`, data: 'Wheel-Version: 1.0\n' },
  { name: `${info}/RECORD`, data: '' },
]
const wheelWith = (...more: readonly ZipItem[]): Buffer => zipOf([...parts, ...more])
const wheelBut = (change: Partial<ZipItem>, quirks?: ZipQuirks): Buffer =>
  zipOf(
    parts.map((part, index) => (index === 1 ? { ...part, ...change } : part)),
    quirks,
  )
const named = (name: string): Buffer => wheelWith({ name, data: 'x' })
const zip64Extra = (...numbers: readonly number[]): Buffer => {
  const field = Buffer.alloc(4 + 8 * numbers.length)
  field.writeUInt16LE(1, 0)
  field.writeUInt16LE(8 * numbers.length, 2)
  for (const [index, value] of numbers.entries()) field.writeBigUInt64LE(BigInt(value), 4 + 8 * index)
  return field
}
const secondName = Buffer.concat([Buffer.from([0x75, 0x70, 12, 0, 1, 0, 0, 0, 0]), Buffer.from('evil.py')])

const wheels: Refusals = {
  empty: {
    'of no bytes': Buffer.alloc(0),
  },
  format: {
    'that is a web page': Buffer.from('<!DOCTYPE html><title>Login</title>'),
    'that is a tar': tarOf([{ name: 'karl-3.30/PKG-INFO', data: metadata }]),
    'that is a .tar.gz': makeSdist(wanted).bytes,
    'of one byte': Buffer.from('P'),
  },
  truncated: {
    'of a local header only': Buffer.from('PK\x03\x04'),
  },
  'metadata-missing': {
    'of an end record only': zipOf([]),
    'without .dist-info': zipOf(parts.slice(0, 1)),
    'with .dist-info deeper in only': zipOf(parts.map((part) => ({ ...part, name: `src/${part.name.toString()}` }))),
    'without METADATA': zipOf(parts.toSpliced(1, 1)),
    'with METADATA spelled otherwise': wheelBut({ name: `${info}/./METADATA` }),
  },
  'path-outside': {
    'whose entry leaves by ..': named('../evil.py'),
    'whose entry leaves by .. inside': named('karl/../../evil.py'),
  },
  'path-absolute': {
    'with an absolute name': named('/etc/passwd'),
    'with a drive letter': named('C:evil.py'),
  },
  'name-invalid': {
    'with a backslash': named('..\\evil.py'),
    'with NUL in a name': named('karl/a.py\0.txt'),
    'with a line break in a name': named('karl/a\nb.py'),
    'with an empty name': named(''),
    'with a name that is said to be UTF-8': wheelWith({ name: Buffer.from('karl/\xe4.py', 'latin1') }),
  },
  'name-too-long': {
    'with an endless name': named('a/'.repeat(3000)),
  },
  duplicate: {
    'with METADATA twice': wheelWith({ name: `${info}/METADATA`, data: 'Name: evil\n' }),
    'with METADATA twice, spelled otherwise': wheelWith({ name: `${info}/./METADATA`, data: 'x' }),
    'with a file that is a directory too': wheelWith({ name: 'karl/__init__.py/' }),
    'with two zip64 fields': wheelBut({ both: { extra: Buffer.concat([zip64Extra(1), zip64Extra(2)]) } }),
    'with another zip as its comment': wheelBut({}, { comment: wheelWith() }),
    'with the beginning of an end record in its comment': wheelBut({}, { comment: Buffer.from('PK\x05\x06') }),
  },
  'headers-disagree': {
    'with another local name': wheelBut({ local: { name: `${info}/METADATA2` } }),
    'with another local size': wheelBut({ local: { size: 7 } }),
    'with another local compressed size': wheelBut({ local: { compressedSize: 7 } }),
    'with another local CRC': wheelBut({ local: { crc: 7 } }),
    'with another local method': wheelBut({ local: { method: 0 } }),
    'with another local size in zip64': wheelBut({ local: { size: 0xffffffff, extra: zip64Extra(7) } }),
    'with a lying data descriptor': wheelBut({ descriptor: 'signed', central: { size: 7 } }),
    'with a second name': wheelBut({ both: { extra: secondName } }),
  },
  corrupt: {
    'without the zip64 sizes it needs': wheelBut({ both: { size: 0xffffffff } }),
    'with a damaged extra field': wheelBut({ central: { extra: Buffer.from([9, 9, 200, 0, 1]) } }),
    'with compressed data that is none': wheelBut({ packed: Buffer.alloc(30, 0xff) }),
    'that counts too many entries': wheelBut({}, { end: { entries: 9 } }),
    'that needs a zip format there is not': needing(64),
  },
  checksum: {
    'with a wrong CRC': wheelBut({ both: { crc: 7 } }),
  },
  size: {
    'whose entry is longer than declared': wheelBut({ both: { size: 7 } }),
    'whose entry is shorter than declared': wheelBut({ both: { size: 7777 } }),
    'whose stored entry has two sizes': wheelBut({ method: 0, both: { size: 7 } }),
    'with bytes behind compressed data': wheelBut({ packed: Buffer.from([3, 0, 88, 88]) }),
    'with a directory that has content': wheelWith({ name: 'karl/', data: 'x', method: 0 }),
  },
  encrypted: {
    'with encryption': wheelBut({ both: { flags: 1 } }),
    'with encryption in the local header only': wheelBut({ local: { flags: 1 } }),
  },
  'compression-method': {
    'with bzip2 inside': wheelBut({ method: 12 }),
    'with a patch inside': wheelBut({ both: { flags: 0x0020 } }),
  },
  link: {
    'with a symbolic link': wheelWith({ name: 'a', data: '/etc', mode: 0o120777 }),
  },
  'entry-type': {
    'with a device': wheelWith({ name: 'a', mode: 0o020666 }),
  },
  overlap: {
    'with two entries on the same bytes': wheelWith({
      name: 'karl/__init__.py',
      data: 'x',
      central: { offset: 0, name: 'b' },
      unlisted: false,
    }),
    'with entries that overlap': zipOf([
      { name: 'a', method: 0, data: Buffer.alloc(40), both: { size: 41, compressedSize: 41 } },
      ...parts,
    ]),
  },
  gap: {
    'with an entry that nobody lists': wheelWith({ name: 'hidden.py', data: 'x', unlisted: true }),
    'with bytes between entries': wheelBut({ gap: Buffer.from('hidden') }),
    'with a program before it': wheelBut({}, { prefix: makeWheel(wanted).bytes }),
    'with another zip behind it': Buffer.concat([wheelWith(), wheelWith()]),
    'that counts too few entries': wheelBut({}, { end: { entries: 2 } }),
    'whose directory lies elsewhere': wheelBut({}, { end: { offset: 5 } }),
    'with a zip64 record elsewhere': wheelBut({}, { zip64: { locator: 0 } }),
  },
  'trailing-data': {
    'with bytes behind it': wheelBut({}, { suffix: Buffer.from('x') }),
  },
  split: {
    'of several disks': wheelBut({}, { end: { disk: 1 } }),
  },
  'too-many-entries': {
    'that counts a billion entries in zip64': wheelBut({}, { zip64: { entries: 1e9 } }),
  },
  layout: {
    'with two .dist-info': wheelWith({ name: 'evil-1.dist-info/METADATA' }),
  },
  'wheel-incomplete': {
    'without WHEEL': zipOf(parts.toSpliced(2, 1)),
    'without RECORD': zipOf(parts.toSpliced(3, 1)),
  },
  'metadata-not-a-file': {
    'whose METADATA is a directory': wheelBut({ name: `${info}/METADATA/`, data: '' }),
    'whose METADATA has files in it': wheelWith({ name: `${info}/METADATA/a` }),
  },
}

/** A wheel that says of its first entry which version of the zip format it needs. */
function needing(version: number): Buffer {
  const bytes = wheelWith()
  bytes.writeUInt8(version, bytes.indexOf('PK\x01\x02') + 6)
  return bytes
}

let stage: Stage
beforeAll(async () => {
  stage = await makeStage()
})
afterEach(() => stage.expectClosed())
afterAll(() => stage.remove())

describe('refuses a zip', () => {
  it.each(rows(wheels))('%s', async (_, bytes, reason) => {
    expect(await stage.outcome(bytes, WHEEL)).toBe(reason)
  })

  it.each<[string, Buffer, ArchiveForm, Refused]>([
    [
      'egg without PKG-INFO',
      zipOf([{ name: 'karl.egg-info/PKG-INFO' }]),
      { kind: 'egg', format: 'zip' },
      'metadata-missing',
    ],
    [
      'sdist without PKG-INFO',
      zipOf([{ name: 'k-1/setup.py' }, { name: 'k-1/k.egg-info/PKG-INFO' }]),
      { kind: 'sdist', format: 'zip' },
      'metadata-missing',
    ],
    [
      'sdist with two tops',
      zipOf([{ name: 'k-1/PKG-INFO' }, { name: 'k-2/PKG-INFO' }]),
      { kind: 'sdist', format: 'zip' },
      'layout',
    ],
    ['sdist with PKG-INFO at its root', zipOf([{ name: 'PKG-INFO' }]), { kind: 'sdist', format: 'zip' }, 'layout'],
    ['egg said to be .tar.gz', makeEgg(wanted).bytes, { kind: 'egg', format: 'tar.gz' }, 'format'],
    ['sdist said to be a wheel', makeSdist(wanted).bytes, { kind: 'wheel', format: 'tar.gz' }, 'format'],
  ])('%s', async (_, bytes, form, reason) => {
    expect(await stage.outcome(bytes, form)).toBe(reason)
  })
})
