import { stat } from 'node:fs/promises'
import { RegistryError } from '../../pool/errors.ts'
import { isSystemError } from '../filesystem/durable.ts'
import type { Layout } from '../layout.ts'

/**
 * Does upkeep that is for the user alone whom the server runs as. What the system lets another one not do is
 * `data-unusable`; all else that `work` throws is as it was.
 */
export async function asItsUser<T>({ directory }: Pick<Layout, 'directory'>, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (cause) {
    if (!isSystemError(cause, 'EACCES', 'EPERM', 'EROFS', 'EIO', 'SQLITE_READONLY', 'SQLITE_CANTOPEN')) throw cause
    // SQLite makes files beside a database also for who only reads it.
    const hint = "run it as the server's own user: runuser -u USER -- firn store …"
    throw new RegistryError('data-unusable', { directory }, { detail: `${directory}: ${cause.message}`, hint, cause })
  }
}

/** What root makes there, a server that runs as somebody else could not change any more. Throws `data-unusable`. */
export async function refuseRoot({ directory, database }: Layout, user = process.geteuid?.()): Promise<void> {
  const { uid } = await stat(database)
  if (user !== 0 || uid === 0) return
  const detail = `${directory} is of a server that runs as the user ${uid}, who could not change what root makes there`
  throw new RegistryError(
    'data-unusable',
    { directory, uid },
    { detail, hint: "run it as the server's own user: runuser -u USER -- firn store …" },
  )
}
