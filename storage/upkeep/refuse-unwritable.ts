import { RegistryError } from '../../pool/errors.ts'
import { isSystemError } from '../filesystem/durable.ts'

/**
 * What is thrown where the system lets a backup or a restore write nothing; any other error is as it was. What cannot be
 * read has been told from it before.
 */
export function refuseUnwritable(
  error: unknown,
  code: 'backup-unusable' | 'restore-refused',
  directory: string,
): unknown {
  if (isSystemError(error, 'ENOSPC', 'EDQUOT', 'EFBIG', 'SQLITE_FULL', 'SQLITE_IOERR_WRITE')) {
    const hint = 'free space on that disk, then run the same command again'
    return new RegistryError('storage-full', { directory }, { detail: directory, hint, cause: error })
  }
  if (!(error instanceof Error) || !('syscall' in error || isSystemError(error, ...ofSqlite))) return error
  return new RegistryError(
    code,
    { directory },
    { detail: `${directory} cannot be written: ${error.message}`, cause: error },
  )
}

const ofSqlite = ['SQLITE_CANTOPEN', 'SQLITE_READONLY', 'SQLITE_IOERR_FSYNC']
