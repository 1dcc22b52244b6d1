import { Router, type Response } from 'express'
import { errors, RegistryError, type ErrorCode } from '../../pool/errors.ts'
import type { Deps } from '../deps.ts'
import { askedBy } from '../http/asker.ts'
import { baseUrl } from '../http/base-url.ts'
import { homePage } from '../pages/home.ts'
import { problemPage } from '../pages/problem.ts'
import { styles } from '../pages/styles.ts'

/** The pages for people. */
export function pageRoutes(deps: Pick<Deps, 'records' | 'access' | 'publicUrl' | 'clientOf'>): Router {
  const router = Router()
  router.get('/', async (req, res) => {
    const { records } = askedBy(deps, req)
    const base = baseUrl(deps.publicUrl, deps.clientOf(req)) ?? 'http://localhost/'
    sendPage(res, homePage({ base, releases: await records.releases(), projects: (await records.projects()).length }))
  })
  router.get('/problems/:code', (req, res) => {
    if (!isCode(req.params.code)) throw new RegistryError('path-unknown', { path: req.path })
    sendPage(res, problemPage(req.params.code))
  })
  return router
}

/** What the pages look like is no secret. */
export function styleRoutes(): Router {
  const router = Router()
  router.get('/style.css', (_req, res) => {
    res.type('css').set('Cache-Control', 'no-cache').send(styles)
  })
  return router
}

function isCode(text: string): text is ErrorCode {
  return Object.hasOwn(errors, text)
}

function sendPage(res: Response, html: string): void {
  res.set(
    'Content-Security-Policy',
    "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  )
  res.set('X-Content-Type-Options', 'nosniff').set('Cache-Control', 'no-cache').type('html').send(html)
}
