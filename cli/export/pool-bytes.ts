import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { RegistryError } from '../../pool/errors.ts'
import type { TreeFile } from '../../pool/export/tree.ts'
import type { Connection } from '../connection.ts'
import { digestIfThere } from '../files/file-digest.ts'

/** Where the files of a release are had from: a pool's directory on this machine, else the server. */
export interface PoolBytes {
  /** The path of the pool's own file, if it is on this machine and its bytes are the release's. */
  local(entry: TreeFile): Promise<string | undefined>
  /** The bytes; who reads them checks them. */
  open(entry: TreeFile): Promise<AsyncIterable<Uint8Array>>
}

/** A path of the pool's directory that may lead to nothing. */
export function poolBytes(connection: Connection, pool: string | undefined, signal: AbortSignal): PoolBytes {
  const local = async (entry: TreeFile) => {
    if (pool === undefined || entry.what !== 'file') return undefined
    const path = join(pool, entry.file.project, entry.file.filename)
    return (await digestIfThere(path)) === entry.sha256 ? path : undefined
  }
  return {
    local,
    async open(entry) {
      const path = await local(entry)
      if (path !== undefined) return createReadStream(path, { highWaterMark: 1024 * 1024 })
      const url = `/${entry.path.split('/').map(encodeURIComponent).join('/')}`
      return connection.send('GET', url, { signal })
    },
  }
}

/**
 * The directory that files are linked from: the one that is named, else that of the server's data if it is on this
 * machine. Throws `input-unreadable` if the named one is no directory.
 */
export async function poolDirectory(named: string | undefined, data = 'data'): Promise<string | undefined> {
  const path = named ?? join(data, 'pool')
  const found = await stat(path).catch(() => undefined)
  if (found?.isDirectory() === true) return path
  if (named === undefined) return undefined
  throw new RegistryError(
    'input-unreadable',
    { path },
    { detail: `${path} is no directory`, hint: 'name the pool/ of the server, or leave --pool out' },
  )
}
