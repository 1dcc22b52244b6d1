import { Router, type Request, type Response } from 'express'
import { z } from 'zod'
import { defaultTemplate, parseTemplate } from '../../pool/refreeze-name.ts'
import { splitReleaseName } from '../../pool/release-name.ts'
import { refreezeCustomers } from '../actions/refreeze-customers.ts'
import type { Deps } from '../deps.ts'
import { actorOf, askedBy, identityOf } from '../http/asker.ts'
import { parseBody } from '../http/body.ts'
import { eventStream } from '../http/event-stream.ts'

const text = z.string().max(500)

export const refreezeBody = z.strictObject({
  base: text,
  products: z.array(text).max(10_000).default([]),
  template: text.default(defaultTemplate),
  dryRun: z.boolean().default(false),
})

/** `POST /api/v1/refreeze`: lays customers over a new base, telling of each. */
export function refreezeRoutes(deps: Deps): Router {
  const router = Router()
  router.post('/', (req, res) => refreezeRoute(deps, req, res))
  return router
}

async function refreezeRoute(deps: Deps, req: Request, res: Response): Promise<void> {
  const { base, products, template, dryRun } = parseBody(refreezeBody, req)
  const named = { base: splitReleaseName(base), template: parseTemplate(template) }
  const permit = (product: string) => {
    deps.access.require(identityOf(req), { verb: 'freeze', product })
    deps.access.requireBase(identityOf(req), product, named.base.product)
  }
  const stream = eventStream(res)
  const request = { ...named, products, dryRun, actor: actorOf(req), permit, signal: stream.signal }
  await refreezeCustomers(askedBy(deps, req), request, stream.send)
  stream.end()
}
