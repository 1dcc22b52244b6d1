import { Router, type Request } from 'express'
import { parseInstant } from '../../pool/instant.ts'
import type { Deps } from '../deps.ts'
import { immutable, revalidate } from '../http/answer.ts'
import { simpleRoutes, type Moment, type SimpleDeps } from './simple.ts'

/**
 * How long an instant must have gone by until its index is final, in milliseconds: longer than it takes to commit what
 * was about to enter the pool then, and than clocks are set back.
 */
const settling = 5 * 60_000

/**
 * `/at/<instant>/simple/`: the live index as it was, with what had entered the pool before the instant, as uv's
 * `--exclude-newer` and pip's `--uploaded-prior-to` have it. Of an instant that is not over it is the live index so far.
 */
export function pastRoutes(deps: SimpleDeps & Pick<Deps, 'now'>): Router {
  const router = Router({ strict: true })
  const momentOf = (req: Request): Moment => {
    const before = parseInstant(String(req.params['instant']))
    const isFinal = Date.parse(before) + settling < Date.parse(deps.now())
    return { before, toRoot: '../../../../', cacheControl: isFinal ? immutable : revalidate }
  }
  router.use('/:instant/simple', simpleRoutes(deps, momentOf))
  return router
}
