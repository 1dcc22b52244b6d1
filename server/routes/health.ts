import { Router } from 'express'
import type { Deps } from '../deps.ts'

/** For those who watch the server: it runs; it can read its records. */
export function healthRoutes({ records }: Pick<Deps, 'records'>): Router {
  const router = Router()
  router.get('/healthz', (_req, res) => {
    res.type('text/plain').send('ok\n')
  })
  router.get('/readyz', async (_req, res) => {
    await records.distribution('')
    res.type('text/plain').send('ready\n')
  })
  return router
}
