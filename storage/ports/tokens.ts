import type { Scope } from '../../pool/access/scope.ts'
import type { Iso, Sha256 } from '../../pool/distribution.ts'
import type { AuditEvent } from './events.ts'

/** A token as it is kept: never its text. */
export interface NewToken {
  readonly id: string
  readonly name: string
  readonly scopes: readonly Scope[]
  readonly sha256: Sha256
  readonly createdAt: Iso
  readonly createdBy: string
  readonly expiresAt: Iso | null
}

export interface TokenRecord extends NewToken {
  readonly revokedAt: Iso | null
  /** To the minute. */
  readonly lastUsedAt: Iso | null
}

export interface TokenRecords {
  token(id: string): Promise<TokenRecord | undefined>
  /** All, also those that no longer hold; the oldest first. */
  tokens(): Promise<readonly TokenRecord[]>
  addToken(token: NewToken, event: AuditEvent): Promise<void>
  /** `same`: it was revoked already. Throws `token-unknown`. */
  revokeToken(id: string, event: AuditEvent): Promise<'revoked' | 'same'>
  /** Notes when a token was used, over what was noted before. */
  tokenUsed(id: string, at: Iso): Promise<void>
}
