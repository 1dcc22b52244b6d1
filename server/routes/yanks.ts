import { Router } from 'express'
import { z } from 'zod'
import { yankFiles } from '../actions/yank-files.ts'
import type { Deps } from '../deps.ts'
import { actorOf, askedBy, identityOf } from '../http/asker.ts'
import { parseBody } from '../http/body.ts'
import { operation, type Operation } from '../http/operation.ts'
import { reasonField } from './reason-field.ts'

const yankBody = z.strictObject({
  wanted: z
    .array(z.string().min(1).max(500))
    .min(1)
    .max(500)
    .describe("each a filename, a sha256, or versions of a project, as lxml==4.9.1 or 'lxml<4'"),
  reason: reasonField.nullable().describe('null: the files are no longer yanked'),
  dryRun: z.boolean().default(false),
})

const yankAnswer = z.strictObject({
  files: z
    .array(
      z.strictObject({
        filename: z.string(),
        changed: z.boolean(),
        releases: z.array(z.string()).readonly().describe('that hold the file; they do not change'),
      }),
    )
    .readonly(),
})

export const yankOperations: readonly Operation[] = [
  operation('post', '/yanks', {
    summary: 'Mark files as yanked (PEP 592), or no longer',
    body: yankBody,
    answer: yankAnswer,
  }),
]

/** `/api/v1/yanks`: for those who may upload files of the project. */
export function yankRoutes(deps: Pick<Deps, 'records' | 'now' | 'access'>): Router {
  const router = Router()
  router.post('/', async (req, res) => {
    const identity = identityOf(req)
    deps.access.requireUploader(identity)
    const files = await yankFiles(askedBy(deps, req), {
      ...parseBody(yankBody, req),
      actor: actorOf(req),
      mayMark: ({ project }) => deps.access.require(identity, { verb: 'upload', project }),
    })
    res.json({ files } satisfies z.input<typeof yankAnswer>)
  })
  return router
}
