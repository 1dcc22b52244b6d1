import { execFileSync } from 'node:child_process'
import { gzipSync } from 'node:zlib'

export interface TarItem {
  readonly name: string
  readonly data?: string | Buffer
  /** Type flag: `0` file (default), `1` hard link, `2` symbolic link, `5` directory, `x` and `g` pax, `L` and `K` GNU … */
  readonly type?: string
  readonly link?: string
  /** What the header says the size is; default: the data's. */
  readonly size?: number
  /** The field as it stands, where `size` cannot say it: 12 bytes. */
  readonly sizeField?: Buffer
  readonly prefix?: string
  /** `posix` (default), `gnu`, or `v7`, which has no magic at all. */
  readonly format?: 'posix' | 'gnu' | 'v7'
  readonly checksum?: number
}

const MAGIC = { posix: 'ustar\x0000', gnu: 'ustar  \0', v7: '' }

/** Writes a tar, right unless told otherwise, with the time zero everywhere. A name of over 100 bytes gets a GNU long name. */
export function tarOf(items: readonly TarItem[], { end = 1024 }: { readonly end?: number } = {}): Buffer {
  return Buffer.concat([...items.flatMap(tarEntry), Buffer.alloc(end)])
}

/** The files of a plain tar, for another of one's own making. */
export function itemsOf(bytes: Buffer): readonly { readonly name: string; readonly data: Buffer }[] {
  const items: { readonly name: string; readonly data: Buffer }[] = []
  for (let at = 0; bytes[at] !== 0;) {
    const text = (from: number, to: number) => bytes.toString('latin1', at + from, at + to).split('\0')[0] ?? ''
    const size = Number.parseInt(text(124, 135), 8)
    const [prefix, own] = [text(345, 500), text(0, 100)]
    items.push({ name: prefix ? `${prefix}/${own}` : own, data: bytes.subarray(at + 512, at + 512 + size) })
    at += 512 + Math.ceil(size / 512) * 512
  }
  return items
}

function tarEntry(item: TarItem): readonly Buffer[] {
  const data = Buffer.from(item.data ?? '')
  const own = [tarHeader(item, data), data, Buffer.alloc((512 - (data.length % 512)) % 512)]
  if (Buffer.byteLength(item.name) <= 100) return own
  return [...tarEntry({ name: '././@LongLink', type: 'L', data: `${item.name}\0`, format: 'gnu' }), ...own]
}

/** Writes a field of a header and makes its checksum right again; the rest of the field becomes NULs. */
export function setField(header: Buffer, [at, length]: readonly [number, number], text: string): void {
  header.fill(0, at, at + length)
  header.write(text, at, length, 'latin1')
  header.fill(0x20, 148, 156)
  const sum = header.reduce((total, byte) => total + byte, 0)
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148)
}

function tarHeader(item: TarItem, data: Buffer): Buffer {
  const header = Buffer.alloc(512)
  const type = item.type ?? '0'
  header.write(item.name, 0, 100)
  header.write(type === '5' ? '0000755\0' : '0000644\0', 100)
  header.write('0000000\x000000000\0', 108)
  header.write(`${(item.size ?? data.length).toString(8).padStart(11, '0')}\0`, 124)
  if (item.sizeField) item.sizeField.copy(header, 124)
  header.write(`${'0'.repeat(11)}\0        `, 136)
  header.write(type, 156)
  header.write(item.link ?? '', 157, 100)
  header.write(MAGIC[item.format ?? 'posix'], 257)
  header.write(item.prefix ?? '', 345, 155)
  const sum = item.checksum ?? header.reduce((total, byte) => total + byte, 0)
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148)
  return header
}

/** The body of a pax header: `<length> <key>=<value>\n`, where the length counts its own digits. */
export function paxBody(records: Readonly<Record<string, string>>): string {
  return Object.entries(records)
    .map(([key, value]) => {
      const rest = Buffer.byteLength(` ${key}=${value}\n`)
      const digits = String(rest + String(rest).length).length
      return `${rest + digits} ${key}=${value}\n`
    })
    .join('')
}

export function gzipOf(bytes: Buffer): Buffer {
  return gzipSync(bytes, { level: 9 })
}

/** Compresses with the system's bzip2, as Node has none. */
export function bzip2Of(bytes: Buffer): Buffer {
  return execFileSync('bzip2', ['--compress', '--stdout'], { input: bytes, maxBuffer: 1 << 30 })
}
