import { RegistryError } from '../pool/errors.ts'
import { lockData } from './data-lock.ts'
import { faultAt, type Fault } from './fault.ts'
import { makeDirectory, isSystemError } from './filesystem/durable.ts'
import { requireOneDisk } from './filesystem/one-disk.ts'
import { openPoolFiles } from './filesystem/pool-files.ts'
import { openStaging, type Staging } from './filesystem/staging.ts'
import { layout } from './layout.ts'
import type { PoolFiles, Records } from './ports.ts'
import { openSigningKey, type Signer } from './signing-key.ts'
import { openSqliteRecords } from './sql/sqlite.ts'

/** Everything that is kept, opened. */
export interface Store {
  readonly records: Records
  readonly files: PoolFiles
  readonly staging: Staging
  readonly fault: Fault
  readonly signer: Signer
  /** Whether the key was not used on this data before. */
  readonly keyIsNew: boolean
  /** How many unfinished files of an ended process were removed on opening. */
  readonly swept: number
  close(): Promise<void>
}

/**
 * Opens a data directory, making what is lacking. Throws `data-in-use`, `data-too-new`, `data-unusable`,
 * `signing-key-unusable`. `fault` names a point of `fault.ts` at which the process is to end, for crash tests.
 */
export async function openStore(
  directory: string,
  options: { readonly fault?: string | undefined; readonly signingKey?: string | undefined } = {},
): Promise<Store> {
  const places = layout(directory)
  const fault = faultAt(options.fault)
  await makeData(directory)
  const unlock = lockData(places.lock, directory)
  try {
    const signer = await openSigningKey(places, options.signingKey, fault)
    const records = await openSqliteRecords(places.database, fault, signer)
    const keyIsNew = (await records.takeUpKey(new Date().toISOString())) === 'new'
    const files = await openPoolFiles(places, fault)
    const staging = await openStaging(places.staging)
    await requireOneDisk(places)
    const swept = await staging.sweep()
    return {
      records,
      files,
      staging,
      fault,
      signer,
      keyIsNew,
      swept,
      async close() {
        await records.close()
        unlock()
      },
    }
  } catch (error) {
    unlock()
    throw error
  }
}

async function makeData(directory: string): Promise<void> {
  try {
    await makeDirectory(directory)
  } catch (cause) {
    if (!isSystemError(cause, 'EACCES', 'EPERM', 'EROFS', 'ENOTDIR', 'EEXIST', 'ENOENT')) throw cause
    throw new RegistryError(
      'data-unusable',
      { directory },
      { detail: `${directory} cannot be made: ${cause.code}`, cause },
    )
  }
}
