import type { Kysely } from 'kysely'
import type { Fault } from '../fault.ts'
import type { Records } from '../ports.ts'
import type { Signer } from '../signing-key.ts'
import { distributionRecords } from './distributions.ts'
import { eventRecords } from './events.ts'
import { factRecords } from './facts.ts'
import { keyRecords } from './keys.ts'
import { overlayRecords } from './overlays.ts'
import { releaseRecords } from './releases.ts'
import { tokenRecords } from './tokens.ts'
import type { Schema } from './schema.ts'
import { summaryRecords } from './summaries.ts'

/** Records over any SQL database that kysely speaks to. Reads that are not hot go through it, and all writes. */
export function sqlRecords(db: Kysely<Schema>, fault: Fault, signer: Signer): Omit<Records, 'totals'> {
  return {
    ...distributionRecords(db, fault, signer),
    ...overlayRecords(db, signer),
    ...factRecords(db),
    ...releaseRecords(db, fault, signer),
    ...summaryRecords(db),
    ...eventRecords(db, signer),
    ...keyRecords(db, fault, signer),
    ...tokenRecords(db, signer),
    close: () => db.destroy(),
  }
}
