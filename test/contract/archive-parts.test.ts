import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { ArchiveParts } from '../../pool/archive-parts.ts'
import { readArchive, type ArchiveForm } from '../../storage/archives/read-archive.ts'
import { makeEgg, makeSdist, makeWheel, tarOf, zipOf, type TarItem } from '../support/archives.ts'
import { gzipOf } from '../support/tar-of.ts'

let directory: string
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'firn-parts-'))
})
afterAll(() => rm(directory, { recursive: true }))

const karl = { name: 'karl', version: '3.30' }
const metadata = 'Metadata-Version: 1.0\nName: karl\nVersion: 3.30\n'
const zeros = Buffer.alloc(20 * 1024 * 1024)

/** The parts, with text for bytes and without the metadata. */
async function read(bytes: Buffer, kind: ArchiveForm['kind'], format: ArchiveForm['format'] = 'zip'): Promise<object> {
  const path = join(directory, 'staged')
  await writeFile(path, bytes)
  const { metadata: _, ...parts } = await readArchive(path, { kind, format })
  return asText(parts)
}

function asText(parts: Omit<ArchiveParts, 'metadata'>): object {
  return JSON.parse(
    JSON.stringify(parts, (_, value: unknown) => {
      const buffer =
        typeof value === 'object' && value !== null && 'type' in value && 'data' in value ? value : undefined
      return buffer ? Buffer.from(buffer.data as number[]).toString() : value
    }),
  ) as object
}

function tarSdist(...items: readonly TarItem[]): Promise<object> {
  const top = { name: 'karl-3.30/PKG-INFO', data: metadata }
  return read(gzipOf(tarOf([top, ...items])), 'sdist', 'tar.gz')
}

const none = { eggInfos: [], pyproject: 'absent', hasSetupPy: false, sboms: [] }

describe('the parts of a sdist', () => {
  it.each(['tar.gz', 'zip', 'tar.bz2'] as const)('are found wherever they stand in a %s', async (format) => {
    const files = {
      'karl.egg-info/requires.txt': 'a\n',
      'src/KARL.egg-info/PKG-INFO': '',
      'src/deep/x.egg-info/requires.txt': 'no\n',
      'lib/setup.py': '',
    }
    expect(await read(makeSdist({ ...karl, format, files }).bytes, 'sdist', format)).toEqual({
      eggInfos: [
        { path: 'karl.egg-info', requiresTxt: 'a\n' },
        { path: 'src/KARL.egg-info', requiresTxt: 'absent' },
      ],
      pyproject: '[build-system]\nrequires = ["setuptools"]\nbuild-backend = "setuptools.build_meta"\n',
      hasSetupPy: true,
      sboms: [],
    })
  })

  it('are nothing where there is only PKG-INFO', async () => {
    expect(await tarSdist()).toEqual(none)
  })

  it('are unreadable, and no reason to refuse, when they are links, twice there, or too large', async () => {
    const egg = 'karl-3.30/karl.egg-info/requires.txt'
    expect(
      await tarSdist(
        { name: 'karl-3.30/pyproject.toml', type: '2', link: 'PKG-INFO' },
        { name: egg, data: 'a\n' },
        { name: egg, data: 'b\n' },
      ),
    ).toEqual({ ...none, pyproject: 'unreadable', eggInfos: [{ path: 'karl.egg-info', requiresTxt: 'unreadable' }] })
    expect(await tarSdist({ name: egg, data: zeros }, { name: 'karl-3.30/pyproject.toml', data: zeros })).toEqual({
      ...none,
      pyproject: 'unreadable',
      eggInfos: [{ path: 'karl.egg-info', requiresTxt: 'unreadable' }],
    })
  })

  it('are 64 egg-infos at most, and no more memory than that', async () => {
    const many = Array.from({ length: 200 }, (_, at) => ({ name: `karl-3.30/${at}.egg-info/requires.txt`, data: 'a' }))
    const { eggInfos } = (await tarSdist(...many)) as ArchiveParts
    expect(eggInfos.length).toBe(64)
  })

  it('are unreadable in a zip whose entry is damaged', async () => {
    const bytes = zipOf([
      { name: 'karl-3.30/PKG-INFO', data: metadata },
      { name: 'karl-3.30/pyproject.toml', data: 'x = 1\n', both: { crc: 1 } },
      { name: 'karl-3.30/karl.egg-info/requires.txt', packed: Buffer.from('no deflate') },
    ])
    expect(await read(bytes, 'sdist')).toEqual({
      ...none,
      pyproject: 'unreadable',
      eggInfos: [{ path: 'karl.egg-info', requiresTxt: 'unreadable' }],
    })
  })
})

describe('the parts of a wheel', () => {
  const info = 'karl-3.30.dist-info/sboms'

  it('are its SBOMs', async () => {
    const files = {
      [`${info}/b.cdx.json`]: '{}',
      [`${info}/a/c.json`]: '[]',
      'sboms/x.json': 'no',
      'pyproject.toml': '',
    }
    expect(await read(makeWheel({ ...karl, files }).bytes, 'wheel')).toEqual({
      ...none,
      sboms: [
        { path: `${info}/a/c.json`, bytes: '[]' },
        { path: `${info}/b.cdx.json`, bytes: '{}' },
      ],
    })
  })

  it('are without those that are too large or too many', async () => {
    const many = Object.fromEntries(Array.from({ length: 100 }, (_, at) => [`${info}/${100 + at}.json`, '{}']))
    const { bytes } = makeWheel({ ...karl, files: { [`${info}/000.json`]: zeros, ...many } })
    const { sboms } = (await read(bytes, 'wheel')) as ArchiveParts
    expect([sboms.length, sboms[0]?.path]).toEqual([64, `${info}/100.json`])
  })
})

it('has the requires.txt of an egg', async () => {
  expect(await read(makeEgg({ ...karl, requires: ['a'] }).bytes, 'egg')).toEqual({
    ...none,
    eggInfos: [{ path: 'EGG-INFO', requiresTxt: 'a\n' }],
  })
})
