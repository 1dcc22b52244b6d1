import { Router } from 'express'
import { z } from 'zod'
import { projectChanges } from '../../pool/diff/project-diff.ts'
import { printReleaseName, splitReleaseName } from '../../pool/release-name.ts'
import { parseTarget } from '../../pool/target.ts'
import { diffReleases, diffWithPins } from '../actions/diff-releases.ts'
import type { Deps } from '../deps.ts'
import { askedBy } from '../http/asker.ts'
import { parseBody, parseQuery } from '../http/body.ts'
import { operation, type Operation } from '../http/operation.ts'
import { sourcesField, targetsField } from './pin-sources.ts'
import { presentSide, sideAnswer, waiverAnswer } from './release-fields.ts'

const name = z.string().max(200)

const diffQuery = z.strictObject({ from: name, to: name })

const pinsBody = z.strictObject({
  from: name,
  sources: sourcesField.min(1),
  /** None: those of the release. */
  targets: targetsField.default([]),
})

const text = z.string()
const changed = z.strictObject({ from: text.nullable(), to: text.nullable() })
const lists = { added: z.array(text), removed: z.array(text) }

const projectAnswer = z.strictObject({
  project: text,
  name: text,
  change: z.enum(projectChanges),
  from: text.nullable().describe('a version'),
  to: text.nullable(),
  marker: changed.nullable(),
  files: z
    .strictObject({ ...lists, changed: z.array(text) })
    .nullable()
    .describe('of the same version'),
  dependencies: z.strictObject({ ...lists, unknown: z.enum(['from', 'to']).nullable() }).nullable(),
  licence: changed.nullable(),
})

const diffAnswer = z.strictObject({
  from: sideAnswer,
  to: sideAnswer,
  same: z.boolean(),
  projects: z.array(projectAnswer),
  targets: z.strictObject(lists),
  waivers: z.strictObject({
    added: z.array(waiverAnswer),
    removed: z.array(waiverAnswer),
    changed: z.array(z.strictObject({ from: waiverAnswer, to: waiverAnswer })),
  }),
  base: changed.nullable(),
  changelog: z.array(z.strictObject({ release: text, 'frozen-at': z.iso.datetime(), changes: text })),
})

const place = z.strictObject({ source: text, line: z.int() })

const pinsAnswer = z.strictObject({
  from: sideAnswer,
  same: z.boolean(),
  projects: z.array(projectAnswer),
  notices: z.array(z.looseObject({ place, message: text })),
})

export const diffOperations: readonly Operation[] = [
  operation('get', '/diff', {
    summary: 'How one release differs from another',
    query: diffQuery,
    answer: diffAnswer,
  }),
  operation('post', '/diff', {
    summary: 'How pins, as a lock file or an installation has them, differ from a release',
    body: pinsBody,
    answer: pinsAnswer,
  }),
]

/** `/api/v1/diff`: a release against another, or against pins. */
export function diffRoutes(deps: Deps): Router {
  const router = Router()
  router.get('/', async (req, res) => {
    const query = parseQuery(diffQuery, req)
    const names = { from: splitReleaseName(query.from), to: splitReleaseName(query.to) }
    const { from, to, changelog, ...diff } = await diffReleases(askedBy(deps, req), names)
    res.json({
      from: presentSide(from),
      to: presentSide(to),
      ...diff,
      changelog: changelog.map(({ name, frozenAt, changes }) => ({
        release: printReleaseName(name),
        'frozen-at': frozenAt,
        changes,
      })),
    })
  })
  router.post('/', async (req, res) => {
    const { from: release, sources, targets } = parseBody(pinsBody, req)
    const request = { from: splitReleaseName(release), sources, targets: targets.map(parseTarget) }
    const { from, ...diff } = await diffWithPins(askedBy(deps, req), request)
    res.json({ from: presentSide(from), ...diff })
  })
  return router
}
