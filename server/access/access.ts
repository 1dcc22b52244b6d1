import type { IncomingMessage } from 'node:http'
import { grants, narrowestScope, type Action, type Scope } from '../../pool/access/scope.ts'
import { RegistryError } from '../../pool/errors.ts'
import type { TokenRecord, TokenRecords } from '../../storage/ports/tokens.ts'
import type { ClientOf } from '../http/client.ts'
import { attempts } from './attempts.ts'
import { credentialsOf, isLocal } from './credentials.ts'
import { isToken, tokenId } from './token.ts'

/** Who asks. */
export interface Identity {
  /** For audit events: `anonymous`, `token ci (3f2a…)`. */
  readonly actor: string
  readonly scopes: readonly Scope[]
  /** Whether the scopes are those of a token, not what is open to whoever is there. */
  readonly proven: boolean
}

export interface AccessOptions {
  /** `open`: whoever reaches the server may write; `local`: whoever is on this machine; `token`: nobody without. */
  readonly writes: 'open' | 'local' | 'token'
  /** `token`: nothing at all is read without one. */
  readonly reads: 'open' | 'token'
  /** Products that nobody sees without a token for them. */
  readonly privateProducts: readonly string[]
}

/** Who may do what. Every rule of it is here; routes ask. */
export interface Access {
  /** Throws `token-invalid`, `attempts-exceeded`. */
  identify(req: IncomingMessage): Promise<Identity>
  /** Whether anybody may see a product, or what is nobody's (`null`), so that nobody need be asked who he is. */
  isPublic(product: string | null): boolean
  /** Whether what is read depends on who asks. */
  readonly tellsApart: boolean
  may(identity: Identity, action: Action): boolean
  /** The private products that someone may not see. */
  hiddenFrom(identity: Identity): ReadonlySet<string>
  /** Throws `token-required`, `not-allowed`. */
  require(identity: Identity, action: Action): void
  /**
   * Throws `freeze-refused` if a release of a product that all may see would show the pins of a private base. To whom the
   * base is hidden it is not there, which he is told elsewhere.
   */
  requireBase(identity: Identity, product: string, base: string | undefined): void
  /** For an upload whose project is not known yet. Throws `token-required`, `not-allowed`. */
  requireUploader(identity: Identity): void
  /** For what shows everything there is, as the log does. Throws `token-required`, `not-allowed`. */
  requireAll(identity: Identity): void
  /** A token was made or revoked: what is remembered of tokens no longer holds. */
  forget(): void
  /** How many tokens came that did not hold. */
  refusals(): number
}

interface AccessDeps {
  readonly records: TokenRecords
  readonly now: () => string
  readonly clientOf: ClientOf
}

const anonymous: Identity = { actor: 'anonymous', scopes: [], proven: false }
/** Sent a password, which is no token of firn's. */
const stranger: Identity = { ...anonymous }
const openWriter: Identity = { ...anonymous, scopes: ['upload', 'freeze', 'deploy'] }

export function makeAccess({ records, now, clientOf }: AccessDeps, options: AccessOptions): Access {
  const hidden = new Set(options.privateProducts)
  const tokens = knownTokens(records)
  const isPublic = (product: string | null) => options.reads === 'open' && (product === null || !hidden.has(product))
  const may = ({ scopes, proven }: Identity, action: Action): boolean => {
    if (action.verb === 'read' && isPublic(action.product)) return true
    // What is open to whoever is there ends where a product is private.
    if (!proven && action.verb === 'read') return false
    if (!proven && action.verb === 'freeze' && !isPublic(action.product)) return false
    // Whoever holds any token sees what is nobody's in particular.
    if (action.verb === 'read' && action.product === null) return true
    return grants(scopes, action)
  }
  const hiddenFrom = (identity: Identity): ReadonlySet<string> =>
    [anonymous, stranger, openWriter].includes(identity)
      ? hidden
      : new Set([...hidden].filter((product) => !may(identity, { verb: 'read', product })))
  return {
    ...identifying({ tokens, now, clientOf }, options),
    isPublic,
    tellsApart: hidden.size > 0 || options.reads === 'token',
    may,
    hiddenFrom,
    require(identity, action) {
      if (!may(identity, action)) throw denied(identity, action)
    },
    requireBase(identity, product, base) {
      if (base === undefined || hiddenFrom(identity).has(base)) return
      if (isPublic(product) && !isPublic(base)) throw publicOver(product, base)
    },
    requireUploader(identity) {
      const may = identity.scopes.some((scope) => /^(?:admin|upload(?::.*)?)$/.test(scope))
      if (!may) throw denied(identity, { verb: 'fetch' })
    },
    requireAll(identity) {
      if (hiddenFrom(identity).size > 0) throw denied(identity, { verb: 'read', product: null })
    },
    forget: () => tokens.forget(),
  }
}

interface IdentifyDeps extends Pick<AccessDeps, 'now' | 'clientOf'> {
  readonly tokens: KnownTokens
}

function identifying(
  { tokens, now, clientOf }: IdentifyDeps,
  options: AccessOptions,
): Pick<Access, 'identify' | 'refusals'> {
  const failures = attempts(Date.now)
  let refusals = 0
  return {
    refusals: () => refusals,
    async identify(req) {
      const text = credentialsOf(req)
      // twine sends a password whether one is needed or not; what is no token of ours proves nothing, and costs nothing.
      if (text === undefined || tokenId(text) === undefined) {
        const unproven = text === undefined ? anonymous : stranger
        if (options.reads === 'token') throw denied(unproven, { verb: 'read', product: null })
        return isOpenTo(req, clientOf, options) ? openWriter : unproven
      }
      const { address } = clientOf(req)
      const token = await tokens.find(text)
      // A right token never waits: behind a proxy that is not trusted all come from one address, and whoever fails there would lock them out.
      if (!token || !holds(token, now())) {
        refusals++
        const wait = failures.waitOf(address)
        if (wait > 0) throw tooMany(wait)
        failures.failed(address)
        throw refused(token)
      }
      tokens.used(token, now())
      return { actor: `token ${token.name} (${token.id})`, scopes: token.scopes, proven: true }
    },
  }
}

/** Whoever comes through a proxy comes from elsewhere, whatever the proxy says or leaves unsaid. */
function isOpenTo(req: IncomingMessage, clientOf: ClientOf, { writes }: AccessOptions): boolean {
  return writes === 'open' || (writes === 'local' && isLocal(req) && !clientOf(req).fromProxy)
}

function holds({ expiresAt, revokedAt }: TokenRecord, now: string): boolean {
  return revokedAt === null && (expiresAt === null || now < expiresAt)
}

interface KnownTokens {
  find(text: string): Promise<TokenRecord | undefined>
  used(token: TokenRecord, at: string): void
  forget(): void
}

/** Tokens in memory, and when each was used, written down once a minute at most. */
function knownTokens(records: TokenRecords): KnownTokens {
  let known = new Map<string, TokenRecord>()
  const written = new Map<string, string>()
  return {
    async find(text) {
      const id = tokenId(text)
      if (id === undefined) return undefined
      // What was read before a revocation is put where that has emptied, or it would be remembered for ever.
      const current = known
      const token = current.get(id) ?? (await records.token(id))
      if (!token || !isToken(text, token.sha256)) return undefined
      current.set(id, token)
      return token
    },
    used({ id }, at) {
      const minute = at.slice(0, 16)
      if (written.get(id) === minute) return
      written.set(id, minute)
      // Losing one such note is no loss; a full disk must not keep anybody from reading.
      records.tokenUsed(id, at).catch(() => written.delete(id))
    },
    forget: () => (known = new Map()),
  }
}

function tooMany(wait: number): RegistryError {
  const seconds = Math.ceil(wait / 1000)
  const detail = `wrong tokens came from this address; wait ${seconds} s`
  return new RegistryError('attempts-exceeded', { seconds }, { detail })
}

/** That a token was revoked or has expired is said to those alone who have it. */
function refused(token: TokenRecord | undefined): RegistryError {
  const detail = !token ? 'it is none of this server' : token.revokedAt === null ? 'it has expired' : 'it was revoked'
  return new RegistryError('token-invalid', {}, { detail, hint: 'make another: firn token create' })
}

function denied(identity: Identity, action: Action): RegistryError {
  const { proven, scopes, actor } = identity
  const scope = narrowestScope(action)
  if (!proven) {
    const came = identity === stranger ? '; what was sent is no token of firn, which starts with firn_' : ''
    const hint = 'give one with FIRN_TOKEN, firn login, or as the password of the user __token__'
    return new RegistryError('token-required', { scope }, { detail: `with the scope ${scope}${came}`, hint })
  }
  const hint = `make one that does: firn token create NAME --scope ${scope}`
  return new RegistryError(
    'not-allowed',
    { scope, scopes },
    { detail: `${actor} does not have the scope ${scope}`, hint },
  )
}

function publicOver(product: string, base: string): RegistryError {
  const message = `${base} is private and ${product} is not: whoever reads ${product} would read the pins of ${base}`
  const hint = `make it private too: firn serve --private ${base} --private ${product}`
  return new RegistryError('freeze-refused', { problems: [{ message, hint }] }, { detail: '1 problem' })
}
