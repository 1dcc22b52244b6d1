import { Router, type Request, type Response } from 'express'
import { z } from 'zod'
import { parseTarget } from '../../pool/target.ts'
import { fetchDistributions } from '../actions/fetch-distributions.ts'
import type { Deps } from '../deps.ts'
import { actorOf, identityOf } from '../http/asker.ts'
import { parseBody } from '../http/body.ts'
import { eventStream } from '../http/event-stream.ts'
import { readFields, sourcesField, targetsField } from './pin-sources.ts'

const urls = z
  .array(z.url({ protocol: /^https?$/ }))
  .max(50)
  .default([])

export const fetchBody = z.strictObject({
  sources: sourcesField.min(1),
  targets: targetsField.min(1),
  ...readFields,
  allFiles: z.boolean().default(false),
  indexes: urls,
  findLinks: urls,
  eggs: z.boolean().default(false),
  best: z.boolean().default(false),
  allowUnhashed: z.boolean().default(false),
})

/** `POST /api/v1/fetch`: brings distributions into the pool, telling of it as it goes. */
export function fetchRoutes(deps: Deps): Router {
  const router = Router()
  router.post('/', (req, res) => fetchRoute(deps, req, res))
  return router
}

async function fetchRoute(deps: Deps, req: Request, res: Response): Promise<void> {
  deps.access.require(identityOf(req), { verb: 'fetch' })
  const body = parseBody(fetchBody, req)
  const stream = eventStream(res)
  const request = { ...body, targets: body.targets.map(parseTarget), actor: actorOf(req) }
  try {
    await fetchDistributions(deps, { ...request, signal: stream.signal }, stream.send)
    stream.end()
  } catch (error) {
    // Who went away gets no answer; what had come stays.
    if (!stream.signal.aborted) throw error
  }
}
