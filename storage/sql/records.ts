import type { Kysely } from 'kysely'
import type { Fault } from '../fault.ts'
import type { Records } from '../ports.ts'
import { distributionRecords } from './distributions.ts'
import { eventRecords } from './events.ts'
import { factRecords } from './facts.ts'
import { releaseRecords } from './releases.ts'
import type { Schema } from './schema.ts'
import { summaryRecords } from './summaries.ts'

/** Records over any SQL database that kysely speaks to. Reads that are not hot go through it, and all writes. */
export function sqlRecords(db: Kysely<Schema>, fault: Fault): Records {
  return {
    ...distributionRecords(db, fault),
    ...factRecords(db),
    ...releaseRecords(db, fault),
    ...summaryRecords(db),
    ...eventRecords(db),
    close: () => db.destroy(),
  }
}
