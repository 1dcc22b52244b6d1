import { Bits, type NextBytes } from './bits.ts'
import { refusal } from './refuse.ts'

const BLOCK_UNIT = 100_000
const BLOCK_MAGIC = 0x314159
const BLOCK_MAGIC_END = 0x265359
const STREAM_END = 0x177245
const STREAM_END_END = 0x385090
const LONGEST_CODE = 20
const GROUP = 50
const PIECE = 64 * 1024

/**
 * Decompresses bzip2, in pieces of 64 KiB at most and with one block (at most 900 KB) in memory, however far it expands.
 * Several streams after one another are one file, as pbzip2 writes it. Throws `archive-invalid`: `truncated`,
 * `corrupt`, `checksum`, `trailing-data`.
 * Own code: unbzip2-stream 1.4.3 decodes all that it has before anything can stop it; 1.5 KB, which are 2 GiB of zeros,
 * took it 94 s and 4.8 GB.
 * Source: the bzip2 format as implemented by bzip2 1.0.8 (decompress.c, huffman.c).
 */
export function* bunzip2(next: NextBytes): Generator<Buffer> {
  const bits = new Bits(next)
  for (let first = true; first || !bits.atEnd(); first = false) {
    if (bits.read(24) !== 0x425a68)
      throw first ? corrupt() : refusal('trailing-data', 'the bzip2 data is followed by other bytes')
    const level = bits.read(8) - 0x30
    if (level < 1 || level > 9) throw corrupt()
    yield* stream(bits, level * BLOCK_UNIT)
    bits.align()
  }
}

function* stream(bits: Bits, limit: number): Generator<Buffer> {
  let combined = 0
  for (;;) {
    const magic = [bits.read(24), bits.read(24)]
    const expected = bits.read32()
    if (magic[0] === STREAM_END && magic[1] === STREAM_END_END) {
      if (expected !== combined) throw refusal('checksum', 'the bzip2 data does not match its CRC')
      return
    }
    if (magic[0] !== BLOCK_MAGIC || magic[1] !== BLOCK_MAGIC_END) throw corrupt()
    if (bits.read(1) !== 0) throw corrupt() // "randomised" blocks were last written by bzip2 0.9.0, in 1998
    const start = bits.read(24)
    const block = readBlock(bits, limit)
    const crc = yield* unsort(block, start)
    if (crc !== expected) throw refusal('checksum', 'the bzip2 data does not match its CRC')
    combined = (((combined << 1) | (combined >>> 31)) ^ crc) >>> 0
  }
}

/** Huffman codes, move-to-front and first run lengths: the block as it was before its sorting was undone. */
function readBlock(bits: Bits, limit: number): Uint32Array {
  const order = readSymbols(bits)
  const endOfBlock = order.length + 1
  const nextSymbol = symbolReader(bits, order.length + 2)
  const block = new Uint32Array(limit)
  let count = 0
  for (let symbol = nextSymbol(); symbol !== endOfBlock;) {
    if (symbol <= 1) {
      let run = 0
      for (let weight = 1; symbol <= 1; weight *= 2, symbol = nextSymbol()) {
        run += weight << symbol
        if (run > limit) throw corrupt()
      }
      if (count + run > limit) throw corrupt()
      block.fill(order[0] ?? 0, count, count + run)
      count += run
      continue
    }
    const byte = order[symbol - 1] ?? 0
    order.copyWithin(1, 0, symbol - 1)
    order[0] = byte
    if (count === limit) throw corrupt()
    block[count++] = byte
    symbol = nextSymbol()
  }
  return block.subarray(0, count)
}

function readSymbols(bits: Bits): Uint8Array {
  const groups = bits.read(16)
  const used: number[] = []
  for (let group = 0; group < 16; group++) {
    if (!(groups & (0x8000 >> group))) continue
    const members = bits.read(16)
    for (let member = 0; member < 16; member++) if (members & (0x8000 >> member)) used.push(group * 16 + member)
  }
  if (used.length === 0) throw corrupt()
  return Uint8Array.from(used)
}

/** Reads the selectors and code tables, and answers a function that reads one symbol after another. */
function symbolReader(bits: Bits, alphabet: number): () => number {
  const tables = bits.read(3)
  const selectorCount = bits.read(15)
  if (tables < 2 || tables > 6 || selectorCount === 0) throw corrupt()
  const selectors = readSelectors(bits, { tables, count: selectorCount })
  const codes = Array.from({ length: tables }, () => codeTable(readLengths(bits, alphabet)))
  let left = 0
  let group = 0
  let code = codes[0]
  return () => {
    if (left === 0) {
      if (group === selectorCount) throw corrupt()
      code = codes[selectors[group++] ?? 0]
      left = GROUP
    }
    left -= 1
    if (code === undefined) throw corrupt()
    return readSymbol(bits, code)
  }
}

function readSelectors(bits: Bits, { tables, count }: { readonly tables: number; readonly count: number }): Uint8Array {
  const order = Array.from({ length: tables }, (_, table) => table)
  return Uint8Array.from({ length: count }, () => {
    let place = 0
    while (bits.read(1) === 1) if (++place >= tables) throw corrupt()
    const [table = 0] = order.splice(place, 1)
    order.unshift(table)
    return table
  })
}

function readLengths(bits: Bits, alphabet: number): Uint8Array {
  let length = bits.read(5)
  return Uint8Array.from({ length: alphabet }, () => {
    for (;;) {
      if (length < 1 || length > LONGEST_CODE) throw corrupt()
      if (bits.read(1) === 0) return length
      length += bits.read(1) === 0 ? 1 : -1
    }
  })
}

/** Canonical Huffman codes: for each length its first code, how many there are, and their symbols in order. */
interface CodeTable {
  readonly first: Int32Array
  readonly counts: Int32Array
  readonly offsets: Int32Array
  readonly symbols: Uint16Array
}

function codeTable(lengths: Uint8Array): CodeTable {
  const counts = new Int32Array(LONGEST_CODE + 1)
  for (const length of lengths) counts[length] = (counts[length] ?? 0) + 1
  const first = new Int32Array(LONGEST_CODE + 1)
  const offsets = new Int32Array(LONGEST_CODE + 1)
  for (let length = 1, code = 0, offset = 0; length <= LONGEST_CODE; length++) {
    first[length] = code
    offsets[length] = offset
    offset += counts[length] ?? 0
    code = (code + (counts[length] ?? 0)) << 1
  }
  const numbered = Array.from(lengths, (length, symbol) => ({ length, symbol }))
  const symbols = Uint16Array.from(
    numbered.toSorted((a, b) => a.length - b.length || a.symbol - b.symbol),
    ({ symbol }) => symbol,
  )
  return { first, counts, offsets, symbols }
}

function readSymbol(bits: Bits, { first, counts, offsets, symbols }: CodeTable): number {
  let code = 0
  for (let length = 1; length <= LONGEST_CODE; length++) {
    code = (code << 1) | bits.read(1)
    const index = code - (first[length] ?? 0)
    if (index >= 0 && index < (counts[length] ?? 0)) return symbols[(offsets[length] ?? 0) + index] ?? 0
  }
  throw corrupt()
}

/** Undoes the Burrows-Wheeler sorting and the outer run lengths (four alike, then how many more). Answers the CRC. */
function* unsort(block: Uint32Array, start: number): Generator<Buffer, number> {
  if (start >= block.length) throw corrupt()
  linkSorted(block)
  let crc = 0xffffffff
  let piece = Buffer.allocUnsafe(PIECE)
  let filled = 0
  let previous = -1
  let alike = 0
  let place = (block[start] ?? 0) >>> 8
  for (let left = block.length; left > 0; left--) {
    const entry = block[place] ?? 0
    place = entry >>> 8
    const value = entry & 0xff
    const isCount = alike === 4
    const copies = isCount ? value : 1
    const byte = isCount ? previous : value
    alike = isCount ? 0 : value === previous ? alike + 1 : 1
    previous = isCount ? -1 : value
    for (let copy = 0; copy < copies; copy++) {
      crc = ((crc << 8) ^ (CRC_TABLE[((crc >>> 24) ^ byte) & 0xff] ?? 0)) >>> 0
      piece[filled++] = byte
    }
    if (filled > PIECE - 256) {
      yield piece.subarray(0, filled)
      piece = Buffer.allocUnsafe(PIECE)
      filled = 0
    }
  }
  if (filled > 0) yield piece.subarray(0, filled)
  return ~crc >>> 0
}

/** Keeps each place's byte in the low 8 bits and puts the place that follows it in the others. */
function linkSorted(block: Uint32Array): void {
  const starts = new Uint32Array(257)
  for (const byte of block) starts[byte + 1] = (starts[byte + 1] ?? 0) + 1
  for (let byte = 1; byte < 257; byte++) starts[byte] = (starts[byte] ?? 0) + (starts[byte - 1] ?? 0)
  for (let at = 0; at < block.length; at++) {
    const byte = (block[at] ?? 0) & 0xff
    const place = starts[byte] ?? 0
    starts[byte] = place + 1
    block[place] = (block[place] ?? 0) | (at << 8)
  }
}

const CRC_TABLE = Uint32Array.from({ length: 256 }, (_, index) => {
  let value = index << 24
  for (let bit = 0; bit < 8; bit++) value = value < 0 ? (value << 1) ^ 0x04c11db7 : value << 1
  return value >>> 0
})

function corrupt(): Error {
  return refusal('corrupt', 'the bzip2 data cannot be decompressed, the file is damaged')
}
