import { printable, refusal } from './refuse.ts'

export const BLOCK = 512

/** Mode, uid, gid, mtime, major and minor device: of no use here, but where one is no number, Python reads no further. */
const UNUSED = [
  [100, 108],
  [108, 116],
  [116, 124],
  [136, 148],
  [329, 337],
  [337, 345],
] as const

/** One 512-byte header as it stands, before pax and GNU headers change it. Names are binary strings. */
export interface TarHeader {
  readonly name: string
  readonly link: string
  readonly size: number
  /** The type flag: `0` file, `1` hard link, `2` symbolic link, `5` directory, `x` and `g` pax, `L` and `K` GNU … */
  readonly type: string
}

/** What a pax header says of the entry that follows. */
export interface PaxRecords {
  readonly path?: string
  readonly linkpath?: string
  readonly size?: number
}

/**
 * Reads one header block. Throws `archive-invalid` (`corrupt`) if it is damaged or if readers would disagree about it.
 * Source: POSIX.1-2017, pax, "ustar Interchange Format"; GNU tar manual, "Basic Tar Format"; CPython's tarfile.py.
 */
export function readTarHeader(block: Buffer): TarHeader {
  if (!checksumFits(block)) throw corrupt('a tar header is damaged, its checksum does not match')
  const short = text(block, 0, 100)
  const prefix = text(block, 345, 155)
  const type = typeOf(String.fromCharCode(block[156] ?? 0), short)
  // Some readers take the prefix of a header that is not POSIX's for a part of the name, others do not.
  if (prefix !== '' && block.toString('latin1', 257, 263) !== 'ustar\0' && type !== 'S')
    throw corrupt(`entry "${printable(short)}" has a name prefix that its tar format does not have`)
  const name = prefix === '' ? short : `${prefix}/${short}`
  for (const [from, to] of UNUSED) checkNumber(block.subarray(from, to))
  const size = number(block.subarray(124, 136))
  return { name, link: text(block, 157, 100), size, type }
}

/** Tars older than POSIX's have no flag for directories. Python goes by the name in the header, whatever longer one comes before it. */
function typeOf(flag: string, name: string): string {
  if (flag === '\0' && name.endsWith('/')) return '5'
  return flag === '\0' || flag === '7' ? '0' : flag
}

function text(block: Buffer, at: number, length: number): string {
  const field = block.subarray(at, at + length)
  const end = field.indexOf(0)
  return field.toString('latin1', 0, end === -1 ? length : end)
}

/** Octal digits, with blanks and NULs around; or, after a first byte of 0x80, a big-endian number (GNU, star). */
function number(field: Buffer): number {
  if (field[0] === 0x80) {
    const value = BigInt(`0x${field.toString('hex', 1)}`)
    if (value > BigInt(Number.MAX_SAFE_INTEGER)) throw corrupt('a tar header has an impossible number')
    return Number(value)
  }
  const digits = octal(field)
  if (digits === undefined) throw corrupt('a tar header has a number that is not octal')
  return Number.parseInt(digits || '0', 8)
}

/** A time before 1970 is negative: a first byte of 0xff. */
function checkNumber(field: Buffer): void {
  if (field[0] !== 0xff) number(field)
}

function octal(field: Buffer): string | undefined {
  return /^ *([0-7]*) *$/.exec(text(field, 0, field.length))?.[1]
}

/** POSIX sums unsigned bytes; some old systems summed signed ones, and every reader accepts both. */
function checksumFits(block: Buffer): boolean {
  const blank = Buffer.from(block).fill(0x20, 148, 156)
  const expected = number(block.subarray(148, 156))
  let unsigned = 0
  let signed = 0
  for (const byte of blank) {
    unsigned += byte
    signed += byte > 127 ? byte - 256 : byte
  }
  return expected === unsigned || expected === signed
}

/**
 * Reads the records of a pax header: `<length> <key>=<value>\n`, the length counting itself.
 * Throws `archive-invalid`: `corrupt`, and `sparse` for a sparse file of GNU tar.
 */
export function readPax(body: Buffer): PaxRecords {
  const values = new Map<string, string>()
  for (let at = 0; at < body.length;) {
    const blank = body.indexOf(0x20, at)
    const digits = blank === -1 ? '' : body.toString('latin1', at, blank)
    const end = at + Number(digits)
    if (!/^[1-9][0-9]{0,9}$/.test(digits) || end > body.length || end <= blank + 1 || body[end - 1] !== 0x0a)
      throw corrupt('a pax header is damaged')
    const record = body.toString('latin1', blank + 1, end - 1)
    const equals = record.indexOf('=')
    if (equals < 1) throw corrupt('a pax header is damaged')
    const key = record.slice(0, equals)
    if (key.startsWith('GNU.sparse.')) throw refusal('sparse', 'the archive holds a sparse file')
    values.set(key, record.slice(equals + 1))
    at = end
  }
  return named(values)
}

function named(values: ReadonlyMap<string, string>): PaxRecords {
  const path = values.get('path')
  const linkpath = values.get('linkpath')
  const size = values.get('size')
  if (size !== undefined && !/^[0-9]{1,15}$/.test(size)) throw corrupt('a pax header has a size that is no number')
  return {
    ...(path !== undefined && { path }),
    ...(linkpath !== undefined && { linkpath }),
    ...(size !== undefined && { size: Number(size) }),
  }
}

function corrupt(detail: string): Error {
  return refusal('corrupt', detail)
}
