import { headMessage, type LogHead } from '../../pool/proof/log-head.ts'
import type { Deps } from '../deps.ts'

/** How far the log goes now, signed. */
export async function logHead({ records, signer, now }: Pick<Deps, 'records' | 'signer' | 'now'>): Promise<LogHead> {
  const said = { ...(await records.lastEvent()), at: now() }
  return { ...said, key: signer.key.id, signature: signer.sign(headMessage(said)) }
}
