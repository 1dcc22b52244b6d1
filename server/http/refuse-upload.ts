import type { IncomingMessage } from 'node:http'
import type { Response } from 'express'
import Negotiator from 'negotiator'
import { errors, type ErrorCode } from '../../pool/errors.ts'
import type { Deps } from '../deps.ts'
import { drainedBytes } from './drained.ts'
import { presentable, sendProblem } from './problem.ts'
import { requestId } from './request-id.ts'

/**
 * twine and pip's other friends take 400 with "already exists" for a file that is there (`--skip-existing`), which is
 * what this has always been answered with. Where the name is taken by what nobody is shown, nothing is to be skipped.
 */
const statuses: Partial<Record<ErrorCode, number>> = { 'distribution-exists': 400, 'filename-taken': 400 }

/**
 * Answers an upload that is refused. twine, hatch and pdm show the status line and no more, so the reason phrase says
 * what is wrong and what to do; flit and poetry show it with the body. uv shows the body alone, and of JSON a part.
 */
export function refuseUpload(res: Response, error: unknown, deps: Pick<Deps, 'onError'>): void {
  const id = requestId(res.req)
  const shown = presentable(deps, error, id)
  const { title, status } = errors[shown.code]
  const what = shown.detail === undefined ? title : `${title}: ${shown.detail}`
  const reason = shown.hint === undefined ? what : `${what} (${shown.hint})`
  const asText = prefersText(res.req.headers.accept)
  const send = () => {
    // Who is still sending when the answer is known would take the next request on this connection for its rest.
    const headers = res.req.complete ? {} : { Connection: 'close' }
    sendProblem(res, shown, { status: statuses[shown.code] ?? status, reason, asText, headers })
  }
  if ([401, 403, 413, 429, 503].includes(status)) afterBody(res.req, send)
  else send()
}

/** `Accept: application/json;q=0.9, text/plain;q=0.8` of uv is for text: what we have is `application/problem+json`. */
function prefersText(accept: string | undefined): boolean {
  const offers = ['application/problem+json', 'text/plain']
  return new Negotiator({ headers: { accept } }).mediaType(offers) === 'text/plain'
}

/** Of a body that is larger, or does not say, nothing more is read. */
function afterBody(req: IncomingMessage, then: () => void): void {
  if (req.complete || !(Number(req.headers['content-length']) <= drainedBytes)) return then()
  req.once('end', then).once('aborted', then).resume()
}
