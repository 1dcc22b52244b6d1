import { createHash } from 'node:crypto'
import type { Kysely, Transaction } from 'kysely'
import { canonicalJson, type Json } from '../../pool/canonical-json.ts'
import type { AuditEvent, EventRecords } from '../ports.ts'
import { auditEvent } from './rows.ts'
import type { Schema } from './schema.ts'

export function eventRecords(db: Kysely<Schema>): EventRecords {
  return {
    events: async () => (await db.selectFrom('events').selectAll().orderBy('sequence').execute()).map(auditEvent),
  }
}

/** Adds an event to the chain, in the transaction of what it tells of. */
export async function addEvent(trx: Transaction<Schema>, event: AuditEvent): Promise<void> {
  const last = await trx.selectFrom('events').select('digest').orderBy('sequence', 'desc').limit(1).executeTakeFirst()
  const previous = last?.digest ?? sha256('')
  const digest = sha256(canonicalJson({ ...event, previous } as unknown as Json))
  const facts = canonicalJson(event.facts as Json)
  const { at, actor, verb, subject } = event
  await trx.insertInto('events').values({ at, actor, verb, subject, facts, previous, digest }).execute()
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}
