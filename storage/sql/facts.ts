import type { Kysely, Transaction } from 'kysely'
import { canonicalJson, type Json } from '../../pool/canonical-json.ts'
import type { Sha256 } from '../../pool/distribution.ts'
import { factsReader, type DistributionFacts } from '../../pool/facts.ts'
import { refuseIfFull } from '../filesystem/durable.ts'
import type { FactRecords } from '../ports.ts'
import { inBatches } from './batch.ts'
import type { FactsRow, Schema } from './schema.ts'

/** Facts belong to bytes: two filenames with one content share them. */
export function factRecords(db: Kysely<Schema>): FactRecords {
  return {
    factsOfAll: async (sha256s) => {
      const rows = await inBatches(sha256s, (some) =>
        db
          .selectFrom('facts')
          .select(['sha256', 'facts'])
          .where('sha256', 'in', some)
          .where('reader', '=', factsReader)
          .execute(),
      )
      return new Map(rows.map(({ sha256, facts }) => [sha256, JSON.parse(facts) as DistributionFacts]))
    },
    addFacts: (facts) => addAll(db, facts).catch(refuseIfFull),
  }
}

async function addAll(db: Kysely<Schema>, facts: ReadonlyMap<Sha256, DistributionFacts>): Promise<void> {
  await db.transaction().execute(async (trx) => {
    for (const [sha256, each] of facts) await insertFacts(trx, sha256, each)
  })
}

/** The same content has the same facts: what is there already stays. */
export async function insertFacts(trx: Transaction<Schema>, sha256: Sha256, facts: DistributionFacts): Promise<void> {
  await trx
    .insertInto('facts')
    .values(factsRow(sha256, facts))
    .onConflict((conflict) => conflict.columns(['sha256', 'reader']).doNothing())
    .execute()
}

function factsRow(sha256: Sha256, facts: DistributionFacts): FactsRow {
  return { sha256, reader: factsReader, facts: canonicalJson(facts as unknown as Json) }
}
