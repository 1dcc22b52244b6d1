import type { Kysely, Transaction } from 'kysely'
import { canonicalJson, type Json } from '../../pool/canonical-json.ts'
import type { Sha256 } from '../../pool/distribution.ts'
import { beforeAll, lineDigest, lineMessage } from '../../pool/proof/log-line.ts'
import { refuseIfFull } from '../filesystem/durable.ts'
import type { AuditEvent, EventQuery, EventRecords, LoggedEvent } from '../ports/events.ts'
import type { Signer } from '../signing-key.ts'
import { loggedEvent } from './rows.ts'
import type { Schema } from './schema.ts'

export function eventRecords(db: Kysely<Schema>, signer: Signer): EventRecords {
  return {
    events: (query = {}) => events(db, query),
    lastEvent: () => lastEvent(db),
    noteRepair: (event) =>
      db
        .transaction()
        .execute((trx) => addEvent(trx, event, signer))
        .catch(refuseIfFull),
  }
}

async function events(db: Kysely<Schema>, query: EventQuery): Promise<readonly LoggedEvent[]> {
  const { product, project, actor, since, until, order = 'asc', after, limit } = query
  let found = db
    .selectFrom('events')
    .leftJoin('event_signatures', 'event_signatures.sequence', 'events.sequence')
    .selectAll('events')
    .select(['event_signatures.key', 'event_signatures.signature'])
    .orderBy('events.sequence', order)
  if (after !== undefined) found = found.where('events.sequence', order === 'asc' ? '>' : '<', after)
  // A release is `product/…`, and `0` is the character after `/`.
  if (product !== undefined) found = found.where('subject', '>=', `${product}/`).where('subject', '<', `${product}0`)
  if (project !== undefined)
    found = found.where((is) =>
      is.or([
        is('subject', 'in', is.selectFrom('distributions').select('filename').where('project', '=', project)),
        is.and([is('verb', '=', 'status'), is('subject', '=', project)]),
      ]),
    )
  if (actor !== undefined) found = found.where('actor', '=', actor)
  if (since !== undefined) found = found.where('at', '>=', since)
  if (until !== undefined) found = found.where('at', '<=', until)
  if (limit !== undefined) found = found.limit(limit)
  return (await found.execute()).map(loggedEvent)
}

async function lastEvent(db: Kysely<Schema>): Promise<{ sequence: number; digest: Sha256 }> {
  const last = db.selectFrom('events').select(['sequence', 'digest']).orderBy('sequence', 'desc').limit(1)
  return (await last.executeTakeFirst()) ?? { sequence: 0, digest: beforeAll }
}

/** Adds an event to the chain and signs it, in the transaction of what it tells of. */
export async function addEvent(trx: Transaction<Schema>, event: AuditEvent, signer: Signer): Promise<void> {
  const last = await lastEvent(trx)
  const [sequence, previous] = [last.sequence + 1, last.digest]
  const digest = lineDigest({ ...event, previous })
  const facts = canonicalJson(event.facts as Json)
  const { at, actor, verb, subject } = event
  await trx.insertInto('events').values({ sequence, at, actor, verb, subject, facts, previous, digest }).execute()
  await signEvent(trx, { sequence, digest }, signer)
}

/** Signs an event of the log, in the transaction of what made it. */
export async function signEvent(
  trx: Transaction<Schema>,
  line: { readonly sequence: number; readonly digest: Sha256 },
  signer: Signer,
): Promise<void> {
  const signature = signer.sign(lineMessage(line))
  await trx.insertInto('event_signatures').values({ sequence: line.sequence, key: signer.key.id, signature }).execute()
}
