import { json, Router, type Request, type Response } from 'express'
import { z } from 'zod'
import { RegistryError } from '../../pool/errors.ts'
import { parseReleaseName, printReleaseName } from '../../pool/release-name.ts'
import { parseTarget } from '../../pool/target.ts'
import { fetchDistributions } from '../actions/fetch-distributions.ts'
import { freezeRelease } from '../actions/freeze-release.ts'
import type { Deps } from '../deps.ts'
import { actorOf } from '../http/actor.ts'
import { eventStream } from '../http/event-stream.ts'
import { version } from '../version.ts'

const sources = z
  .array(z.strictObject({ name: z.string().max(500), text: z.string() }))
  .min(1)
  .max(200)
const targets = z.array(z.string()).min(1).max(50)
const index = z.url({ protocol: /^https?$/ }).optional()

const fetchBody = z.strictObject({ sources, targets, allFiles: z.boolean().default(false), index })
const freezeBody = z.strictObject({ sources, targets, dryRun: z.boolean().default(false) })

/** The JSON API that the CLI speaks. */
export function apiRoutes(deps: Deps): Router {
  const router = Router()
  router.use(json({ limit: '5mb' }))
  router.get('/', (_req, res) => {
    res.json({ name: 'firn', version })
  })
  router.get('/releases', async (_req, res) => {
    const releases = await deps.records.releases()
    res.json({ releases: releases.map(({ name, digest, frozenAt }) => ({ ...name, digest, 'frozen-at': frozenAt })) })
  })
  router.put('/releases/:product/:release', async (req, res) => {
    const body = parseBody(freezeBody, req)
    const name = parseReleaseName(req.params.product, req.params.release)
    const request = { ...body, name, targets: body.targets.map(parseTarget), actor: actorOf(req) }
    const { outcome, digest, manifest, notices } = await freezeRelease(deps, request)
    deps.fault('freeze:before-answer')
    res.status(outcome === 'frozen' ? 201 : 200)
    res.json({
      release: printReleaseName(name),
      outcome,
      digest,
      path: `/index/${printReleaseName(name)}/`,
      notices,
      manifest,
    })
  })
  router.post('/fetch', (req, res) => fetchRoute(deps, req, res))
  return router
}

async function fetchRoute(deps: Deps, req: Request, res: Response): Promise<void> {
  const body = parseBody(fetchBody, req)
  const stream = eventStream(res)
  const request = { ...body, index: body.index, targets: body.targets.map(parseTarget), actor: actorOf(req) }
  try {
    await fetchDistributions(deps, { ...request, signal: stream.signal }, stream.send)
    stream.end()
  } catch (error) {
    // Who went away gets no answer; what had come stays.
    if (!stream.signal.aborted) throw error
  }
}

/** Throws `request-invalid`, which names each field that is wrong. */
function parseBody<S extends z.ZodType>(schema: S, { body }: Request): z.output<S> {
  const { success, data, error } = schema.safeParse(body)
  if (success) return data
  const problems = error.issues
    .slice(0, 20)
    .map(({ path, message }) => ({ message: `${path.join('.') || 'body'}: ${message.slice(0, 300)}` }))
  throw new RegistryError(
    'request-invalid',
    { problems },
    { detail: problems.map(({ message }) => message).join('; ') },
  )
}
