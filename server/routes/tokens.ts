import { Router } from 'express'
import { z } from 'zod'
import { parseScope } from '../../pool/access/scope.ts'
import type { TokenRecord } from '../../storage/ports/tokens.ts'
import { createToken, revokeToken } from '../actions/tokens.ts'
import type { Deps } from '../deps.ts'
import { actorOf, identityOf } from '../http/asker.ts'
import { parseBody } from '../http/body.ts'

export const tokenBody = z.strictObject({
  name: z
    .string()
    .regex(/^[A-Za-z0-9][A-Za-z0-9 ._@-]{0,99}$/, 'a name is 1 to 100 letters, digits, blanks and . _ @ -'),
  scopes: z.array(z.string().max(300)).min(1).max(50),
  expiresAt: z.iso.datetime({ offset: true }).nullable().default(null),
})

/** `/api/v1/tokens`: for those who may everything. */
export function tokenRoutes(deps: Deps): Router {
  const router = Router()
  router.use((req, _res, next) => {
    deps.access.require(identityOf(req), { verb: 'admin' })
    next()
  })
  router.get('/', async (_req, res) => {
    res.json({ tokens: (await deps.records.tokens()).map(shown) })
  })
  router.post('/', async (req, res) => {
    const { name, scopes, expiresAt } = parseBody(tokenBody, req)
    const request = { name, scopes: scopes.map(parseScope), expiresAt: normal(expiresAt), actor: actorOf(req) }
    const { text, token } = await createToken(deps, request)
    res.status(201).json({ token: text, ...token })
  })
  router.delete('/:id', async (req, res) => {
    res.json({ id: req.params.id, outcome: await revokeToken(deps, { id: req.params.id, actor: actorOf(req) }) })
  })
  return router
}

/** Instants are compared as text: one spelling. */
function normal(at: string | null): string | null {
  return at === null ? null : new Date(at).toISOString()
}

function shown({ sha256: _hash, ...token }: TokenRecord): Omit<TokenRecord, 'sha256'> {
  return token
}
