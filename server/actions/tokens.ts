import type { Scope } from '../../pool/access/scope.ts'
import { RegistryError } from '../../pool/errors.ts'
import type { NewToken } from '../../storage/ports/tokens.ts'
import { mintToken } from '../access/token.ts'
import type { Deps } from '../deps.ts'

export interface TokenRequest {
  readonly name: string
  readonly scopes: readonly Scope[]
  /** `null`: it does not expire. */
  readonly expiresAt: string | null
  readonly actor: string
}

export interface CreatedToken {
  /** The token itself: this is the only time that it is there to be read. */
  readonly text: string
  readonly token: Omit<NewToken, 'sha256'>
}

type TokenDeps = Pick<Deps, 'records' | 'now'>

/** Makes a token; nothing but its hash is kept. Throws `request-invalid` if it would have expired already. */
export async function createToken({ records, now }: TokenDeps, request: TokenRequest): Promise<CreatedToken> {
  const { name, scopes, expiresAt, actor } = request
  const at = now()
  if (expiresAt !== null && expiresAt <= at) {
    throw new RegistryError('request-invalid', { expiresAt }, { detail: `${expiresAt} has gone by` })
  }
  const { id, text, sha256 } = mintToken()
  const token = { id, name, scopes: [...new Set(scopes)].toSorted(), createdAt: at, createdBy: actor, expiresAt }
  const facts = { name, scopes: token.scopes, expires: expiresAt }
  await records.addToken({ ...token, sha256 }, { at, actor, verb: 'create-token', subject: id, facts })
  return { text, token }
}

/** Takes a token's power away, at once and for good. Throws `token-unknown`. */
export async function revokeToken(
  { records, now, access }: TokenDeps & Pick<Deps, 'access'>,
  { id, actor }: { readonly id: string; readonly actor: string },
): Promise<'revoked' | 'same'> {
  const outcome = await records.revokeToken(id, { at: now(), actor, verb: 'revoke-token', subject: id, facts: {} })
  access.forget()
  return outcome
}
