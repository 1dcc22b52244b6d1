import type { Kysely, Transaction } from 'kysely'
import { RegistryError } from '../../pool/errors.ts'
import { refuseIfFull } from '../filesystem/durable.ts'
import type { NewToken, TokenRecord, TokenRecords } from '../ports/tokens.ts'
import type { Signer } from '../signing-key.ts'
import { addEvent } from './events.ts'
import type { Schema } from './schema.ts'

export function tokenRecords(db: Kysely<Schema>, signer: Signer): TokenRecords {
  return {
    token: async (id) => (await select(db).where('tokens.id', '=', id).execute()).map(tokenRecord)[0],
    tokens: async () => (await select(db).orderBy('created_at').orderBy('tokens.id').execute()).map(tokenRecord),
    addToken: (token, event) => addToken(db, token, (trx) => addEvent(trx, event, signer)).catch(refuseIfFull),
    revokeToken: (id, event) =>
      revokeToken(db, id, event.at, (trx) => addEvent(trx, event, signer)).catch(refuseIfFull),
    tokenUsed: async (id, at) => {
      const use = db.insertInto('token_uses').values({ id, at })
      await use.onConflict((conflict) => conflict.column('id').doUpdateSet({ at })).execute()
    },
  }
}

function select(db: Kysely<Schema>) {
  return db
    .selectFrom('tokens')
    .leftJoin('token_revocations', 'token_revocations.id', 'tokens.id')
    .leftJoin('token_uses', 'token_uses.id', 'tokens.id')
    .selectAll('tokens')
    .select(['token_revocations.at as revoked_at', 'token_uses.at as used_at'])
}

type Selected = Awaited<ReturnType<ReturnType<typeof select>['execute']>>[number]

function tokenRecord(row: Selected): TokenRecord {
  return {
    id: row.id,
    name: row.name,
    scopes: row.scopes.split(' '),
    sha256: row.sha256,
    createdAt: row.created_at,
    createdBy: row.created_by,
    expiresAt: row.expires_at,
    revokedAt: row.revoked_at,
    lastUsedAt: row.used_at,
  }
}

type Tell = (trx: Transaction<Schema>) => Promise<unknown>

async function addToken(db: Kysely<Schema>, token: NewToken, tell: Tell): Promise<void> {
  const { id, name, scopes, sha256, createdAt: created_at, createdBy: created_by, expiresAt: expires_at } = token
  await db.transaction().execute(async (trx) => {
    const row = { id, name, scopes: scopes.join(' '), sha256, created_at, created_by, expires_at }
    await trx.insertInto('tokens').values(row).execute()
    await tell(trx)
  })
}

async function revokeToken(db: Kysely<Schema>, id: string, at: string, tell: Tell): Promise<'revoked' | 'same'> {
  return db.transaction().execute(async (trx) => {
    const known = await trx.selectFrom('tokens').select('id').where('id', '=', id).executeTakeFirst()
    if (!known)
      throw new RegistryError('token-unknown', { token: id }, { detail: id, hint: 'firn token list shows them' })
    const inserted = await trx
      .insertInto('token_revocations')
      .values({ id, at })
      .onConflict((conflict) => conflict.column('id').doNothing())
      .executeTakeFirst()
    if (inserted.numInsertedOrUpdatedRows !== 1n) return 'same'
    await tell(trx)
    return 'revoked'
  })
}
