import { Router } from 'express'
import { z } from 'zod'
import { clients } from '../../pool/clients.ts'
import { RegistryError } from '../../pool/errors.ts'
import { parseRequirement, printRequirement, type Requirement } from '../../pool/requirement.ts'
import { findFiles, type FoundIn } from '../actions/find-files.ts'
import type { Deps } from '../deps.ts'
import { askedBy, identityOf } from '../http/asker.ts'
import { parseQuery } from '../http/body.ts'
import { goneSignal } from '../http/gone-signal.ts'
import { operation, type Operation } from '../http/operation.ts'

const text = z.string()

/** Once or several times, as `q=a&q=b`. */
function several<T extends z.ZodType<string>>(one: T, most: number) {
  return z.preprocess((value) => (typeof value === 'string' ? [value] : value), z.array(one).max(most))
}

const findQuery = z.strictObject({
  q: several(text.min(1).max(500), 100).describe('requirements, as lxml, lxml<4.9'),
  index: several(z.url({ protocol: /^https?$/ }), 20)
    .default([])
    .describe('upstream indexes to look in; default: the pool'),
  eggs: z.enum(['true', 'false']).default('false'),
})

const findAnswer = z.strictObject({
  indexes: z.array(
    z.strictObject({
      index: text.nullable().describe('null: the pool'),
      matches: z.array(
        z.strictObject({
          requirement: text,
          best: text.nullable().describe('the version that is newest and admitted'),
          files: z.array(
            z.strictObject({
              filename: text,
              version: text,
              url: text,
              sha256: text.nullable(),
              yanked: text.nullable(),
              'requires-python': text.nullable(),
              clients: z.array(z.enum(clients)).describe('the installers that can use it'),
            }),
          ),
        }),
      ),
    }),
  ),
})

export const findOperations: readonly Operation[] = [
  operation('get', '/find', {
    summary: 'Files that match requirements, in the pool or in upstream indexes',
    query: findQuery,
    answer: findAnswer,
  }),
]

/** `/api/v1/find`: what there is for a requirement, and where. */
export function findRoutes(deps: Pick<Deps, 'records' | 'upstream' | 'access'>): Router {
  const router = Router()
  router.get('/', async (req, res) => {
    const { q, index, eggs } = parseQuery(findQuery, req)
    // Whom this server asks on the web is for those to say who may fetch from there.
    if (index.length > 0) deps.access.require(identityOf(req), { verb: 'fetch' })
    const requirements = q.map(parseAsked)
    const signal = goneSignal(res)
    res.json(
      present(await findFiles(askedBy(deps, req), { requirements, indexes: index, eggs: eggs === 'true', signal })),
    )
  })
  return router
}

/** Throws `requirement-invalid`, `request-invalid`. */
function parseAsked(asked: string): Requirement {
  const requirement = parseRequirement(asked)
  if (requirement.url === undefined) return requirement
  const detail = `${JSON.stringify(asked.slice(0, 60))}: what has a URL is on no index`
  throw new RegistryError('request-invalid', { q: asked }, { detail, hint: 'ask for a name and versions' })
}

function present(found: readonly FoundIn[]): z.input<typeof findAnswer> {
  return {
    indexes: found.map(({ index, matches }) => ({
      index,
      matches: matches.map(({ requirement, best, files }) => ({
        requirement: printRequirement(requirement),
        best,
        files: files.map(({ requiresPython, clients: able, ...file }) => ({
          ...file,
          'requires-python': requiresPython,
          clients: [...able],
        })),
      })),
    })),
  }
}
