import { Router } from 'express'
import { z } from 'zod'
import { parseProjectName } from '../../pool/project-name.ts'
import { projectStates } from '../../pool/project-status.ts'
import { setProjectStatus } from '../actions/project-status.ts'
import type { Deps } from '../deps.ts'
import { actorOf, askedBy, identityOf } from '../http/asker.ts'
import { parseBody } from '../http/body.ts'
import { operation, type Operation } from '../http/operation.ts'
import { reasonField } from './reason-field.ts'

const statusBody = z.strictObject({
  status: z.enum(projectStates),
  reason: reasonField.nullable().default(null),
  dryRun: z.boolean().default(false),
})

const statusFields = {
  project: z.string(),
  status: z.enum(projectStates),
  reason: z.string().nullable(),
}

const setAnswer = z.strictObject({ ...statusFields, outcome: z.enum(['set', 'same']) })
const statusAnswer = z.strictObject({ ...statusFields, since: z.iso.datetime().nullable() })
const listAnswer = z.strictObject({ projects: z.array(statusAnswer) })

const statusPath = '/projects/{project}/status'

export const projectOperations: readonly Operation[] = [
  operation('get', '/projects/statuses', {
    summary: 'The projects of which something was said (PEP 792)',
    answer: listAnswer,
  }),
  operation('get', statusPath, { summary: 'What is said of a project', answer: statusAnswer }),
  operation('put', statusPath, { summary: 'Say something of a project', body: statusBody, answer: setAnswer }),
]

/**
 * `/api/v1/projects`: what is said of a project (PEP 792), by those who may upload its files; into quarantine and out of it
 * by those who may everything.
 */
export function projectRoutes(deps: Pick<Deps, 'records' | 'now' | 'access'>): Router {
  const router = Router()
  router.get('/statuses', async (req, res) => {
    const projects = await askedBy(deps, req).records.projectStatuses()
    res.json({
      projects: projects.map(({ at, ...status }) => ({ ...status, since: at })),
    } satisfies z.input<typeof listAnswer>)
  })
  router.get('/:project/status', async (req, res) => {
    const project = parseProjectName(req.params.project)
    const {
      status = 'active',
      reason = null,
      at = null,
    } = (await askedBy(deps, req).records.projectStatus(project)) ?? {}
    res.json({ project, status, reason, since: at } satisfies z.input<typeof statusAnswer>)
  })
  router.put('/:project/status', async (req, res) => {
    const project = parseProjectName(req.params.project)
    const { status, reason, dryRun } = parseBody(statusBody, req)
    const held = await deps.records.projectStatus(project)
    const grave = [held?.status, status].includes('quarantined')
    deps.access.require(identityOf(req), grave ? { verb: 'admin' } : { verb: 'upload', project })
    const outcome = await setProjectStatus(deps, { project, status, reason, dryRun, actor: actorOf(req) })
    res.json({ project, status, reason, outcome } satisfies z.input<typeof setAnswer>)
  })
  return router
}
