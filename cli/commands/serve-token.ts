import { resolve } from 'node:path'
import { parseScope } from '../../pool/access/scope.ts'
import { createToken } from '../../server/actions/tokens.ts'
import { openStore, type Store } from '../../storage/store.ts'
import type { TokenBody, TokenFacts } from '../calls/tokens.ts'

const now = () => new Date().toISOString()

/** Makes a token without a server, for whoever may read the data directory anyway. Throws `data-in-use`, `scope-invalid`. */
export async function createTokenInData(
  data: string,
  { name, scopes, expiresAt }: TokenBody,
): Promise<TokenFacts & { readonly token: string }> {
  const store = await openStore(resolve(data))
  try {
    const request = { name, scopes: scopes.map(parseScope), expiresAt, actor: 'data directory' }
    const { text, token } = await createToken({ records: store.records, now }, request)
    return { token: text, ...token }
  } finally {
    await store.close()
  }
}

/** The first token of a new data directory, which may everything; `undefined` where there has been one. */
export async function firstToken({ records }: Pick<Store, 'records'>): Promise<string | undefined> {
  if ((await records.tokens()).length > 0) return undefined
  const request = { name: 'first', scopes: ['admin'], expiresAt: null, actor: 'first start' }
  return (await createToken({ records, now }, request)).text
}
