import type { FileHandle } from 'node:fs/promises'
import { refusal } from './refuse.ts'

type Format = 'zip' | 'tar.gz' | 'tar.bz2'

const TAR_MAGIC_AT = 257

/**
 * Checks that a file begins as its format does, to tell people what they uploaded instead.
 * Throws `archive-invalid`: `empty`, `format`, `truncated`. What passes may still be anything.
 */
export async function checkFormat(
  handle: FileHandle,
  format: Format,
  { prefixed }: { readonly prefixed: boolean },
): Promise<void> {
  const { buffer, bytesRead } = await handle.read(Buffer.alloc(TAR_MAGIC_AT + 5), 0, TAR_MAGIC_AT + 5, 0)
  if (bytesRead === 0) throw refusal('empty', 'the file is empty')
  const found = kindOf(buffer.subarray(0, bytesRead))
  if (found === format || (format === 'zip' && prefixed && found === 'shell script')) return
  const what = found === undefined ? 'not an archive known here' : `a ${found} file`
  throw refusal('format', `the file is ${what}, its name says ${format}`)
}

function kindOf(start: Buffer): string | undefined {
  if (start.subarray(0, 4).equals(Buffer.from('PK\x03\x04')) || start.subarray(0, 4).equals(Buffer.from('PK\x05\x06')))
    return 'zip'
  if (start[0] === 0x1f && start[1] === 0x8b) return 'tar.gz'
  if (start.toString('latin1', 0, 3) === 'BZh') return 'tar.bz2'
  if (start.toString('latin1', 0, 6) === '\xfd7zXZ\0') return 'xz'
  if (start.toString('latin1', 0, 4) === '\x28\xb5\x2f\xfd') return 'zstd'
  if (start.toString('latin1', TAR_MAGIC_AT) === 'ustar') return 'plain tar'
  const text = start.toString('latin1').trimStart().toLowerCase()
  if (text.startsWith('<')) return 'HTML or XML'
  if (text.startsWith('#!')) return 'shell script'
  return undefined
}
