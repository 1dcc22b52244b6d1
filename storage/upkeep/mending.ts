import type SQLite from 'better-sqlite3'
import { Kysely, SqliteDialect, type Transaction } from 'kysely'
import type { Iso } from '../../pool/distribution.ts'
import type { Fault } from '../fault.ts'
import { refuseIfFull } from '../filesystem/durable.ts'
import { requireOneDisk } from '../filesystem/one-disk.ts'
import { openPoolFiles } from '../filesystem/pool-files.ts'
import { openStaging, type Staging } from '../filesystem/staging.ts'
import type { Layout } from '../layout.ts'
import type { PoolFiles } from '../ports.ts'
import type { AuditEvent } from '../ports/events.ts'
import { openSigningKey, type Signer } from '../signing-key.ts'
import { addEvent } from '../sql/events.ts'
import { keyRecords } from '../sql/keys.ts'
import type { Schema } from '../sql/schema.ts'
import { connect } from '../sql/sqlite.ts'

/** What upkeep gets from whoever calls it. */
export interface MendingDeps {
  /** The bytes behind a URL. */
  readonly download: (url: string, signal: AbortSignal) => Promise<AsyncIterable<Uint8Array>>
  readonly now: () => Iso
  readonly fault: Fault
  /** The key to sign with; `undefined`: the one of the data directory. */
  readonly signingKey: string | undefined
  readonly signal: AbortSignal
}

/** What a repair works with: a data directory that nobody else has open for writing. */
export interface Mending extends Omit<MendingDeps, 'signingKey'> {
  readonly places: Layout
  readonly database: SQLite.Database
  readonly files: PoolFiles
  readonly staging: Staging
  /** Changes rows with the event that tells of it, in one commit. */
  readonly change: (event: Told, work?: (trx: Transaction<Schema>) => Promise<unknown>) => Promise<void>
  close(): Promise<void>
}

/** What an event says, besides who and when. */
export type Told = Pick<AuditEvent, 'subject' | 'facts'> & { readonly verb?: 'repair' | 'collect' }

/** Who works on a data directory itself, as events name him: whoever may write to it. */
const actor = 'data directory'

/** Opens what a repair works with; the caller holds the data lock. Throws `signing-key-unusable`, `data-unusable`. */
export async function openMending(places: Layout, { signingKey, ...deps }: MendingDeps): Promise<Mending> {
  const signer = await openSigningKey(places, signingKey, deps.fault)
  const database = connect(places.database)
  const db = new Kysely<Schema>({ dialect: new SqliteDialect({ database }) })
  try {
    await keyRecords(db, deps.fault, signer).takeUpKey(deps.now())
    const files = await openPoolFiles(places, deps.fault)
    const staging = await openStaging(places.staging)
    await requireOneDisk(places)
    const change = (told: Told, work?: (trx: Transaction<Schema>) => Promise<unknown>) =>
      commit(db, { ...deps, signer }, told, work)
    return { ...deps, places, database, files, staging, change, close: () => db.destroy() }
  } catch (error) {
    await db.destroy()
    throw error
  }
}

async function commit(
  db: Kysely<Schema>,
  { now, fault, signer }: Pick<MendingDeps, 'now' | 'fault'> & { readonly signer: Signer },
  { verb = 'repair', subject, facts }: Told,
  work: (trx: Transaction<Schema>) => Promise<unknown> = () => Promise.resolve(),
): Promise<void> {
  const write = async (trx: Transaction<Schema>) => {
    await work(trx)
    await addEvent(trx, { at: now(), actor, verb, subject, facts }, signer)
    fault('repair:before-commit')
  }
  await db.transaction().execute(write).catch(refuseIfFull)
  fault('repair:committed')
}
