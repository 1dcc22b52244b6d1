import { Router, type Request, type Response } from 'express'
import { RegistryError } from '../../pool/errors.ts'
import { parseProjectName } from '../../pool/project-name.ts'
import { readTerms } from '../../pool/resolver-terms.ts'
import {
  resolverCache,
  resolverMetadata,
  resolverPage,
  type ResolverDeps,
  type ResolverQuestion,
} from '../actions/resolver-pages.ts'
import type { Deps } from '../deps.ts'
import { revalidate } from '../http/answer.ts'
import { askedBy, identityOf } from '../http/asker.ts'
import { cooldownOf } from './cooldown-fields.ts'

type ResolveRouteDeps = Omit<ResolverDeps, 'cache'> & Pick<Deps, 'access' | 'minAge'>

type Params = Readonly<Partial<Record<'index' | 'project' | 'filename' | 'shown', string>>>

/**
 * What uv resolves against, see `pool/pages/resolver-page.ts`. `/resolve/pool/<project>/` is the pool;
 * `/resolve/upstream/<index>/<project>/` an upstream index, on the terms of `pool/resolver-terms.ts`,
 * with the team's own projects from the pool alone. `/resolve/upstream-sdists/…` is the same for a uv that builds sdists.
 */
export function resolveRoutes(deps: ResolveRouteDeps): Router {
  const router = Router({ strict: true })
  const cache = resolverCache()
  const depsFor = (req: Request<Params>) => ({ ...askedBy(deps, req), cache })
  for (const base of ['/pool', '/upstream/:index', '/upstream-sdists/:index']) {
    const buildsSdists = base.startsWith('/upstream-sdists')
    router.get(`${base}/:project/`, async (req: Request<Params>, res) => {
      const page = await resolverPage(depsFor(req), { ...(await questionOf(deps, req)), buildsSdists })
      if (page === undefined) {
        const facts = { project: req.params.project }
        throw new RegistryError('project-unknown', facts, { detail: `no ${facts.project} is known here` })
      }
      send(res, 'application/vnd.pypi.simple.v1+json', page)
    })
    router.get(`${base}/:project/:filename/:shown.metadata`, async (req: Request<Params>, res) => {
      const { filename = '', shown = '' } = req.params
      const question = { ...(await questionOf(deps, req)), buildsSdists, filename, shown }
      send(res, 'application/octet-stream', await resolverMetadata(depsFor(req), question))
    })
  }
  return router
}

/** Asking an upstream is what `fetch` does. Throws `name-invalid`, `request-invalid`, and what says who may not. */
async function questionOf(
  deps: ResolveRouteDeps,
  req: Request<Params>,
): Promise<Omit<ResolverQuestion, 'buildsSdists'>> {
  const project = parseProjectName(req.params.project ?? '')
  const { index: segment } = req.params
  const { indexes, fromUpstream, ...asked } = readTerms(segment ?? 'default')
  const terms = { project, fromUpstream: fromUpstream.map(parseProjectName), cooldown: cooldownOf(deps, req, asked) }
  if (segment === undefined) return { ...terms, indexes: undefined }
  deps.access.require(identityOf(req), { verb: 'fetch' })
  if (!indexes.every(isHttpUrl))
    throw new RegistryError('request-invalid', {}, { detail: 'an upstream index is no http or https URL' })
  return { ...terms, indexes: indexes.length === 0 ? [await deps.upstream.defaultIndex()] : indexes }
}

function isHttpUrl(text: string): boolean {
  return URL.canParse(text) && /^https?:$/.test(new URL(text).protocol)
}

function send(res: Response, type: string, body: string | Buffer): void {
  res.set({ 'Content-Type': type, 'Cache-Control': revalidate }).send(body)
}
