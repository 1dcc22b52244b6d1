import { readFile } from 'node:fs/promises'
import { RegistryError } from '../pool/errors.ts'
import type { Source } from '../pool/pins/pin.ts'
import { reasonOf } from './io.ts'

/**
 * The files and the requirements of a command line as sources of pins. Throws `input-unreadable`; `usage` if there
 * are none of either.
 */
export async function readSources(
  files: readonly string[],
  requirements: readonly string[],
): Promise<readonly Source[]> {
  if (files.length + requirements.length === 0) {
    throw new RegistryError(
      'usage',
      {},
      { detail: 'no pins were given', hint: 'name them as NAME==VERSION, or give a file with -r' },
    )
  }
  const read = await Promise.all(files.map((file) => readSource(file)))
  return requirements.length === 0 ? read : [...read, { name: 'arguments', text: requirements.join('\n') }]
}

/** Throws `input-unreadable`. */
export async function readSource(path: string): Promise<Source> {
  try {
    return { name: path, text: new TextDecoder('utf-8', { fatal: true }).decode(await readFile(path)) }
  } catch (cause) {
    const reason = cause instanceof TypeError ? 'it is no UTF-8 text' : reasonOf(cause)
    throw new RegistryError('input-unreadable', { path }, { detail: `${path}: ${reason}`, cause })
  }
}
