import { Router } from 'express'
import { z } from 'zod'
import { removeDistribution, type RemoveDeps } from '../actions/remove-distribution.ts'
import type { Deps } from '../deps.ts'
import { actorOf, identityOf } from '../http/asker.ts'
import { parseBody } from '../http/body.ts'
import { operation, type Operation } from '../http/operation.ts'
import { reasonField } from './reason-field.ts'

const removeBody = z.strictObject({
  reason: reasonField,
  force: z.boolean().default(false).describe('also what a release holds'),
  dryRun: z.boolean().default(false),
})

const removeAnswer = z.strictObject({
  filename: z.string(),
  outcome: z.enum(['removed', 'same']),
  size: z.int().nullable(),
  releases: z.array(z.string()).readonly().describe('that hold the file'),
})

export const fileOperations: readonly Operation[] = [
  operation('delete', '/files/{filename}', {
    summary: 'Take a file out of the pool for good, if the law asks for it',
    body: removeBody,
    answer: removeAnswer,
  }),
]

/** `/api/v1/files`: for those who may everything. */
export function fileRoutes(deps: RemoveDeps & Pick<Deps, 'access'>): Router {
  const router = Router()
  router.delete('/:filename', async (req, res) => {
    deps.access.require(identityOf(req), { verb: 'admin' })
    const asked = parseBody(removeBody, req)
    const removed = await removeDistribution(deps, { ...asked, filename: req.params.filename, actor: actorOf(req) })
    res.json(removed satisfies z.input<typeof removeAnswer>)
  })
  return router
}
