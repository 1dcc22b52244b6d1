import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { pipeline } from 'node:stream/promises'

const readSize = 1024 * 1024

/** Throws what the system says if the file cannot be read. */
export async function fileDigest(path: string, algorithm = 'sha256'): Promise<string> {
  const hash = createHash(algorithm)
  await pipeline(createReadStream(path, { highWaterMark: readSize }), hash)
  return hash.digest('hex')
}

/** The digest of a file; `undefined` if there is no file of that name. A directory in its place has the digest `''`. */
export async function digestIfThere(path: string): Promise<string | undefined> {
  const status = await stat(path).catch((error: unknown) => {
    if (isSystemError(error, 'ENOENT')) return undefined
    throw error
  })
  if (!status) return undefined
  return status.isFile() ? fileDigest(path) : ''
}

/** Whether an error of the system has one of these codes. */
export function isSystemError(error: unknown, ...codes: readonly string[]): error is NodeJS.ErrnoException {
  return error instanceof Error && 'code' in error && codes.includes(String(error.code))
}
