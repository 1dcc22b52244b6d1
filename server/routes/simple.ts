import { Router, type Request, type Response } from 'express'
import { RegistryError } from '../../pool/errors.ts'
import { projectPageHtml, rootPageHtml } from '../../pool/pages/simple-html.ts'
import { projectPageJson, rootPageJson } from '../../pool/pages/simple-json.ts'
import { liveProjectPage } from '../../pool/pages/simple-page.ts'
import type { Deps } from '../deps.ts'
import { pageAnswer, projectPlace } from '../frozen-index.ts'
import { askedBy } from '../http/asker.ts'
import { privately, redirect, revalidate, sendAnswer, type Answer } from '../http/answer.ts'
import { pageForm, type PageForm } from '../http/negotiate.ts'

/** The live index: everything in the pool, as it is now. */
export function simpleRoutes(deps: Pick<Deps, 'records' | 'access'>): Router {
  const router = Router({ strict: true })
  const send = (req: Request, res: Response, made: Answer) =>
    sendAnswer(req, res, deps.access.tellsApart ? { ...made, headers: privately(made.headers) } : made)
  router.get('/', async (req, res) => {
    // Without its slash the page's relative links would lead beside the index.
    if (req.originalUrl.split('?')[0] === req.baseUrl) return send(req, res, redirect('simple/', revalidate))
    const page = { release: null, projects: await askedBy(deps, req).records.projects() }
    send(
      req,
      res,
      pageAnswer(formOf(req), { html: () => rootPageHtml(page), json: () => rootPageJson(page) }, revalidate),
    )
  })
  router.get('/:project', (req, res) => projectPage(req, res, []))
  router.get('/:project/', (req, res) => projectPage(req, res, ['']))

  async function projectPage(
    req: Request<{ project: string }>,
    res: Response,
    below: readonly string[],
  ): Promise<void> {
    const place = projectPlace(req.params.project, below)
    const files = await askedBy(deps, req).records.distributionsOf(place.project)
    if (files.length === 0) {
      const facts = { project: req.params.project }
      throw new RegistryError('project-unknown', facts, { detail: `the pool has no ${facts.project}` })
    }
    if (place.redirect !== undefined) return send(req, res, redirect(place.redirect, revalidate))
    const status = await askedBy(deps, req).records.projectStatus(place.project)
    const page = liveProjectPage(files, { toRoot: '../../', status })
    send(
      req,
      res,
      pageAnswer(formOf(req), { html: () => projectPageHtml(page), json: () => projectPageJson(page) }, revalidate),
    )
  }
  return router
}

function formOf(req: Request): PageForm {
  const { format } = req.query
  return pageForm(req.headers.accept, typeof format === 'string' ? format : null)
}
