import { type FileHandle, open } from 'node:fs/promises'
import { RegistryError } from '../../pool/errors.ts'
import { type ArchiveLimits, defaultLimits } from './limits.ts'
import { PieceReader } from './piece-reader.ts'
import { printable, refusal } from './refuse.ts'
import { checkFormat } from './sniff.ts'
import { type TarEntry, tarEntries } from './tar.ts'
import { type Compression, unpacked } from './unpacked.ts'
import { openZip, type ZipArchive } from './zip.ts'
import type { ZipEntry } from './zip-directory.ts'

/** What a filename says of the archive: which distribution it is and how it is packed. */
export interface ArchiveForm {
  readonly kind: 'sdist' | 'wheel' | 'egg'
  readonly format: 'zip' | 'tar.gz' | 'tar.bz2'
}

/**
 * Reads the core metadata out of the distribution that lies at `path`: METADATA or PKG-INFO, byte for byte.
 * Nothing is unpacked or run, memory stays flat, and the whole archive is checked on the way, as two readers must
 * not find different content in it. Throws `archive-invalid` with an `ArchiveReason`, `metadata-missing`;
 * errors of the file system pass as they are.
 *
 * - wheel: `<one>.dist-info/METADATA`, with WHEEL and RECORD (PEP 427 and packaging.python.org, "Binary distribution format")
 * - egg: `EGG-INFO/PKG-INFO` (setuptools, "The Internal Structure of Python Eggs")
 * - sdist: `PKG-INFO` directly in the one top-level directory (PEP 643, PEP 625; so distutils had it before them).
 *   One deeper in, as in `*.egg-info` or in test data, is never taken.
 */
export async function readMetadata(
  path: string,
  { kind, format }: ArchiveForm,
  limits: ArchiveLimits = defaultLimits,
): Promise<Uint8Array> {
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

async function fromZip(handle: FileHandle, kind: ArchiveForm['kind'], limits: ArchiveLimits): Promise<Uint8Array> {
  const zip = await openZip(handle, limits, { prefixed: kind === 'egg' })
  switch (kind) {
    case 'wheel':
      return wheelMetadata(zip)
    case 'egg':
      return zip.content(fileAt(zip, ['EGG-INFO', 'PKG-INFO']))
    case 'sdist':
      return zip.content(fileAt(zip, [topDirectory(zip), 'PKG-INFO']))
    default:
      return kind satisfies never
  }
}

function wheelMetadata(zip: ZipArchive): Promise<Uint8Array> {
  const tops = new Set(zip.entries.filter(isInside).map(({ path: [top = ''] }) => top))
  const [info, second] = [...tops].filter((top) => top.endsWith('.dist-info'))
  if (info === undefined) throw missing('<name>-<version>.dist-info/METADATA')
  if (second !== undefined)
    throw refusal('layout', `the wheel has two .dist-info directories, ${printable(info)} and ${printable(second)}`)
  const metadata = fileAt(zip, [info, 'METADATA'])
  for (const name of ['WHEEL', 'RECORD'])
    if (!entryAt(zip, [info, name]))
      throw refusal('wheel-incomplete', `the wheel has no ${printable(info)}/${name}`, { entry: `${info}/${name}` })
  return zip.content(metadata)
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

async function fromTar(handle: FileHandle, compression: Compression, limits: ArchiveLimits): Promise<Uint8Array> {
  const pieces = unpacked(handle, compression, limits)
  try {
    return await sdistMetadata(tarEntries(new PieceReader(pieces), limits), limits)
  } finally {
    await pieces.return(undefined)
  }
}

async function sdistMetadata(entries: AsyncIterable<TarEntry>, limits: ArchiveLimits): Promise<Uint8Array> {
  let top: string | undefined
  let metadata: Buffer | undefined
  for await (const entry of entries) {
    top = sameTop(top, entry, entry.path.length > 1 || entry.type === 'directory')
    if (entry.path[0] !== top || entry.path[1] !== 'PKG-INFO') continue
    if (entry.path.length > 2 || entry.type !== 'file') throw notAFile(entry.name)
    if (metadata)
      throw refusal('duplicate', `entry "${printable(entry.name)}" is in the archive twice`, { entry: entry.name })
    if (entry.size > limits.metadata)
      throw refusal('metadata-too-large', `PKG-INFO is larger than ${limits.metadata} bytes`, { entry: entry.name })
    metadata = await entry.content()
  }
  if (metadata === undefined) throw missing(`${printable(top ?? '<name>-<version>')}/PKG-INFO`)
  return metadata
}

/** Files that archivers leave beside the top directory: git's comment where tar did not know it, and macOS's shadows. */
const STRAY = /^(?:pax_global_header|\._.*)$/

/** The one top-level directory, as known so far and by this entry. Throws `archive-invalid` (`layout`). */
function sameTop(
  known: string | undefined,
  { name, path: [top] }: { readonly name: string; readonly path: readonly string[] },
  inside: boolean,
): string | undefined {
  if (top === undefined || (!inside && STRAY.test(top))) return known
  if (!inside)
    throw refusal('layout', `entry "${printable(name)}" lies outside the top-level directory`, { entry: name })
  if (known !== undefined && known !== top)
    throw refusal('layout', `the sdist has two top-level directories, ${printable(known)} and ${printable(top)}`, {
      entry: name,
    })
  return top
}

function samePath(path: readonly string[], place: readonly string[]): boolean {
  return path.length === place.length && place.every((segment, index) => path[index] === segment)
}

function notAFile(name: string): RegistryError {
  return refusal(
    'metadata-not-a-file',
    `entry "${printable(name)}" is or lies where the metadata must be a plain file`,
    { entry: name },
  )
}

function missing(expected: string): RegistryError {
  const place = printable(expected)
  return new RegistryError('metadata-missing', { expected: place }, { detail: `the archive has no ${place}` })
}
