import { Router } from 'express'
import { RegistryError } from '../../pool/errors.ts'
import type { Deps } from '../deps.ts'
import { requestId } from '../http/request-id.ts'
import { sharedWork } from '../shared-work.ts'

type Health = Pick<Deps, 'records' | 'staging' | 'accepting' | 'onError'>

/**
 * For those who watch the server, token or not. `/healthz`: it runs and answers; who restarts it otherwise asks this.
 * `/readyz`: it is also not being stopped, its database answers, and its data directory takes a file; who sends it
 * requests asks this, and gets `not-ready` (503) while one of these does not hold. What is wrong is in the log.
 */
export function healthRoutes(deps: Health): Router {
  const router = Router()
  router.get('/healthz', (_req, res) => {
    res.type('text/plain').set('Cache-Control', 'no-store').send('ok\n')
  })
  // Anybody may ask, and each file that is synced costs the disk something.
  const probe = sharedWork(() => deps.staging.probe())
  router.get('/readyz', async (req, res) => {
    await requireReady({ ...deps, probe }, requestId(req))
    res.type('text/plain').set('Cache-Control', 'no-store').send('ready\n')
  })
  return router
}

/** Throws `not-ready`. */
async function requireReady(
  { accepting, records, probe, onError }: Health & { readonly probe: () => Promise<void> },
  id: string,
): Promise<void> {
  if (!accepting()) throw notReady('it is being stopped')
  const holds = async (test: () => Promise<unknown>, otherwise: string) => {
    try {
      await test()
    } catch (cause) {
      const error = notReady(otherwise, cause)
      onError(error, id)
      throw error
    }
  }
  await holds(() => records.lastEvent(), 'its database does not answer')
  await holds(probe, 'its data directory takes no file')
}

function notReady(detail: string, cause?: unknown): RegistryError {
  return new RegistryError('not-ready', {}, { detail, hint: "what is wrong is in the server's log", cause })
}
