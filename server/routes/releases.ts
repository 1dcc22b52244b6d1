import { Router, type Request } from 'express'
import { z } from 'zod'
import { parseProjectName } from '../../pool/project-name.ts'
import {
  indexPath,
  parseReleaseName,
  printReleaseName,
  splitReleaseName,
  type ReleaseName,
} from '../../pool/release-name.ts'
import { parseTarget } from '../../pool/target.ts'
import { freezeRelease, type FreezeRequest } from '../actions/freeze-release.ts'
import type { Deps } from '../deps.ts'
import { actorOf, askedBy, identityOf } from '../http/asker.ts'
import { parseBody } from '../http/body.ts'
import { policyField, waiverField } from './policy-field.ts'
import { readFields, sourcesField, targetsField } from './pin-sources.ts'
import { sourceField } from './source-field.ts'

const text = z.string().max(500)

export const freezeBody = z.strictObject({
  sources: sourcesField.default([]),
  /** None: those of the base. */
  targets: targetsField.default([]),
  base: text.optional(),
  ...readFields,
  without: z.array(text).max(1000).default([]),
  changelog: sourcesField.element.optional(),
  source: sourceField.nullable().default(null),
  policy: policyField.optional(),
  waivers: z.array(waiverField).max(1000).default([]),
  dryRun: z.boolean().default(false),
})

/** `/api/v1/releases`: freezing. Questions are in `release-questions.ts`. */
export function releaseRoutes(deps: Deps): Router {
  const router = Router()
  router.put('/:product/:release', async (req, res) => {
    const name = parseReleaseName(req.params.product, req.params.release)
    deps.access.require(identityOf(req), { verb: 'freeze', product: name.product })
    const request = freezeRequest(name, req)
    deps.access.requireBase(identityOf(req), name.product, request.base?.product)
    const { outcome, digest, manifest, signatures, notices } = await freezeRelease(askedBy(deps, req), request)
    deps.fault('freeze:before-answer')
    res.status(outcome === 'frozen' ? 201 : 200)
    res.json({
      release: printReleaseName(name),
      outcome,
      digest,
      path: indexPath(name),
      notices,
      signatures,
      manifest,
    })
  })
  return router
}

function freezeRequest(name: ReleaseName, req: Request<{ product: string; release: string }>): FreezeRequest {
  const body = parseBody(freezeBody, req as Request)
  return {
    ...body,
    name,
    targets: body.targets.map(parseTarget),
    without: body.without.map(parseProjectName),
    base: body.base === undefined ? undefined : splitReleaseName(body.base),
    actor: actorOf(req),
  }
}
