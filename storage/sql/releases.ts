import type { Kysely } from 'kysely'
import { RegistryError } from '../../pool/errors.ts'
import type { Signature } from '../../pool/proof/envelope.ts'
import { printReleaseName, type ReleaseName } from '../../pool/release-name.ts'
import type { Fault } from '../fault.ts'
import { refuseIfFull } from '../filesystem/durable.ts'
import type { FrozenRelease, ReleaseRecords, UnsignedRelease } from '../ports.ts'
import type { AuditEvent } from '../ports/events.ts'
import type { Signer } from '../signing-key.ts'
import { addEvent } from './events.ts'
import { keepSignatures, signaturesOf, signRelease } from './keys.ts'
import { frozenRelease } from './rows.ts'
import type { Schema } from './schema.ts'
import { addSummary } from './summaries.ts'

export function releaseRecords(db: Kysely<Schema>, fault: Fault, signer: Signer): ReleaseRecords {
  return {
    release: (name) => release(db, name),
    freezeRelease: (frozen, event, brought = []) =>
      freezeRelease(db, { frozen, event, fault, signer, brought }).catch(refuseIfFull),
  }
}

async function release(db: Kysely<Schema>, { product, release }: ReleaseName): Promise<FrozenRelease | undefined> {
  const named = db.selectFrom('releases').selectAll().where('product', '=', product).where('release', '=', release)
  const row = await named.executeTakeFirst()
  return row && frozenRelease(row, await signaturesOf(db, { product, release }).execute())
}

interface Freezing {
  readonly frozen: UnsignedRelease
  readonly event: AuditEvent
  readonly fault: Fault
  readonly signer: Signer
  readonly brought: readonly Signature[]
}

async function freezeRelease(
  db: Kysely<Schema>,
  { frozen, event, fault, signer, brought }: Freezing,
): Promise<FrozenRelease> {
  const { name, digest, manifest, frozenAt } = frozen
  const signature = await db.transaction().execute(async (trx) => {
    const inserted = await trx
      .insertInto('releases')
      .values({ ...name, digest, manifest, frozen_at: frozenAt })
      .onConflict((conflict) => conflict.columns(['product', 'release']).doNothing())
      .executeTakeFirst()
    if (inserted.numInsertedOrUpdatedRows !== 1n) {
      throw new RegistryError('release-frozen', { release: printReleaseName(name) }, { detail: printReleaseName(name) })
    }
    await addSummary(trx, frozen)
    const signature = await signRelease(trx, frozen, signer)
    await keepSignatures(trx, name, brought)
    await addEvent(trx, event, signer)
    fault('freeze:before-commit')
    return signature
  })
  fault('freeze:committed')
  return { ...frozen, signatures: [...brought.filter(({ key }) => key !== signature.key), signature] }
}
