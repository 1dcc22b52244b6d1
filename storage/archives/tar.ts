import { entryPath } from './entry-path.ts'
import type { ArchiveLimits } from './limits.ts'
import type { PieceReader } from './piece-reader.ts'
import { printable, refusal } from './refuse.ts'
import { applied, extend, type Extended, type HeaderSource, paddedSize, truncated } from './tar-extended.ts'
import { BLOCK, readTarHeader, type TarHeader } from './tar-header.ts'
import { TarLinks } from './tar-links.ts'

/** One entry of a tar. `path` is where it would be written, as segments; `[]` for the root. */
export interface TarEntry {
  readonly name: string
  readonly path: readonly string[]
  readonly type: 'file' | 'directory' | 'hard-link' | 'symbolic-link'
  readonly size: number
  /** The content of a file, held in memory. To be called before the next entry is asked for. */
  readonly content: () => Promise<Buffer>
}

/**
 * The entries of a tar, one after another, each checked; to the very end of the stream, so that a truncated archive
 * or a second one behind the first is found. Take all of them: what is not read is not checked.
 * Throws `archive-invalid`. Own code: tar-stream 3.2.2 reads on past the end of the archive and applies a global pax
 * header only to entries that have one of their own, and shows neither; Python's tarfile does the opposite.
 * Source: POSIX.1-2017, pax, "ustar Interchange Format" and "pax Interchange Format"; GNU tar manual, "Tar Internals".
 */
export async function* tarEntries(reader: PieceReader, limits: ArchiveLimits): AsyncGenerator<TarEntry> {
  const links = new TarLinks(limits)
  const source = { reader, limits }
  for (let count = 0; ; count++) {
    const header = await nextHeader(source)
    if (header === undefined) break
    if (count === limits.entries)
      throw refusal('too-many-entries', `the archive has more than ${limits.entries} entries`)
    const entry = checkedEntry(header, links, limits)
    let taken = 0
    const content = async (): Promise<Buffer> => {
      const bytes = await reader.take(entry.size)
      taken += bytes.length
      return bytes
    }
    yield { ...entry, content }
    const rest = paddedSize(entry.size) - taken
    if ((await reader.skip(rest)) < rest) throw truncated()
  }
  await expectOnlyZeros(reader)
}

/** The next entry's header, with the headers before it put in; nothing at the first block of zeros, which ends the archive. */
async function nextHeader(source: HeaderSource): Promise<TarHeader | undefined> {
  let known: Extended = {}
  for (let before = 0; ; before++) {
    const block = await source.reader.take(BLOCK)
    if (block.length < BLOCK) throw truncated()
    if (block.every((byte) => byte === 0)) {
      if (before > 0) throw refusal('corrupt', 'the tar ends with a header of no entry')
      return undefined
    }
    if (before > 16) throw refusal('corrupt', 'an entry has too many headers')
    const header = readTarHeader(block)
    const next = await extend(known, header, source)
    if (next === undefined) return applied(header, known)
    known = next
  }
}

async function expectOnlyZeros(reader: PieceReader): Promise<void> {
  for (let piece = await reader.rest(); piece !== undefined; piece = await reader.rest())
    if (!piece.equals(Buffer.alloc(piece.length)))
      throw refusal('trailing-data', 'the tar archive goes on after its end')
}

function checkedEntry(header: TarHeader, links: TarLinks, limits: ArchiveLimits): Omit<TarEntry, 'content'> {
  const { name, link } = header
  const path = entryPath(name, limits)
  const type = entryType(header)
  // GNU tar and Python take a hard link to have no content, whatever its header says; old tars repeat the file's size.
  const size = type === 'hard-link' ? 0 : header.size
  if (size > 0 && type !== 'file')
    throw refusal('size', `entry "${printable(name)}" is a ${type} with content`, { entry: name })
  if (path.length === 0 && type !== 'directory')
    throw refusal('name-invalid', `entry "${printable(name)}" has no name`, { entry: name })
  links.checkParents(name, path)
  if (type === 'symbolic-link') links.addSymbolic(name, path, link)
  if (type === 'hard-link') links.checkHard(name, path, link)
  return { name, path, type, size }
}

function entryType({ name, type }: TarHeader): TarEntry['type'] {
  const shown = `entry "${printable(name)}"`
  switch (type) {
    case '0': // tars older than POSIX's have no flag for directories
      return name.endsWith('/') ? 'directory' : 'file'
    case '1':
      return 'hard-link'
    case '2':
      return 'symbolic-link'
    case '5':
      return 'directory'
    case '3':
    case '4':
    case '6':
      throw refusal('entry-type', `${shown} is a device or a pipe`, { entry: name })
    case 'S':
      throw refusal('sparse', `${shown} is a sparse file`, { entry: name })
    default:
      throw refusal('entry-type', `${shown} has a type that only some systems know`, { entry: name })
  }
}
