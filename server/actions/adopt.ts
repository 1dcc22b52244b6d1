import { createHash } from 'node:crypto'
import { pipeline } from 'node:stream/promises'
import type { Distribution } from '../../pool/distribution.ts'
import { isRegistryError } from '../../pool/errors.ts'
import type { Staged } from '../../storage/ports.ts'
import type { AuditEvent } from '../../storage/ports/events.ts'
import type { Deps } from '../deps.ts'

/** Gives staged bytes their place in the pool. Others that lie there, and are no acknowledged ones, are set aside. */
export async function adopt({ files }: Pick<Deps, 'files'>, staged: Staged, distribution: Distribution): Promise<void> {
  try {
    await files.adopt(staged, distribution)
  } catch (error) {
    if (!isRegistryError(error, 'distribution-exists')) throw error
    await files.setAside(distribution)
    await files.adopt(staged, distribution)
  }
}

/**
 * Puts a file back whose bytes are gone from the pool, or damaged there, from those that somebody brings again, with an
 * event. Where they are whole, or others are brought, nothing is done.
 */
export async function adoptIfLost(
  deps: Pick<Deps, 'files' | 'records' | 'ready'>,
  staged: Staged,
  { held, by }: { readonly held: Distribution; readonly by: Pick<AuditEvent, 'at' | 'actor' | 'verb'> },
): Promise<void> {
  const { filename, sha256 } = held
  if (staged.sha256 !== sha256 || (await digestInPool(deps, held)) === sha256) return
  await adopt(deps, staged, held)
  // What was answered from damaged bytes may be kept.
  deps.ready.clear()
  const facts = { done: 'put back', from: by.verb, sha256 }
  await deps.records.noteRepair({ ...by, verb: 'repair', subject: filename, facts })
}

async function digestInPool({ files }: Pick<Deps, 'files'>, file: Distribution): Promise<string | undefined> {
  try {
    const hash = createHash('sha256')
    await pipeline(await files.open(file), hash)
    return hash.digest('hex')
  } catch (error) {
    if (isRegistryError(error, 'file-missing')) return undefined
    throw error
  }
}
