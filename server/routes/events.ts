import { Router } from 'express'
import { z } from 'zod'
import { parseProjectName } from '../../pool/project-name.ts'
import { logHead } from '../actions/log-head.ts'
import type { Deps } from '../deps.ts'
import { identityOf } from '../http/asker.ts'
import { parseQuery } from '../http/body.ts'

const text = z.string().min(1).max(200)
const whole = z
  .string()
  .regex(/^\d{1,15}$/, 'is a whole number')
  .transform(Number)

/** Instants are compared as text, and a year of more than four digits sorts before all others. */
function instant(at: string): string {
  const text = new Date(at).toISOString()
  return text.startsWith('+') ? '9999-12-31T23:59:59.999Z' : text
}

/** A day is all of it; an instant may be in any time zone. */
const moment = (day: string) =>
  z.union(
    [z.iso.date().transform((date) => `${date}T${day}Z`), z.iso.datetime({ offset: true }).transform(instant)],
    'is a day, as 2026-11-24, or an instant, as 2026-11-24T11:13:00Z',
  )

export const eventQuery = z.strictObject({
  product: text.optional(),
  project: text.transform(parseProjectName).optional(),
  actor: text.optional(),
  since: moment('00:00:00.000').optional(),
  until: moment('23:59:59.999').optional(),
  order: z.enum(['asc', 'desc']).default('asc'),
  after: whole.optional(),
  limit: whole.pipe(z.number().min(1).max(1000)).default(100),
})

/**
 * `/api/v1/events`: the log, a page at a time. `next` is what `after` is for the page that follows, `null` if none
 * does; `/head` is its signed end.
 */
export function eventRoutes(deps: Pick<Deps, 'records' | 'signer' | 'now' | 'access'>): Router {
  const router = Router()
  router.use((req, _res, next) => {
    deps.access.requireAll(identityOf(req))
    next()
  })
  router.get('/', async (req, res) => {
    const query = parseQuery(eventQuery, req)
    const found = await deps.records.events({ ...query, limit: query.limit + 1 })
    const events = found.slice(0, query.limit)
    res.json({ events, next: found.length > events.length ? (events.at(-1)?.sequence ?? null) : null })
  })
  router.get('/head', async (_req, res) => {
    res.json(await logHead(deps))
  })
  return router
}
