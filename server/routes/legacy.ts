import type { IncomingMessage } from 'node:http'
import { Router, type Request, type Response } from 'express'
import { errors, RegistryError } from '../../pool/errors.ts'
import { becomesOwnNotice } from '../../pool/own-project.ts'
import { parseProduct } from '../../pool/release-name.ts'
import { uploadDistribution, type Upload } from '../actions/upload-distribution.ts'
import type { Deps } from '../deps.ts'
import { actorOf, identityOf } from '../http/asker.ts'
import { receiveForm, type UploadForm } from '../http/multipart.ts'
import { presentable, sendProblem } from '../http/problem.ts'

/**
 * The upload API that twine, uv, flit, hatch and poetry speak: one POST a file. Source: the "legacy" upload API of
 * Warehouse's documentation; what clients really send is in no specification.
 */
export function legacyRoutes(deps: Deps): Router {
  const router = Router()
  const { staging, uploadLimit, fault } = deps
  const receive = receiveForm({ staging, uploadLimit, onReceiving: () => fault('upload:receiving') })
  const upload = async (req: Request, res: Response, product: string | null) => {
    try {
      requireUploader(deps, req, product)
      const form = await receive(req, res)
      const { distribution, outcome, becomesOwn } = await uploadDistribution(deps, {
        ...(await asUpload(deps, form, req)),
        product,
        mayUpload: (project) => deps.access.require(identityOf(req), { verb: 'upload', project }),
      })
      fault('upload:before-answer')
      const notices = becomesOwn ? { notices: [{ message: becomesOwnNotice(distribution.project) }] } : {}
      res.json({ ...distribution, outcome, ...notices })
    } catch (error) {
      refuseUpload(res, error, deps)
    }
  }
  router.post('/', (req, res) => upload(req, res, null))
  // What is uploaded here is private to the product, whatever its project.
  router.post('/:product/', (req, res) => upload(req, res, req.params.product))
  router.all('/', (req) => {
    const hint = 'this is the URL that twine and uv upload to; the index to install from is /simple/'
    throw new RegistryError('method-not-allowed', { method: req.method }, { detail: 'only POST is', hint })
  })
  return router
}

/**
 * Who may upload nothing at all is told before he sends anything. Whether it may be this project is known only from
 * what is in the file. Throws `token-required`, `not-allowed`, `release-name-invalid`.
 */
function requireUploader({ access }: Deps, req: Request, product: string | null): void {
  const identity = identityOf(req)
  access.requireUploader(identity)
  if (product === null) return
  parseProduct(product)
  access.require(identity, { verb: 'freeze', product })
}

async function asUpload(
  { staging }: Deps,
  { fields, filename, staged }: UploadForm,
  req: Request,
): Promise<Omit<Upload, 'product' | 'mayUpload'>> {
  const action = fields.get(':action')
  if (action !== undefined && action !== 'file_upload') {
    await staging.discard(staged)
    throw new RegistryError('upload-invalid', { action }, { detail: 'only the action file_upload is served' })
  }
  const text = (name: string) => (['', 'UNKNOWN'].includes(fields.get(name) ?? '') ? undefined : fields.get(name))
  return {
    staged,
    filename,
    claim: { name: text('name'), version: text('version') },
    stated: { sha256: text('sha256_digest'), md5: text('md5_digest') },
    actor: actorOf(req),
  }
}

/**
 * twine shows the status line and no more, so the reason phrase says what is wrong. It takes 400 with "already exists"
 * for a file that is there (`--skip-existing`), which is what this has always been answered with.
 */
export function refuseUpload(res: Response, error: unknown, deps: Pick<Deps, 'onError'>): void {
  const shown = presentable(error)
  if (shown.code === 'internal') deps.onError(shown)
  const { title, status } = errors[shown.code]
  const reason = shown.detail === undefined ? title : `${title}: ${shown.detail}`
  const send = () => {
    // Who is still sending when the answer is known would take the next request on this connection for its rest.
    const headers = res.req.complete ? {} : { Connection: 'close' }
    sendProblem(res, shown, { status: shown.code === 'distribution-exists' ? 400 : status, reason, headers })
  }
  if ([401, 403, 429].includes(status)) afterBody(res.req, send)
  else send()
}

/** The largest body that is read, and thrown away, so that its sender comes to read the answer. In bytes. */
const drained = 256 * 1024 * 1024

/** Clients read no answer before they have sent: to one that is cut off, a wrong token is a broken connection. */
function afterBody(req: IncomingMessage, then: () => void): void {
  if (req.complete || !(Number(req.headers['content-length']) <= drained)) return then()
  req.once('end', then).once('aborted', then).resume()
}
