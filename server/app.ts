import express, { type Express, type NextFunction, type Request, type Response } from 'express'
import { RegistryError } from '../pool/errors.ts'
import type { Deps } from './deps.ts'
import { stateApiVersion } from './http/api-version.ts'
import { identifyAsker } from './http/asker.ts'
import type { ClientOf } from './http/client.ts'
import { presentable, sendProblem } from './http/problem.ts'
import { refuseUpload } from './http/refuse-upload.ts'
import { requestId } from './http/request-id.ts'
import type { Watched } from './metrics/watched.ts'
import { apiRoutes } from './routes/api.ts'
import { healthRoutes } from './routes/health.ts'
import { legacyRoutes } from './routes/legacy.ts'
import { metricsRoutes } from './routes/metrics.ts'
import { pageRoutes, styleRoutes } from './routes/pages.ts'
import { pastRoutes } from './routes/past.ts'
import { resolveRoutes } from './routes/resolve.ts'
import { simpleRoutes } from './routes/simple.ts'

/** Everything that is not on the hot path. */
export function createApp(deps: Deps, watched: Watched): Express {
  const app = express()
  app.disable('x-powered-by')
  app.set('etag', false)
  app.set('strict routing', true)
  app.use(refuseCrossOrigin(deps.clientOf))
  app.use(healthRoutes(deps))
  app.use(styleRoutes())
  app.use(['/api/v1', '/legacy'], stateApiVersion)
  app.use(identifyAsker(deps.access))
  app.use('/metrics', metricsRoutes(watched))
  app.use('/simple', simpleRoutes(deps))
  app.use('/at', pastRoutes(deps))
  app.use('/resolve', resolveRoutes(deps))
  app.use('/legacy', legacyRoutes(deps))
  app.use('/api/v1', apiRoutes(deps))
  app.use(pageRoutes(deps))
  app.use((req, _res, next) => next(unknownPath(req)))
  app.use((error: unknown, req: Request, res: Response, _next: NextFunction) => {
    if (req.originalUrl.startsWith('/legacy')) return refuseUpload(res, fromExpress(error), deps)
    sendProblem(res, presentable(deps, fromExpress(error), requestId(req)))
  })
  return app
}

/**
 * A page of any site can make a visitor's browser send a form here, past every firewall; browsers then say in `Origin`
 * whose page it was (RFC 6454). The clients of an index are no browsers, and send none. Throws `cross-origin`.
 */
function refuseCrossOrigin(clientOf: ClientOf) {
  return (req: Request, _res: Response, next: NextFunction): void => {
    const { origin } = req.headers
    const harmless = origin === undefined || req.method === 'GET' || req.method === 'HEAD'
    if (!harmless && (!URL.canParse(origin) || new URL(origin).host !== clientOf(req).host))
      throw new RegistryError('cross-origin', { origin }, { hint: crossOriginHint })
    next()
  }
}

const crossOriginHint =
  'if it is a page of this server, a proxy asks under another host: let it pass Host on, or name it with --trusted-proxy'

const served = ['/simple/', '/at/INSTANT/simple/', '/index/PRODUCT/RELEASE/', '/pool/', '/legacy/', '/api/v1/']

function unknownPath({ method, path }: Request): RegistryError {
  return new RegistryError('path-unknown', { method, path }, { hint: `served are ${served.join(' ')}` })
}

/** Express and its body parser throw errors of HTTP with a status: the client's fault, and meant to be shown. */
function fromExpress(error: unknown): unknown {
  if (!(error instanceof Error) || !('status' in error) || typeof error.status !== 'number' || error.status >= 500)
    return error
  const code = error.status === 413 ? 'upload-too-large' : 'request-invalid'
  return new RegistryError(code, {}, { detail: error.message, cause: error })
}
