import { json, Router } from 'express'
import { apiVersion } from '../../pool/api-version.ts'
import type { Deps } from '../deps.ts'
import { identityOf } from '../http/asker.ts'
import { version } from '../version.ts'
import { diffRoutes } from './diff.ts'
import { eventRoutes } from './events.ts'
import { fetchRoutes } from './fetch.ts'
import { fileRoutes } from './files.ts'
import { findRoutes } from './find.ts'
import { importRoutes } from './import.ts'
import { keyRoutes } from './keys.ts'
import { openapiRoutes } from './openapi.ts'
import { projectRoutes } from './projects.ts'
import { refreezeRoutes } from './refreeze.ts'
import { releaseQuestionRoutes } from './release-questions.ts'
import { releaseRoutes } from './releases.ts'
import { tokenRoutes } from './tokens.ts'
import { whereUsedRoutes } from './where-used.ts'
import { yankRoutes } from './yanks.ts'

/** The JSON API that the CLI speaks. */
export function apiRoutes(deps: Deps): Router {
  const router = Router()
  router.use((_req, res, next) => {
    res.set('Cache-Control', 'no-store')
    next()
  })
  const [large, small] = [json({ limit: '20mb' }), json({ limit: '4mb' })]
  // Who may write nothing has pins to compare, and no more; reading them takes the server half a second a megabyte.
  router.use((req, res, next) => (identityOf(req).scopes.length > 0 ? large : small)(req, res, next))
  router.get('/', (_req, res) => {
    res.json({ name: 'firn', version, api: apiVersion })
  })
  router.get('/whoami', (req, res) => {
    const { actor, scopes, proven } = identityOf(req)
    res.json({ actor, scopes, proven })
  })
  router.use('/openapi.json', openapiRoutes())
  router.use('/releases/import', importRoutes(deps))
  router.use('/releases', releaseQuestionRoutes(deps))
  router.use('/releases', releaseRoutes(deps))
  router.use('/diff', diffRoutes(deps))
  router.use('/where-used', whereUsedRoutes(deps))
  router.use('/fetch', fetchRoutes(deps))
  router.use('/find', findRoutes(deps))
  router.use('/yanks', yankRoutes(deps))
  router.use('/projects', projectRoutes(deps))
  router.use('/files', fileRoutes(deps))
  router.use('/refreeze', refreezeRoutes(deps))
  router.use('/events', eventRoutes(deps))
  router.use('/keys', keyRoutes(deps))
  router.use('/tokens', tokenRoutes(deps))
  return router
}
