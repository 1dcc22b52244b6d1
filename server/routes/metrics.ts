import { Router } from 'express'
import type { Exposition } from '../metrics/exposition.ts'
import type { Watched } from '../metrics/watched.ts'

/**
 * `/metrics`: the numbers of this server, for whoever may read at all. prom-client is loaded, and begins to look at the
 * process, with the first question: a server that nobody watches does without.
 */
export function metricsRoutes(watched: Watched): Router {
  const router = Router()
  let made: Promise<Exposition> | undefined
  router.get('/', async (_req, res) => {
    made ??= import('../metrics/exposition.ts').then(({ exposition }) => exposition(watched))
    const { contentType, print } = await made
    const text = await print()
    res.set({ 'Content-Type': contentType, 'Cache-Control': 'no-store' }).send(text)
  })
  return router
}
