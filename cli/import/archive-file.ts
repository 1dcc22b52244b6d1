import { stat } from 'node:fs/promises'
import { basename } from 'node:path'
import { isRegistryError } from '../../pool/errors.ts'
import { distributionSuffixes, parseFilename } from '../../pool/filename.ts'
import { fileDigest } from '../files/file-digest.ts'
import { reasonOf } from '../io.ts'
import type { Found } from './found.ts'

/** What an index says of a file's bytes: `sha256` or what was usual before it. */
export interface Stated {
  readonly algorithm: string
  readonly digest: string
}

/** Older indexes have no better. */
const algorithms = new Set(['sha256', 'sha512', 'sha384', 'sha224', 'sha1', 'md5'])

/** One file as an archive, if it is there, has the name of one, and the bytes that are stated. Links are followed. */
export async function archiveFile(path: string, stated?: Stated): Promise<Found> {
  const lost = distributionSuffixes.some((suffix) => path.endsWith(suffix))
  const unfit = (message: string): Found => ({ archives: [], unfit: [{ path, message, lost }] })
  try {
    parseFilename(basename(path))
    const status = await stat(path)
    if (!status.isFile()) return unfit('it is no file')
    if (stated && !(await agrees(path, stated))) return unfit(`its ${stated.algorithm} is not the one that is stated`)
    return { archives: [{ path, size: status.size }], unfit: [] }
  } catch (error) {
    return unfit(isRegistryError(error) ? error.message : reasonOf(error))
  }
}

async function agrees(path: string, { algorithm, digest }: Stated): Promise<boolean> {
  return !algorithms.has(algorithm) || (await fileDigest(path, algorithm)) === digest.toLowerCase()
}
