import { type FileHandle, open } from 'node:fs/promises'
import type { ArchiveParts, Part } from '../../pool/archive-parts.ts'
import { compareCodePoints } from '../../pool/version.ts'
import { type ArchiveLimits, defaultLimits } from './limits.ts'
import { missing, notAFile, samePath } from './metadata-file.ts'
import { partTaker, unreadableIfDamaged, type PartEntry } from './parts.ts'
import { PieceReader } from './piece-reader.ts'
import { printable, refusal } from './refuse.ts'
import { sameTop, SdistParts, sdistParts } from './sdist.ts'
import { checkFormat } from './sniff.ts'
import { tarEntries } from './tar.ts'
import { type Compression, unpacked } from './unpacked.ts'
import { openZip, type ZipArchive } from './zip.ts'
import type { ZipEntry } from './zip-directory.ts'

/** What a filename says of the archive: which distribution it is and how it is packed. */
export interface ArchiveForm {
  readonly kind: 'sdist' | 'wheel' | 'egg'
  readonly format: 'zip' | 'tar.gz' | 'tar.bz2'
}

/**
 * Reads the core metadata out of the distribution that lies at `path`, METADATA or PKG-INFO byte for byte, and the
 * parts that facts are made of. Nothing is unpacked or run, memory stays flat, and the whole archive is checked on the
 * way, as two readers must not find different content in it. Throws `archive-invalid` with an `ArchiveReason`,
 * `metadata-missing`; errors of the file system pass as they are. A part that is lacking or bad is no reason to refuse.
 *
 * - wheel: `<one>.dist-info/METADATA`, with WHEEL and RECORD (PEP 427 and packaging.python.org, "Binary distribution format")
 * - egg: `EGG-INFO/PKG-INFO` (setuptools, "The Internal Structure of Python Eggs")
 * - sdist: `PKG-INFO` directly in the one top-level directory (PEP 643, PEP 625; so distutils had it before them).
 *   One deeper in, as in `*.egg-info` or in test data, is never taken.
 */
export async function readArchive(
  path: string,
  { kind, format }: ArchiveForm,
  limits: ArchiveLimits = defaultLimits,
): Promise<ArchiveParts> {
  const handle = await open(path, 'r')
  try {
    await checkFormat(handle, format, { prefixed: kind === 'egg' })
    if (format === 'zip') return await fromZip(handle, kind, limits)
    if (kind !== 'sdist') throw refusal('format', `a file of kind ${kind} is always a zip`)
    return await fromTar(handle, format === 'tar.gz' ? 'gzip' : 'bzip2', limits)
  } finally {
    await handle.close()
  }
}

const nothing: Omit<ArchiveParts, 'metadata'> = { eggInfos: [], pyproject: 'absent', hasSetupPy: false, sboms: [] }

async function fromZip(handle: FileHandle, kind: ArchiveForm['kind'], limits: ArchiveLimits): Promise<ArchiveParts> {
  const zip = await openZip(handle, limits, { prefixed: kind === 'egg' })
  switch (kind) {
    case 'wheel':
      return wheelParts(zip)
    case 'egg':
      return eggParts(zip)
    case 'sdist':
      return zippedSdistParts(zip)
    default:
      return kind satisfies never
  }
}

async function wheelParts(zip: ZipArchive): Promise<ArchiveParts> {
  const tops = new Set(zip.entries.filter(isInside).map(({ path: [top = ''] }) => top))
  const [info, second] = [...tops].filter((top) => top.endsWith('.dist-info'))
  if (info === undefined) throw missing('<name>-<version>.dist-info/METADATA')
  if (second !== undefined)
    throw refusal('layout', `the wheel has two .dist-info directories, ${printable(info)} and ${printable(second)}`)
  const metadata = fileNamed(zip, [info, 'METADATA'])
  for (const name of ['WHEEL', 'RECORD'])
    if (!entryAt(zip, [info, name]))
      throw refusal('wheel-incomplete', `the wheel has no ${printable(info)}/${name}`, { entry: `${info}/${name}` })
  return { ...nothing, metadata: await zip.content(metadata), sboms: await sbomsBelow(zip, info) }
}

/** Those that can be read; in the order of their paths, so that the same ones are kept whatever the zip's order is. */
async function sbomsBelow(zip: ZipArchive, info: string): Promise<ArchiveParts['sboms']> {
  const take = partTaker()
  const sboms: { path: string; bytes: Uint8Array }[] = []
  const entries = zip.entries.filter(({ path, isDirectory }) => {
    return path.length > 2 && path[0] === info && path[1] === 'sboms' && !isDirectory
  })
  for (const entry of entries.toSorted((a, b) => compareCodePoints(a.name, b.name))) {
    const bytes = await take(zipPart(zip, entry), 'sbom')
    // Names are kept a character a byte.
    const path = Buffer.from(entry.path.join('/'), 'latin1').toString('utf8')
    if (typeof bytes !== 'string') sboms.push({ path, bytes })
  }
  return sboms
}

async function eggParts(zip: ZipArchive): Promise<ArchiveParts> {
  const metadata = await zip.content(fileNamed(zip, ['EGG-INFO', 'PKG-INFO']))
  const entry = entryAt(zip, ['EGG-INFO', 'requires.txt'])
  const requiresTxt: Part = entry ? await partTaker()(zipPart(zip, entry)) : 'absent'
  return { ...nothing, metadata, eggInfos: [{ path: 'EGG-INFO', requiresTxt }] }
}

async function zippedSdistParts(zip: ZipArchive): Promise<ArchiveParts> {
  const top = topDirectory(zip)
  const metadata = await zip.content(fileAt(zip, [top, 'PKG-INFO']))
  const parts = new SdistParts()
  for (const entry of zip.entries) if (entry.path[0] === top) await parts.see(entry.path.slice(1), zipPart(zip, entry))
  return { metadata, ...parts.all() }
}

function zipPart(zip: ZipArchive, entry: ZipEntry): PartEntry {
  return { isFile: !entry.isDirectory, size: entry.size, content: () => zip.content(entry).catch(unreadableIfDamaged) }
}

function topDirectory(zip: ZipArchive): string {
  let top: string | undefined
  for (const entry of zip.entries) top = sameTop(top, entry, isInside(entry))
  if (top === undefined) throw missing('<name>-<version>/PKG-INFO')
  return top
}

function isInside({ path, isDirectory }: ZipEntry): boolean {
  return path.length > 1 || isDirectory
}

function entryAt(zip: ZipArchive, place: readonly string[]): ZipEntry | undefined {
  return zip.entries.find(({ path }) => samePath(path, place))
}

function fileAt(zip: ZipArchive, place: readonly string[]): ZipEntry {
  const entry = entryAt(zip, place)
  if (entry === undefined) throw missing(place.join('/'))
  if (entry.isDirectory || zip.entries.some(({ path }) => path.length > 2 && samePath(path.slice(0, 2), place)))
    throw notAFile(entry.name)
  return entry
}

/** Wheels and eggs are read as zips by those who install them, who know no other spelling of a name: no `./`, no `//`. */
function fileNamed(zip: ZipArchive, place: readonly string[]): ZipEntry {
  const entry = fileAt(zip, place)
  if (entry.name !== place.join('/')) throw missing(place.join('/'))
  return entry
}

async function fromTar(handle: FileHandle, compression: Compression, limits: ArchiveLimits): Promise<ArchiveParts> {
  const pieces = unpacked(handle, compression, limits)
  try {
    return await sdistParts(tarEntries(new PieceReader(pieces), limits), limits)
  } finally {
    await pieces.return(undefined)
  }
}
