import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import type { ArchiveForm } from '../../storage/archives/read-archive.ts'
import { makeWheel, metadataOf, tarOf, type TarItem } from '../support/archives.ts'
import { makeStage, type Refusals, rows, type Stage } from '../support/hostile.ts'
import { bzip2Of, gzipOf, paxBody, setField } from '../support/tar-of.ts'

const GZIP: ArchiveForm = { kind: 'sdist', format: 'tar.gz' }
const BZIP2: ArchiveForm = { kind: 'sdist', format: 'tar.bz2' }
const MiB = 1024 * 1024
const wanted = { name: 'karl', version: '3.30' }
const metadata = metadataOf(wanted)
const pkgInfo: TarItem = { name: 'karl-3.30/PKG-INFO', data: metadata }
const packed = (...items: readonly TarItem[]): Buffer => gzipOf(tarOf([pkgInfo, ...items]))
const link = (type: string, to: string, name = 'karl-3.30/a'): TarItem => ({ name, type, link: to })

/** `path` of the entry that follows, as pax says it. */
const pax = (records: Readonly<Record<string, string>>): TarItem => ({ name: 'x', type: 'x', data: paxBody(records) })

const gzips: Refusals = {
  empty: {
    'of no bytes': Buffer.alloc(0),
  },
  format: {
    'that is a web page': Buffer.from('\n<html>404</html>'),
    'that is a zip': makeWheel(wanted).bytes,
    'that is not compressed': tarOf([pkgInfo]),
  },
  corrupt: {
    'that is no tar inside': gzipOf(Buffer.alloc(2000, 'x')),
    'with bytes behind the gzip': Buffer.concat([packed(), Buffer.from('junk')]),
    'that ends after a pax header': packed(pax({ path: 'a' })),
    'with a wrong checksum': packed({ name: 'karl-3.30/a', checksum: 7 }),
    'with a size that is no number': packed({ name: 'karl-3.30/a', sizeField: Buffer.from('0000000009x\0') }),
    'with a negative size': packed({ name: 'karl-3.30/a', sizeField: Buffer.alloc(12, 0xff) }),
    'with an impossible size': packed({
      name: 'karl-3.30/a',
      sizeField: Buffer.from([0x80, ...Buffer.alloc(11, 0xff)]),
    }),
    'with a pax size that is no number': packed(pax({ size: '-1' }), { name: 'a' }),
    'with a pax header of wrong length': packed({ name: 'x', type: 'x', data: '99 path=a\n' }, { name: 'a' }),
    'with a pax record of no name': packed(pax({ '': 'x' }), { name: 'karl-3.30/a' }),
    'with two pax headers': packed(pax({ path: 'a' }), pax({ path: 'b' })),
    'with a global name': packed(
      { name: 'g', type: 'g', data: paxBody({ path: 'karl-3.30/a' }) },
      { name: 'karl-3.30/b' },
    ),
    'with pax and GNU names that differ': packed(
      pax({ path: 'karl-3.30/a' }),
      { name: 'L', type: 'L', data: 'karl-3.30/b' },
      { name: 'c' },
    ),
    'with a mode that is no number': withField([100, 8], 'rw-r--r-'),
    'with a device that is no number': withField([329, 8], '\xa0'),
    'that ends after a global pax header': packed({ name: 'g', type: 'g', data: paxBody({ comment: 'x' }) }),
    'with a prefix that only some readers see': packed({ name: 'a', prefix: 'karl-3.30', format: 'v7' }),
  },
  truncated: {
    'that is compressed twice': gzipOf(packed()),
    'that is empty inside': gzipOf(Buffer.alloc(0)),
    'without its end': gzipOf(tarOf([pkgInfo], { end: 0 })),
    'that ends in an entry': gzipOf(tarOf([pkgInfo]).subarray(0, 530)),
    'that ends in a header': gzipOf(tarOf([pkgInfo]).subarray(0, 100)),
    'with a size over its end': packed({ name: 'karl-3.30/a', size: 8 ** 11 - 1 }),
  },
  'metadata-missing': {
    'of zeros': gzipOf(Buffer.alloc(10_240)),
    'without PKG-INFO': gzipOf(tarOf([{ name: 'karl-3.30/karl.egg-info/PKG-INFO' }])),
  },
  'path-outside': {
    'whose entry leaves by ..': packed({ name: '../evil' }),
    'that leaves by pax': packed(pax({ path: '../evil' }), { name: 'a' }),
    'with a hard link through ..': packed(link('1', 'karl-3.30/../../a')),
  },
  'path-absolute': {
    'with an absolute name': packed({ name: '/etc/passwd' }),
    'that leaves by a long name': packed({ name: 'L', type: 'L', data: '/evil\0' }, { name: 'a' }),
    'with an absolute hard link': packed(link('1', '/etc/shadow')),
  },
  'name-invalid': {
    'with a backslash': packed({ name: 'karl-3.30\\..\\evil' }),
    'with a bell in a name': packed({ name: 'karl-3.30/\x07' }),
    'with NUL in a pax name': packed(pax({ path: 'karl-3.30/a\0b' }), { name: 'a' }),
    'with a symbolic link to nothing': packed(link('2', '')),
  },
  'name-too-long': {
    'with an endless name': packed({ name: `karl-3.30/${'a'.repeat(5000)}` }),
    'with a header of megabytes': packed({ name: 'L', type: 'L', data: Buffer.alloc(2 * MiB, 'a') }),
  },
  'link-outside': {
    'with a symbolic link out': packed(link('2', '../../etc')),
    'with a symbolic link out and in again': packed(link('2', '../karl-3.31/../../x')),
    'with an absolute symbolic link': packed(link('2', '/etc/passwd')),
    'with a hard link out': packed(link('1', 'other-1.0/a')),
    'whose top is a symbolic link': gzipOf(tarOf([link('2', '.', 'karl-3.30'), pkgInfo])),
  },
  link: {
    'with an entry behind a symbolic link': packed(link('2', 'docs'), { name: 'karl-3.30/a/b' }),
  },
  'entry-type': {
    'with a character device': packed({ name: 'karl-3.30/a', type: '3' }),
    'with a block device': packed({ name: 'karl-3.30/a', type: '4' }),
    'with a pipe': packed({ name: 'karl-3.30/a', type: '6' }),
    'with a type of its own': packed({ name: 'karl-3.30/a', type: 'Z' }),
  },
  sparse: {
    'with a sparse file of old GNU tar': packed({ name: 'karl-3.30/a', type: 'S', format: 'gnu' }),
    'with a sparse file in pax': packed(pax({ 'GNU.sparse.major': '1' })),
  },
  size: {
    'with a directory that has content': packed({ name: 'karl-3.30/a', type: '5', data: 'x' }),
    'with a directory of old tars that a long name makes a file': packed(
      { name: 'L', type: 'L', data: 'karl-3.30/a' },
      { name: 'karl-3.30/a/', type: '\0', data: 'x' },
    ),
  },
  'trailing-data': {
    'with another tar behind it': gzipOf(
      Buffer.concat([tarOf([pkgInfo]), tarOf([{ ...pkgInfo, data: 'Name: evil\n' }])]),
    ),
    'that goes on behind one block of zeros': gzipOf(Buffer.concat([tarOf([pkgInfo], { end: 512 }), tarOf([pkgInfo])])),
    'with another tar in another gzip member': Buffer.concat([packed(), packed()]),
    'with zeros and bytes behind the gzip': Buffer.concat([packed(), Buffer.from('\0junk')]),
  },
  duplicate: {
    'with PKG-INFO twice': packed({ ...pkgInfo, data: 'Name: evil\n' }),
    'with PKG-INFO twice, spelled otherwise': packed({ name: './karl-3.30//./PKG-INFO' }),
  },
  'metadata-not-a-file': {
    'whose PKG-INFO is a symbolic link': gzipOf(tarOf([link('2', 'a', pkgInfo.name)])),
    'whose PKG-INFO is a hard link': gzipOf(tarOf([link('1', 'karl-3.30/a', pkgInfo.name)])),
    'whose PKG-INFO is a directory': gzipOf(tarOf([{ name: pkgInfo.name, type: '5' }])),
    'whose PKG-INFO has files in it': gzipOf(tarOf([{ name: `${pkgInfo.name}/a` }])),
  },
  'metadata-too-large': {
    'whose PKG-INFO is too large': gzipOf(tarOf([{ ...pkgInfo, data: Buffer.alloc(9 * MiB) }])),
  },
  layout: {
    'with two top directories': packed({ name: 'karl-3.31/a' }),
    'with a file beside its top directory': packed({ name: 'PKG-INFO' }),
  },
}

const bzip2s: Refusals = {
  format: {
    'that is a gzip': packed(),
  },
  truncated: {
    'of a magic only': Buffer.from('BZh9'),
  },
  corrupt: {
    'of a wrong level': Buffer.from('BZh0xxxxxxxxxxxxx'),
    'with a run over 32 bits': endlessRun(),
  },
  'trailing-data': {
    'with bytes behind it': Buffer.concat([bzip2Of(tarOf([pkgInfo])), Buffer.from('junk')]),
  },
  checksum: {
    'with a damaged CRC': flipped(bzip2Of(tarOf([pkgInfo])), 10),
  },
}

let stage: Stage
beforeAll(async () => {
  stage = await makeStage()
})
afterEach(() => stage.expectClosed())
afterAll(() => stage.remove())

describe('refuses a tar', () => {
  it.each(rows(gzips))('%s', async (_, bytes, reason) => {
    expect(await stage.outcome(bytes, GZIP)).toBe(reason)
  })

  it.each(rows(bzip2s))('in bzip2 %s', async (_, bytes, reason) => {
    expect(await stage.outcome(bytes, BZIP2)).toBe(reason)
  })
})

/** A sdist of which one header says this in one of its fields. */
function withField(field: readonly [number, number], text: string): Buffer {
  const tar = tarOf([pkgInfo])
  setField(tar.subarray(0, 512), field, text)
  return gzipOf(tar)
}

function flipped(bytes: Buffer, at: number): Buffer {
  return Buffer.from(bytes.map((byte, index) => (index === at ? byte ^ 1 : byte)))
}

/** A block of one symbol whose run length has 32 digits: minus one, or zero, to a decoder that counts in 32 bits. */
function endlessRun(): Buffer {
  const bits = [
    [0x425a68, 24],
    [0x39, 8],
    [0x314159, 24],
    [0x265359, 24],
    [0, 24],
    [0, 8],
    [0, 1],
    [0, 24],
    [0x0200, 16],
    [0x4000, 16],
    [2, 3],
    [1, 15],
    [0, 1],
    ...Array.from({ length: 2 }, () => [
      [2, 5],
      [0, 1],
      [0, 1],
      [0, 1],
    ]).flat(),
    ...Array.from({ length: 32 }, () => [0, 2]),
    [2, 2],
    [0, 24],
    [0, 24],
  ]
    .map(([value = 0, width = 0]) => value.toString(2).padStart(width, '0'))
    .join('')
  return Buffer.from((bits.match(/.{8}/g) ?? []).map((byte) => Number.parseInt(byte, 2)))
}
