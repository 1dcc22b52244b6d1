import { Router, type Request, type Response } from 'express'
import type { Distribution, Iso } from '../../pool/distribution.ts'
import { isRegistryError, RegistryError } from '../../pool/errors.ts'
import { liveProjectPage } from '../../pool/pages/simple-page.ts'
import type { ProjectName } from '../../pool/project-name.ts'
import type { ListedFile } from '../../pool/upstream-file.ts'
import type { Deps } from '../deps.ts'
import { askedBy } from '../http/asker.ts'
import { baseUrl } from '../http/base-url.ts'
import { privately, redirect, revalidate, sendAnswer, type Answer } from '../http/answer.ts'
import { pageForm, type PageForm } from '../http/negotiate.ts'
import { projectPageAnswer, projectPlace, rootPageAnswer } from '../http/simple-answer.ts'

export type SimpleDeps = Pick<Deps, 'records' | 'access' | 'pullThrough' | 'publicUrl' | 'clientOf'>

/** Which pool an index shows: that of now, or what it was before an instant. */
export interface Moment {
  readonly before: Iso | undefined
  /** From a project's page to the directory that holds `pool/`. */
  readonly toRoot: string
  readonly cacheControl: string
}

const present: Moment = { before: undefined, toRoot: '../../', cacheControl: revalidate }

/** The live index: everything in the pool, as it is now, or as the moment of a request says. */
export function simpleRoutes(deps: SimpleDeps, momentOf: (req: Request) => Moment = () => present): Router {
  // `/at/:instant/simple` is read by the moment.
  const router = Router({ strict: true, mergeParams: true })
  router.get('/', async (req, res) => {
    const { before, cacheControl } = momentOf(req)
    // Without its slash the page's relative links would lead beside the index.
    if (req.originalUrl.split('?')[0] === req.baseUrl) return send(deps, res, redirect('simple/', cacheControl))
    const page = { release: null, projects: await askedBy(deps, req).records.projects([], before) }
    send(deps, res, rootPageAnswer(formOf(req), page, cacheControl))
  })
  router.get('/:project', (req, res) =>
    sendProjectPage(deps, { name: req.params.project, below: [], moment: momentOf(req) }, res),
  )
  router.get('/:project/', (req, res) =>
    sendProjectPage(deps, { name: req.params.project, below: [''], moment: momentOf(req) }, res),
  )
  return router
}

async function sendProjectPage(
  deps: SimpleDeps,
  { name, below, moment }: { readonly name: string; readonly below: readonly string[]; readonly moment: Moment },
  res: Response,
): Promise<void> {
  const { before, toRoot } = moment
  const { records } = askedBy(deps, res.req)
  const { project, redirect: to } = projectPlace(name, below)
  const files = await (before === undefined
    ? records.distributionsOf(project)
    : records.distributionsBefore(project, before))
  const upstream = before === undefined ? await besides(deps, project, files) : []
  if (files.length + upstream.length === 0)
    throw unknownProject(name, { before, looksUpstream: deps.pullThrough !== undefined })
  if (to !== undefined) return send(deps, res, redirect(to, moment.cacheControl))
  const status = await records.projectStatus(project, before)
  const { base, cacheControl } = placeOf(deps, res.req, { files, ...moment })
  const isNow = before === undefined
  const shows = { saysClients: isNow, upstreamTimes: isNow && deps.pullThrough !== undefined }
  const page = liveProjectPage({ project, files, upstream, status, toRoot, base, ...shows })
  send(deps, res, projectPageAnswer(formOf(res.req), page, cacheControl))
}

/**
 * What a page names its host for is the provenance of files alone. One that a client came by is for nobody else: no
 * cache may give the page to others. Throws `request-invalid`.
 */
function placeOf(
  { publicUrl, clientOf }: SimpleDeps,
  req: Request,
  { files, before, cacheControl }: Moment & { readonly files: readonly Distribution[] },
): { readonly base?: string | undefined; readonly cacheControl: string } {
  const isNamed = before === undefined && files.some(({ provenanceSha256 }) => provenanceSha256 !== null)
  if (!isNamed) return { cacheControl }
  return {
    base: baseUrl(publicUrl, clientOf(req)),
    cacheControl: publicUrl === undefined ? `private, ${cacheControl}` : cacheControl,
  }
}

/**
 * What an upstream has besides, if this index shows it. While it cannot be asked, what the pool has is all there is; of a
 * project that the pool has not, that there is none would be untrue. Throws `upstream-unavailable`.
 */
async function besides(
  { pullThrough }: SimpleDeps,
  project: ProjectName,
  files: readonly Distribution[],
): Promise<readonly ListedFile[]> {
  try {
    return (await pullThrough?.listed(project)) ?? []
  } catch (error) {
    if (files.length > 0 && isRegistryError(error, 'upstream-unavailable')) return []
    throw error
  }
}

function send({ access }: SimpleDeps, res: Response, made: Answer): void {
  sendAnswer(res, access.tellsApart ? { ...made, headers: privately(made.headers) } : made)
}

function unknownProject(
  project: string,
  { before, looksUpstream }: { readonly before: Iso | undefined; readonly looksUpstream: boolean },
): RegistryError {
  if (before !== undefined) {
    const detail = `the pool had no ${project} before ${before}`
    return new RegistryError('project-unknown', { project }, { detail })
  }
  const detail = looksUpstream ? `neither the pool nor its upstream has ${project}` : `the pool has no ${project}`
  return new RegistryError('project-unknown', { project }, { detail })
}

function formOf(req: Request): PageForm {
  const { format } = req.query
  return pageForm(req.headers.accept, typeof format === 'string' ? format : null)
}
