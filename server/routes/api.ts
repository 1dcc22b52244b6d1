import { json, Router } from 'express'
import type { Deps } from '../deps.ts'
import { version } from '../version.ts'
import { fetchRoutes } from './fetch.ts'
import { importRoutes } from './import.ts'
import { refreezeRoutes } from './refreeze.ts'
import { releaseRoutes } from './releases.ts'

/** The JSON API that the CLI speaks. */
export function apiRoutes(deps: Deps): Router {
  const router = Router()
  router.use(json({ limit: '20mb' }))
  router.get('/', (_req, res) => {
    res.json({ name: 'firn', version })
  })
  router.use('/releases/import', importRoutes(deps))
  router.use('/releases', releaseRoutes(deps))
  router.use('/fetch', fetchRoutes(deps))
  router.use('/refreeze', refreezeRoutes(deps))
  return router
}
