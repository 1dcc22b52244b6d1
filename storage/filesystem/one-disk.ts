import { stat } from 'node:fs/promises'
import { RegistryError } from '../../pool/errors.ts'
import type { Layout } from '../layout.ts'

/** A file gets its name in the pool by link(2), which no two file systems share. Throws `data-unusable`. */
export async function requireOneDisk({ directory, pool, staging }: Layout): Promise<void> {
  const [ofPool, ofStaging] = await Promise.all([stat(pool), stat(staging)])
  if (ofPool.dev === ofStaging.dev) return
  throw new RegistryError(
    'data-unusable',
    { directory },
    {
      detail: `${pool} and ${staging} are on two file systems, and no file can come from the one into the other`,
      hint: `put all of ${directory} on one: mount the disk there, or name a directory on it with --data`,
    },
  )
}
