import { Router } from 'express'
import type { Deps } from '../deps.ts'

/** `/api/v1/keys`: the public keys that releases and the log are, and were, signed with. */
export function keyRoutes({ records, signer }: Pick<Deps, 'records' | 'signer'>): Router {
  const router = Router()
  router.get('/', async (_req, res) => {
    const keys = await records.keys()
    res.json({ keys: keys.map(({ id, pem, since }) => ({ id, pem, since, current: id === signer.key.id })) })
  })
  return router
}
