import { Router } from 'express'
import { z } from 'zod'
import { indexPath, printReleaseName } from '../../pool/release-name.ts'
import { importRelease } from '../actions/import-release.ts'
import type { Deps } from '../deps.ts'
import { actorOf, askedBy, identityOf } from '../http/asker.ts'
import { parseBody } from '../http/body.ts'

export const importBody = z.strictObject({
  /** The manifest's own bytes, as text. */
  manifest: z.string(),
  /** A `manifest.json.sig`. */
  envelope: z.string().optional(),
  dryRun: z.boolean().default(false),
})

/** `/api/v1/releases/import`: releases that were frozen elsewhere. */
export function importRoutes(deps: Deps): Router {
  const router = Router()
  router.post('/', async (req, res) => {
    const body = parseBody(importBody, req)
    const { name, outcome, digest, lacking } = await importRelease(askedBy(deps, req), {
      ...body,
      envelope: body.envelope,
      actor: actorOf(req),
      mayFreeze(product, base) {
        deps.access.require(identityOf(req), { verb: 'freeze', product })
        deps.access.requireBase(identityOf(req), product, base)
      },
    })
    res.status(outcome === 'imported' ? 201 : 200)
    res.json({
      release: printReleaseName(name),
      outcome,
      digest,
      path: indexPath(name),
      lacking: lacking.map(({ filename }) => filename),
    })
  })
  return router
}
