import { Router, type Request, type Response } from 'express'
import { z } from 'zod'
import { parseProjectName } from '../../pool/project-name.ts'
import { parseTarget } from '../../pool/target.ts'
import { fetchDistributions } from '../actions/fetch-distributions.ts'
import type { FetchDeps } from '../actions/fetch-request.ts'
import type { Deps } from '../deps.ts'
import { actorOf, askedBy, identityOf } from '../http/asker.ts'
import { parseBody } from '../http/body.ts'
import { eventStream } from '../http/event-stream.ts'
import { requestId } from '../http/request-id.ts'
import { cooldownOf, durationField } from './cooldown-fields.ts'
import { readFields, sourcesField, targetsField } from './pin-sources.ts'

const urls = z
  .array(z.url({ protocol: /^https?$/ }))
  .max(50)
  .default([])

const names = z.array(z.string()).max(100_000).default([])

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
  fromUpstream: names,
  atHand: names,
  minAge: durationField.optional(),
  allowYoung: z.array(z.string()).max(1000).default([]),
})

type FetchRouteDeps = Omit<FetchDeps, 'visible'> & Pick<Deps, 'access' | 'minAge' | 'intake'>

/** `POST /api/v1/fetch`: brings distributions into the pool, telling of it as it goes. */
export function fetchRoutes(deps: FetchRouteDeps): Router {
  const router = Router()
  router.post('/', (req, res) => fetchRoute(deps, req, res))
  return router
}

async function fetchRoute(deps: FetchRouteDeps, req: Request, res: Response): Promise<void> {
  deps.access.require(identityOf(req), { verb: 'fetch' })
  const body = parseBody(fetchBody, req)
  const known = {
    ...body,
    targets: body.targets.map(parseTarget),
    fromUpstream: body.fromUpstream.map(parseProjectName),
    atHand: body.atHand.map(parseProjectName),
    cooldown: cooldownOf(deps, req, body),
    actor: actorOf(req),
    requestId: requestId(req),
  }
  const visible = askedBy(deps, req).records
  const leave = deps.intake.enter()
  const stream = eventStream(res)
  try {
    await fetchDistributions({ ...deps, visible }, { ...known, signal: stream.signal }, stream.send)
    stream.end()
  } catch (error) {
    // Who went away gets no answer; what had come stays.
    if (!stream.signal.aborted) throw error
  } finally {
    leave()
  }
}
