import { isUtf8 } from 'node:buffer'
import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { reasonOf } from './io.ts'

/** Larger than any pin list. */
const largest = 16_000_000

/** A text, or why there is none. */
export type Text = { readonly text: string } | { readonly unreadable: string }

/** Reads a file of this machine as UTF-8 text. Never throws. */
export async function readTextFile(path: string): Promise<Text> {
  try {
    if ((await stat(path)).isDirectory()) return { unreadable: 'it is a directory' }
    return await readText(createReadStream(path) as AsyncIterable<Uint8Array>)
  } catch (error) {
    return { unreadable: reasonOf(error) }
  }
}

/** Reads UTF-8 bytes to their end, which has to come in time. */
export async function readText(bytes: AsyncIterable<Uint8Array>): Promise<Text> {
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of bytes) {
    size += chunk.length
    if (size > largest) return { unreadable: `it is larger than ${largest / 1_000_000} MB` }
    chunks.push(chunk)
  }
  return decode(Buffer.concat(chunks))
}

function decode(bytes: Buffer): Text {
  const guess = otherEncoding(bytes)
  if (guess !== undefined) return { unreadable: `it is no UTF-8 text, but ${guess}: save it as UTF-8` }
  const text = bytes.toString('utf8')
  return { text: text.startsWith('\uFEFF') ? text.slice(1) : text }
}

/** What bytes are that are no UTF-8 text: a byte order mark tells, or every second byte being 0, or what is left. */
function otherEncoding(bytes: Buffer): string | undefined {
  const mark = bytes.subarray(0, 2).toString('hex')
  const head = [...bytes.subarray(0, 1000)]
  const zeros = [0, 1].map((offset) => head.filter((byte, index) => byte === 0 && index % 2 === offset).length)
  if (mark === 'fffe' || mark === 'feff' || zeros.some((count) => count > head.length / 4)) return 'UTF-16'
  if (bytes.includes(0)) return 'a binary file'
  return isUtf8(bytes) ? undefined : 'Latin-1 or another encoding of one byte a character'
}
