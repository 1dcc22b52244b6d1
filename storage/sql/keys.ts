import type { Kysely, Transaction } from 'kysely'
import type { Iso } from '../../pool/distribution.ts'
import { releaseMessage, type Signature } from '../../pool/proof/envelope.ts'
import { printReleaseName, type ReleaseName } from '../../pool/release-name.ts'
import type { Fault } from '../fault.ts'
import type { UnsignedRelease } from '../ports.ts'
import type { KeyRecords } from '../ports/keys.ts'
import type { Signer } from '../signing-key.ts'
import { addEvent, signEvent } from './events.ts'
import type { Schema } from './schema.ts'

/** Who does what firn does by itself. */
const actor = 'firn'

export function keyRecords(db: Kysely<Schema>, fault: Fault, signer: Signer): KeyRecords {
  return {
    keys: () => db.selectFrom('signing_keys').selectAll().orderBy('since').orderBy('id').execute(),
    takeUpKey: (at) => takeUpKey(db, { fault, signer, at }),
  }
}

/** A release's signatures in the order in which they are shown. Parameters: product, release. */
export function signaturesOf(db: Kysely<Schema>, { product, release }: ReleaseName) {
  return (
    db
      .selectFrom('release_signatures')
      .leftJoin('signing_keys', 'signing_keys.id', 'release_signatures.key')
      .select(['key', 'signature'])
      .where('product', '=', product)
      .where('release', '=', release)
      // A release from elsewhere shows first who made it.
      .orderBy((by) => by('signing_keys.id', 'is not', null))
      .orderBy('key')
  )
}

/** Signs a release, in the transaction of what made it. */
export async function signRelease(
  trx: Transaction<Schema>,
  { name, manifest }: Pick<UnsignedRelease, 'name' | 'manifest'>,
  signer: Signer,
): Promise<Signature> {
  const signed = { key: signer.key.id, signature: signer.sign(releaseMessage(manifest)) }
  await trx
    .insertInto('release_signatures')
    .values({ ...name, ...signed })
    .execute()
  return signed
}

/** Keeps the signatures that a release brings, beside the one that it gets here. */
export async function keepSignatures(
  trx: Transaction<Schema>,
  name: ReleaseName,
  brought: readonly Signature[],
): Promise<void> {
  if (brought.length === 0) return
  await trx
    .insertInto('release_signatures')
    .values(brought.map((signed) => ({ ...name, ...signed })))
    .onConflict((conflict) => conflict.columns(['product', 'release', 'key']).doNothing())
    .execute()
}

interface TakingUp {
  readonly fault: Fault
  readonly signer: Signer
  readonly at: Iso
}

/**
 * What was there before the first key is signed with it. Never again: who edits a line and takes its signature away
 * would have it signed by starting firn again.
 */
function takeUpKey(db: Kysely<Schema>, { fault, signer, at }: TakingUp): Promise<'new' | 'known'> {
  const { id, pem } = signer.key
  return db.transaction().execute(async (trx) => {
    const known = await trx.selectFrom('signing_keys').select('id').execute()
    if (known.some((key) => key.id === id)) return 'known'
    await trx.insertInto('signing_keys').values({ id, pem, since: at }).execute()
    const first = known.length === 0 && (await nothingIsSigned(trx))
    if (first) await signEvents(trx, signer)
    await addEvent(trx, { at, actor, verb: 'key', subject: id, facts: { pem } }, signer)
    if (first) await signReleases(trx, signer, at)
    fault('key:before-commit')
    return 'new'
  })
}

async function nothingIsSigned(trx: Transaction<Schema>): Promise<boolean> {
  return (await trx.selectFrom('event_signatures').select('sequence').limit(1).executeTakeFirst()) === undefined
}

async function signEvents(trx: Transaction<Schema>, signer: Signer): Promise<void> {
  const lines = await trx.selectFrom('events').select(['sequence', 'digest']).orderBy('sequence').execute()
  for (const line of lines) await signEvent(trx, line, signer)
}

async function signReleases(trx: Transaction<Schema>, signer: Signer, at: Iso): Promise<void> {
  const columns = ['product', 'release', 'digest'] as const
  const releases = await trx.selectFrom('releases').select(columns).orderBy('product').orderBy('release').execute()
  for (const { digest, ...name } of releases) {
    const { manifest } = await manifestOf(trx, name)
    await signRelease(trx, { name, manifest }, signer)
    await addEvent(
      trx,
      { at, actor, verb: 'sign', subject: printReleaseName(name), facts: { digest, key: signer.key.id } },
      signer,
    )
  }
}

/** One at a time: a thousand manifests at once are a gigabyte. */
function manifestOf(trx: Transaction<Schema>, { product, release }: ReleaseName): Promise<{ manifest: string }> {
  return trx
    .selectFrom('releases')
    .select('manifest')
    .where('product', '=', product)
    .where('release', '=', release)
    .executeTakeFirstOrThrow()
}
