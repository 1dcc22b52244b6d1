import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type ArchiveForm, readArchive } from '../../storage/archives/read-archive.ts'
import {
  makeEgg,
  makeSdist,
  makeWheel,
  metadataOf,
  tarOf,
  type TarItem,
  zipOf,
  type ZipItem,
} from '../support/archives.ts'
import { bzip2Of, gzipOf, paxBody } from '../support/tar-of.ts'

const SDIST: ArchiveForm = { kind: 'sdist', format: 'tar.gz' }
const WHEEL: ArchiveForm = { kind: 'wheel', format: 'zip' }
const wanted = {
  name: 'zope.Interface',
  version: '3.8.0',
  requires: ['setuptools', 'zope.event>=3'],
  requiresPython: '>=2.4',
}
const metadata = 'Metadata-Version: 1.0\nName: karl\nVersion: 3.0\n'
const real = realWheels()

let directory: string
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'firn-archives-'))
})
afterAll(() => rm(directory, { recursive: true }))

async function read(bytes: Buffer, form: ArchiveForm): Promise<string> {
  const path = join(directory, 'staged')
  await writeFile(path, bytes)
  return Buffer.from((await readArchive(path, form)).metadata).toString()
}

describe('reads what the builders make', () => {
  it.each<[string, Buffer, ArchiveForm]>([
    ['wheel', makeWheel(wanted).bytes, WHEEL],
    ['egg', makeEgg(wanted).bytes, { kind: 'egg', format: 'zip' }],
    ['sdist .tar.gz', makeSdist(wanted).bytes, SDIST],
    ['sdist .tgz', makeSdist({ ...wanted, format: 'tgz' }).bytes, SDIST],
    ['sdist .zip', makeSdist({ ...wanted, format: 'zip' }).bytes, { kind: 'sdist', format: 'zip' }],
    ['sdist .tar.bz2', makeSdist({ ...wanted, format: 'tar.bz2' }).bytes, { kind: 'sdist', format: 'tar.bz2' }],
  ])('%s', async (_, bytes, form) => {
    expect(await read(bytes, form)).toBe(metadataOf(wanted))
  })

  it('makes the same bytes every time', () => {
    expect(makeWheel(wanted)).toEqual(makeWheel(wanted))
    expect(makeSdist(wanted)).toEqual(makeSdist(wanted))
  })

  it('keeps metadata that is not UTF-8 byte for byte', async () => {
    const latin1 = Buffer.from('Name: karl\nAuthor: Jos\xe9\n', 'latin1')
    const path = join(directory, 'latin1')
    await writeFile(path, makeSdist({ ...wanted, metadata: latin1 }).bytes)
    expect(Buffer.from((await readArchive(path, SDIST)).metadata)).toEqual(latin1)
  })

  it('takes no PKG-INFO from deeper in', async () => {
    const files = {
      'karl.egg-info/PKG-INFO': 'Name: other\n',
      'tests/data/x-1/PKG-INFO': 'Name: third\n',
      'PKG-INFO.txt': '',
    }
    expect(await read(makeSdist({ ...wanted, files }).bytes, SDIST)).toBe(metadataOf(wanted))
  })
})

describe('reads old sdists', () => {
  const info: TarItem = { name: 'karl-3.0/PKG-INFO', data: metadata }
  const long = `karl-3.0/${'deep/'.repeat(30)}name`
  it.each<[string, readonly TarItem[]]>([
    ['without entries for directories', [info]],
    ['with entries for directories', [{ name: 'karl-3.0/', type: '5' }, info]],
    [
      'with ./ before every name',
      [
        { name: './', type: '5' },
        { name: './karl-3.0/', type: '5' },
        { ...info, name: './karl-3.0/PKG-INFO' },
      ],
    ],
    [
      'with the global header of git archive',
      [{ name: 'pax_global_header', type: 'g', data: paxBody({ comment: '0'.repeat(40) }) }, info],
    ],
    ['with that header as a file', [{ name: 'pax_global_header', data: paxBody({ comment: 'x' }) }, info]],
    [
      'with shadow files of macOS',
      [{ name: './._karl-3.0', data: 'x' }, { name: 'karl-3.0/._setup.py', data: 'x' }, info],
    ],
    ['with a long name of GNU tar', [{ name: long, data: 'x' }, info]],
    [
      'with a long name in pax',
      [
        { name: 'PaxHeader', type: 'x', data: paxBody({ path: long, mtime: '1.5' }) },
        { name: 'short', data: 'x' },
        info,
      ],
    ],
    [
      'with PKG-INFO named by pax',
      [
        { name: 'PaxHeader', type: 'x', data: paxBody({ path: info.name }) },
        { ...info, name: 'short' },
      ],
    ],
    ['with the prefix of POSIX', [{ name: 'PKG-INFO', prefix: 'karl-3.0', data: metadata }]],
    ['with a hard link inside', [info, { name: 'karl-3.0/b', type: '1', link: 'karl-3.0/PKG-INFO' }]],
    [
      'with a hard link that repeats the size',
      [info, { name: 'karl-3.0/b', type: '1', link: './karl-3.0/PKG-INFO', size: 47 }],
    ],
    [
      'with symbolic links inside',
      [
        { name: 'karl-3.0/docs/a', type: '2', link: '../PKG-INFO' },
        { name: 'karl-3.0/b', type: '2', link: 'docs/./a' },
        info,
      ],
    ],
    [
      'in the format of 1979',
      [
        { name: 'karl-3.0/', type: '\0', format: 'v7' },
        { ...info, type: '\0', format: 'v7' },
      ],
    ],
    ['in the format of GNU', [{ ...info, format: 'gnu' }]],
    [
      'with names in latin-1 and odd ones',
      [{ name: 'karl-3.0/caf\u00e9 "quoted" $(x)', data: 'x' }, { name: 'karl-3.0/...', data: 'x' }, info],
    ],
    ['with a file that is there twice', [{ name: 'karl-3.0/a', data: '1' }, { name: 'karl-3.0/a', data: '2' }, info]],
  ])('%s', async (_, items) => {
    expect(await read(gzipOf(tarOf(items)), SDIST)).toBe(metadata)
  })

  it.each([512, 1024, 10_240])('with %i bytes of zeros at the end', async (end) => {
    expect(await read(gzipOf(tarOf([info], { end })), SDIST)).toBe(metadata)
  })

  it.each([
    ['tar.gz', gzipOf],
    ['tar.bz2', bzip2Of],
  ] as const)('in several compressed parts: %s', async (format, compress) => {
    const tar = tarOf([info])
    const parts = [compress(tar.subarray(0, 700)), compress(tar.subarray(700))]
    expect(await read(Buffer.concat(parts), { kind: 'sdist', format })).toBe(metadata)
  })

  it.each(['v7', 'oldgnu', 'gnu', 'ustar', 'posix'])('written by GNU tar as %s', async (format) => {
    const top = join(directory, `tar-${format}`, 'karl-3.0')
    const script =
      'mkdir -p "$1/sub" && cd "$1" && printf "$2" > PKG-INFO && ln PKG-INFO hard && ln -s ../PKG-INFO sub/link'
    execFileSync('sh', ['-c', script, 'sh', top, metadata])
    const bytes = execFileSync('tar', ['-c', '-z', `--format=${format}`, '-C', join(top, '..'), 'karl-3.0'])
    expect(await read(bytes, SDIST)).toBe(metadata)
  })

  it.each(['USTAR', 'GNU', 'PAX'])('written by Python as %s', async (format) => {
    const script = [
      'import io, sys, tarfile',
      `out = tarfile.open(fileobj=sys.stdout.buffer, mode="w|bz2", format=tarfile.${format}_FORMAT)`,
      'for name in ["k-1/" + "d/" * 60 + "f\\u00e9", "k-1/PKG-INFO"]:',
      '    data = name.encode(); info = tarfile.TarInfo(name); info.size = len(data)',
      '    out.addfile(info, io.BytesIO(data))',
      'out.close()',
    ].join('\n')
    expect(await read(execFileSync('python3', ['-c', script]), { kind: 'sdist', format: 'tar.bz2' })).toBe(
      'k-1/PKG-INFO',
    )
  })
})

describe('reads zips of every make', () => {
  const parts: readonly ZipItem[] = [
    { name: 'karl/__init__.py', data: 'x'.repeat(5000) },
    { name: 'karl-3.0.dist-info/METADATA', data: metadata },
    { name: 'karl-3.0.dist-info/WHEEL', data: 'Wheel-Version: 1.0\n' },
    { name: 'karl-3.0.dist-info/RECORD' },
  ]
  const unicodePath = Buffer.concat([Buffer.from([0x75, 0x70, 10, 0, 1, 0, 0, 0, 0]), Buffer.from('caf\u00e9')])
  it.each<[string, Buffer]>([
    ['stored', zipOf(parts.map((part) => ({ ...part, method: 0 })))],
    ['as a stream', zipOf(parts.map((part) => ({ ...part, descriptor: 'signed' })))],
    ['as a stream without signatures', zipOf(parts.map((part) => ({ ...part, descriptor: 'unsigned' })))],
    ['as zip64', zipOf(parts, { zip64: true })],
    ['with entries for directories, even twice', zipOf([{ name: 'karl/' }, { name: 'karl/' }, ...parts])],
    ['with a comment', zipOf(parts, { comment: Buffer.from('made by hand') })],
    ['with a zip inside, stored', zipOf([...parts, { name: 'karl/data.zip', data: zipOf(parts), method: 0 }])],
    [
      'with a name in code page 437',
      zipOf([...parts, { name: Buffer.from('caf\x82', 'latin1'), both: { flags: 0, extra: unicodePath } }]),
    ],
    ['with a name that objects have', zipOf([...parts, { name: '__proto__' }, { name: 'constructor' }])],
  ])('%s', async (_, bytes) => {
    expect(await read(bytes, WHEEL)).toBe(metadata)
  })

  it('reads an egg that runs as a shell script', async () => {
    const bytes = zipOf([{ name: 'EGG-INFO/PKG-INFO', data: metadata }], {
      prefix: Buffer.from('#!/bin/sh\nexec python "$0"\n'),
    })
    expect(await read(bytes, { kind: 'egg', format: 'zip' })).toBe(metadata)
  })

  it.skipIf(real.length === 0)('reads the wheels that come with Python', async () => {
    const script =
      'import sys,zipfile as z;f=z.ZipFile(sys.argv[1]);sys.stdout.buffer.write(f.read([n for n in f.namelist() if n.endswith(".dist-info/METADATA") and n.count("/")==1][0]))'
    for (const path of real)
      expect(Buffer.from((await readArchive(path, WHEEL)).metadata)).toEqual(
        execFileSync('python3', ['-c', script, path]),
      )
  })
})

it('passes errors of the file system on', async () => {
  await expect(readArchive(join(directory, 'no-such-file'), WHEEL)).rejects.toMatchObject({ code: 'ENOENT' })
})

/** The wheels of pip and setuptools that `ensurepip` holds, where this Python has them. */
function realWheels(): readonly string[] {
  const script =
    'import ensurepip,glob,os;print("\\n".join(glob.glob(os.path.dirname(ensurepip.__file__)+"/_bundled/*.whl")))'
  const { stdout } = spawnSync('python3', ['-c', script], { encoding: 'utf8' })
  return (stdout ?? '').split('\n').filter((line) => line !== '')
}
