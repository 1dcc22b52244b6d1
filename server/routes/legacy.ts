import { Router, type Request, type Response } from 'express'
import { notKeptNotice } from '../../pool/attestations/provenance.ts'
import type { Origin } from '../../pool/distribution.ts'
import { RegistryError } from '../../pool/errors.ts'
import { becomesOwnNotice } from '../../pool/own-project.ts'
import type { Notice } from '../../pool/pins/pin.ts'
import { parseProduct } from '../../pool/release-name.ts'
import type { TakeInDeps, TakenIn } from '../actions/take-in.ts'
import { uploadDistribution, type Upload } from '../actions/upload-distribution.ts'
import type { Deps } from '../deps.ts'
import { actorOf, identityOf } from '../http/asker.ts'
import { receiveForm, type UploadForm } from '../http/multipart.ts'
import { refuseUpload } from '../http/refuse-upload.ts'
import { statedAlgorithms, statedDigests } from '../http/stated-digests.ts'
import { publicUrl } from '../upstream/client.ts'

type LegacyDeps = TakeInDeps & Pick<Deps, 'access' | 'intake' | 'uploadLimit' | 'onError'>

/**
 * The upload API that twine, uv, flit, hatch and poetry speak: one POST a file. Source: the "legacy" upload API of
 * Warehouse's documentation; what clients really send is in no specification.
 */
export function legacyRoutes(deps: LegacyDeps): Router {
  const router = Router()
  const { staging, uploadLimit, fault } = deps
  const receive = receiveForm({
    staging,
    uploadLimit,
    onReceiving: () => fault('upload:receiving'),
    algorithms: statedAlgorithms,
  })
  const upload = async (req: Request, res: Response, product: string | null) => {
    let leave: (() => void) | undefined
    try {
      requireUploader(deps, req, product)
      leave = deps.intake.enter()
      const form = await receive(req, res)
      const taken = await uploadDistribution(deps, {
        ...(await asUpload(deps, form, req)),
        product,
        mayUpload: (project) => deps.access.require(identityOf(req), { verb: 'upload', project }),
      })
      fault('upload:before-answer')
      const notices = noticesOf(taken)
      res.json({ ...taken.distribution, outcome: taken.outcome, ...(notices.length > 0 ? { notices } : {}) })
    } catch (error) {
      refuseUpload(res, error, deps)
    } finally {
      leave?.()
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
function requireUploader({ access }: LegacyDeps, req: Request, product: string | null): void {
  const identity = identityOf(req)
  access.requireUploader(identity)
  if (product === null) return
  parseProduct(product)
  access.require(identity, { verb: 'freeze', product })
}

async function asUpload(
  { staging, access }: LegacyDeps,
  form: UploadForm,
  req: Request,
): Promise<Omit<Upload, 'product' | 'mayUpload'>> {
  const { fields, content } = form
  try {
    requireFileUpload(fields)
    if (!content) throw new RegistryError('upload-invalid', {}, { detail: 'the form has no file in its field content' })
    const text = (name: string) => (['', 'UNKNOWN'].includes(fields.get(name) ?? '') ? undefined : fields.get(name))
    return {
      ...content,
      claim: { name: text('name'), version: text('version') },
      stated: statedDigests(fields),
      attestations: attestationsIn(form),
      // By whoever may bring in what others have published; of any other uploader a file is his own, whatever he says.
      origin: access.may(identityOf(req), { verb: 'fetch' }) ? statedOrigin(fields.get('firn_origin')) : null,
      actor: actorOf(req),
    }
  } catch (error) {
    if (content) await staging.discard(content.staged)
    throw error
  }
}

/** Those of a second field would be lost. Throws `attestation-invalid`. */
function attestationsIn({ fields, repeated }: UploadForm): string | undefined {
  const text = fields.get('attestations') ?? ''
  if (!repeated.has('attestations')) return text === '' ? undefined : text
  throw new RegistryError('attestation-invalid', {}, { detail: 'the field attestations is there more than once' })
}

/** A field of our own, of `firn import`. Throws `upload-invalid`. */
function statedOrigin(text: string | undefined): Origin | null {
  if (text === undefined) return null
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (!url || !/^https?:$/.test(url.protocol) || text.length > 2000)
    throw new RegistryError('upload-invalid', {}, { detail: 'firn_origin is no http or https URL' })
  const shown = publicUrl(url.href)
  return { index: new URL('/', shown).href, url: shown, uploadTime: null, yanked: null }
}

/** What the uploader should know of who is told no more than that it went well. */
function noticesOf({ distribution, becomesOwn, dropsAttestations }: TakenIn): readonly Notice[] {
  const messages = [
    ...(becomesOwn ? [becomesOwnNotice(distribution.project)] : []),
    ...(dropsAttestations ? [notKeptNotice(distribution.filename)] : []),
  ]
  return messages.map((message) => ({ message }))
}

/** `setup.py register` sends `submit`, and goes on to the upload whatever the answer. Throws `upload-invalid`. */
function requireFileUpload(fields: UploadForm['fields']): void {
  const action = fields.get(':action') ?? 'file_upload'
  if (action === 'file_upload') return
  const needless = ['submit', 'verify'].includes(action)
  const detail = needless ? 'nothing has to be registered' : 'only the action file_upload is served'
  const hint = needless ? 'a project is there with its first file: upload it' : undefined
  throw new RegistryError('upload-invalid', { action }, { detail, ...(hint ? { hint } : {}) })
}
