import { entryPath } from './entry-path.ts'
import type { ArchiveLimits } from './limits.ts'
import type { PieceReader } from './piece-reader.ts'
import { printable, refusal } from './refuse.ts'
import { BLOCK, type PaxRecords, readPax, readTarHeader, type TarHeader } from './tar-header.ts'
import { TarLinks } from './tar-links.ts'

/** One entry of a tar. `path` is where it would be written, as segments; `[]` for the root. */
export interface TarEntry {
  readonly name: string
  readonly path: readonly string[]
  readonly type: 'file' | 'directory' | 'hard-link' | 'symbolic-link'
  readonly size: number
  /** The content of a file. Only until the next entry is asked for, and only for small ones: it is held in memory. */
  readonly content: () => Promise<Buffer>
}

const TYPES: Readonly<Record<string, TarEntry['type']>> = {
  '0': 'file',
  '1': 'hard-link',
  '2': 'symbolic-link',
  '5': 'directory',
}

/**
 * The entries of a tar, one after another, each checked; to the very end of the stream, so that a truncated archive
 * and a second one behind the first are found. Take all of them: what is not read is not checked.
 * Throws `archive-invalid`. Own code, as tar-stream 3.2.2 reads on past the end of the archive, ignores global pax
 * headers for entries without own ones, and does not show them; readers disagree about each.
 * Source: POSIX.1-2017, pax, "ustar Interchange Format" and "pax Interchange Format"; GNU tar manual.
 */
export async function* tarEntries(reader: PieceReader, limits: ArchiveLimits): AsyncGenerator<TarEntry> {
  const links = new TarLinks(limits)
  let headers = 0
  let extended: Extended = {}
  for (;;) {
    const block = await reader.take(BLOCK)
    if (block.length < BLOCK) throw truncated()
    if (isZero(block)) break
    if (++headers > 2 * limits.entries) throw tooMany(limits)
    const header = readTarHeader(block)
    const next = await extend(extended, { header, reader, limits })
    if (next !== undefined) {
      extended = next
      continue
    }
    const entry = checkedEntry(header, extended, limits, links)
    extended = {}
    yield* oneEntry(entry, reader)
  }
  if (Object.keys(extended).length > 0) throw refusal('corrupt', 'the tar ends with a header that belongs to no entry')
  await expectOnlyZeros(reader)
}
