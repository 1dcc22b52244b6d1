import { Router } from 'express'
import { z } from 'zod'
import { parseUsageQuery, printUsageQuery } from '../../pool/usage-query.ts'
import { whereUsed } from '../actions/where-used.ts'
import type { Deps } from '../deps.ts'
import { askedBy } from '../http/asker.ts'
import { parseQuery } from '../http/body.ts'
import { operation, type Operation } from '../http/operation.ts'
import { cutPage, nextLink, pageFields, readPosition } from '../http/page-link.ts'
import { presentSummary, summaryAnswer } from './release-fields.ts'

const text = z.string()

const usageQuery = z.strictObject({
  q: text.describe('a project, as lxml, lxml<4.9, a filename, a sha256 or its first 12 digits at least'),
  ...pageFields,
})

const usagePosition = z.strictObject({ version: text, filename: text })

const usageAnswer = z.strictObject({
  q: text,
  files: z.array(
    z.strictObject({
      filename: text,
      project: text,
      name: text,
      version: text,
      kind: text,
      sha256: text,
      'upload-time': z.iso.datetime(),
      unjudged: z.boolean().describe('its version is none of PEP 440: whether it was asked for cannot be told'),
      releases: z.array(summaryAnswer),
    }),
  ),
  next: text.nullable().describe('the page that follows, relative to this URL'),
})

export const whereUsedOperations: readonly Operation[] = [
  operation('get', '/where-used', {
    summary: 'Files of the pool, the newest version first, and the releases that each is in',
    query: usageQuery,
    answer: usageAnswer,
  }),
]

/** `/api/v1/where-used`: from a file to the releases that it is in. */
export function whereUsedRoutes(deps: Deps): Router {
  const router = Router()
  router.get('/', async (req, res) => {
    const { q, limit, after } = parseQuery(usageQuery, req)
    const query = parseUsageQuery(q)
    const found = await whereUsed(askedBy(deps, req), {
      query,
      after: readPosition(usagePosition, after),
      limit: limit + 1,
    })
    const { items, last } = cutPage(found, limit)
    res.json({
      q: printUsageQuery(query),
      files: items.map(({ file, unjudged, releases }) => ({
        filename: file.filename,
        project: file.project,
        name: file.name,
        version: file.version,
        kind: file.kind,
        sha256: file.sha256,
        'upload-time': file.uploadTime,
        unjudged,
        releases: releases.map(presentSummary),
      })),
      next: nextLink({ q, limit }, last && { version: last.file.version, filename: last.file.filename }),
    } satisfies z.input<typeof usageAnswer>)
  })
  return router
}
