import { Router } from 'express'
import { z } from 'zod'
import { projectStates } from '../../pool/project-status.ts'
import { indexPath, parseReleaseName, printReleaseName } from '../../pool/release-name.ts'
import { listReleases } from '../actions/list-releases.ts'
import { showRelease } from '../actions/show-release.ts'
import type { Deps } from '../deps.ts'
import { askedBy } from '../http/asker.ts'
import { parseQuery } from '../http/body.ts'
import { operation, type Operation } from '../http/operation.ts'
import { cutPage, nextLink, pageFields, readPosition } from '../http/page-link.ts'
import { baseField, manifestAnswer, presentSummary, summaryFields, waiverAnswer } from './release-fields.ts'

const listQuery = z.strictObject({ product: z.string().min(1).max(100).optional(), ...pageFields })

const listPosition = z.strictObject({ product: z.string(), frozenAt: z.string(), sequence: z.int() })

const listAnswer = z.strictObject({
  releases: z.array(
    z.strictObject({
      ...summaryFields,
      base: baseField
        .extend({ newer: z.string().nullable().describe("the newest release of the base's product, if it is newer") })
        .nullable(),
    }),
  ),
  next: z.string().nullable().describe('the page that follows, relative to this URL'),
})

const text = z.string()
const marked = z.strictObject({ filename: text, reason: text })

const showAnswer = z.strictObject({
  release: z.string(),
  digest: z.string(),
  path: z.string().describe('of its index'),
  'newer-base': z.string().nullable(),
  waivers: z.array(waiverAnswer.extend({ expired: z.boolean() })),
  origins: z.array(z.strictObject({ index: z.string().nullable(), files: z.array(z.string()) })),
  later: z
    .strictObject({
      yanked: z.array(marked),
      projects: z.array(z.strictObject({ project: text, status: z.enum(projectStates), reason: text.nullable() })),
      removed: z.array(marked),
    })
    .describe('what is said by now; nothing of it changes the release'),
  manifest: manifestAnswer,
})

export const releaseQuestionOperations: readonly Operation[] = [
  operation('get', '/releases', {
    summary: 'Releases, by product; within it the last frozen first',
    query: listQuery,
    answer: listAnswer,
  }),
  operation('get', '/releases/{product}/{release}', {
    summary: 'What is in a release, from where, since when',
    answer: showAnswer,
  }),
]

/** `/api/v1/releases`: what is frozen. */
export function releaseQuestionRoutes(deps: Deps): Router {
  const router = Router()
  router.get('/', async (req, res) => {
    const { product, limit, after } = parseQuery(listQuery, req)
    const from = readPosition(listPosition, after)
    const { items, last } = cutPage(
      await listReleases(askedBy(deps, req), { product, limit: limit + 1, after: from }),
      limit,
    )
    const position = last && { product: last.name.product, frozenAt: last.frozenAt, sequence: last.sequence }
    res.json({
      releases: items.map((each) => ({
        ...presentSummary(each),
        base: each.base && { ...each.base, newer: each.newerBase },
      })),
      next: nextLink({ product, limit }, position),
    } satisfies z.input<typeof listAnswer>)
  })
  router.get('/:product/:release', async (req, res) => {
    const name = parseReleaseName(req.params.product, req.params.release)
    const { digest, manifest, newerBase, waivers, origins, later } = await showRelease(askedBy(deps, req), name)
    res.json({
      release: printReleaseName(name),
      digest,
      path: indexPath(name),
      'newer-base': newerBase,
      waivers,
      origins,
      later,
      manifest,
    })
  })
  return router
}
