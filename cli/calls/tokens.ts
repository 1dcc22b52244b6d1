import type { Scope } from '../../pool/access/scope.ts'
import type { Connection } from '../connection.ts'

/** The shapes are those of `server/routes/tokens.ts`. */
export interface TokenFacts {
  readonly id: string
  readonly name: string
  readonly scopes: readonly Scope[]
  readonly createdAt: string
  readonly createdBy: string
  readonly expiresAt: string | null
}

export interface ListedToken extends TokenFacts {
  readonly revokedAt: string | null
  readonly lastUsedAt: string | null
}

export interface TokenBody {
  readonly name: string
  readonly scopes: readonly string[]
  readonly expiresAt: string | null
}

export function createToken(connection: Connection, body: TokenBody): Promise<TokenFacts & { readonly token: string }> {
  return connection.json('POST', '/api/v1/tokens', body)
}

export async function listTokens(connection: Connection): Promise<readonly ListedToken[]> {
  return (await connection.json<{ tokens: readonly ListedToken[] }>('GET', '/api/v1/tokens')).tokens
}

export function revokeToken(
  connection: Connection,
  id: string,
): Promise<{ readonly id: string; readonly outcome: 'revoked' | 'same' }> {
  return connection.json('DELETE', `/api/v1/tokens/${encodeURIComponent(id)}`)
}
