import type { ArchiveLimits } from './limits.ts'
import type { PieceReader } from './piece-reader.ts'
import { refusal } from './refuse.ts'
import { BLOCK, type PaxRecords, readPax, type TarHeader } from './tar-header.ts'

/** What the headers before an entry's own one say of it: pax, and the long names of GNU tar. */
export interface Extended {
  readonly pax?: PaxRecords
  readonly longName?: string
  readonly longLink?: string
}

/** Where headers come from, and how long they may be. */
export interface HeaderSource {
  readonly reader: PieceReader
  readonly limits: ArchiveLimits
}

/**
 * What is known of the next entry after this header, or nothing if the header is the entry's own.
 * A header of a kind that was already there, or a global one that would rename all entries, is refused: readers
 * disagree about which one counts. Throws `archive-invalid`.
 */
export async function extend(known: Extended, header: TarHeader, source: HeaderSource): Promise<Extended | undefined> {
  switch (header.type) {
    case 'x':
    case 'X': // Solaris's name for `x`
      if (known.pax) throw corrupt('an entry has two pax headers')
      return { ...known, pax: readPax(await body(header, source)) }
    case 'g': // git archive writes one, `pax_global_header`, with the commit in a comment
      if (Object.keys(readPax(await body(header, source))).length > 0)
        throw corrupt('a global pax header would change every entry')
      return known
    case 'L':
      if (known.longName !== undefined) throw corrupt('an entry has two long names')
      return { ...known, longName: untilNul(await body(header, source)) }
    case 'K':
      if (known.longLink !== undefined) throw corrupt('an entry has two long link targets')
      return { ...known, longLink: untilNul(await body(header, source)) }
    default:
      return undefined
  }
}

/** The entry's own header with what was said before it put in. Throws `archive-invalid` (`corrupt`) where the two ways disagree. */
export function applied(header: TarHeader, { pax = {}, longName, longLink }: Extended): TarHeader {
  return {
    name: oneOf(pax.path, longName) ?? header.name,
    link: oneOf(pax.linkpath, longLink) ?? header.link,
    size: pax.size ?? header.size,
    type: header.type,
  }
}

function oneOf(pax: string | undefined, gnu: string | undefined): string | undefined {
  if (pax !== undefined && gnu !== undefined && pax !== gnu) throw corrupt('an entry has two different long names')
  return pax ?? gnu
}

async function body({ size }: TarHeader, { reader, limits }: HeaderSource): Promise<Buffer> {
  if (size > limits.header) throw refusal('name-too-long', `a tar header is longer than ${limits.header} bytes`)
  const padded = await reader.take(paddedSize(size))
  if (padded.length < paddedSize(size)) throw truncated()
  return padded.subarray(0, size)
}

/** The room that so many bytes take in a tar. */
export function paddedSize(size: number): number {
  return Math.ceil(size / BLOCK) * BLOCK
}

function untilNul(bytes: Buffer): string {
  const end = bytes.indexOf(0)
  return bytes.toString('latin1', 0, end === -1 ? bytes.length : end)
}

export function truncated(): Error {
  return refusal('truncated', 'the tar archive ends too early, the file is incomplete')
}

function corrupt(detail: string): Error {
  return refusal('corrupt', detail)
}
