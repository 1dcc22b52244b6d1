import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Distribution } from '../../pool/distribution.ts'
import { isRegistryError, RegistryError } from '../../pool/errors.ts'
import type { PoolFiles } from '../../storage/ports.ts'
import type { FactsDeps } from '../actions/facts-of-files.ts'
import { visibleRecords } from '../access/visible-records.ts'
import type { Deps } from '../deps.ts'
import { frozenIndex, type FrozenIndex } from './frozen-index.ts'
import { fileHeaders, poolEntry, sendFile, type BesideFile, type PoolEntry } from './pool-answers.ts'
import { pullThroughTo, type PullDeps, type Pulls } from './pull-answers.ts'
import { accelLocation, sendFrom } from './accel-redirect.ts'
import { answer, immutable, privately, sendAnswer, type Answer } from '../http/answer.ts'
import { baseUrl } from '../http/base-url.ts'
import { pageForm, type PageForm } from '../http/negotiate.ts'
import { presentable, sendProblem } from '../http/problem.ts'
import type { KeptAnswers, ReadyAnswer } from './ready-answers.ts'
import { requestId } from '../http/request-id.ts'

/** Answers a request for something immutable; `false` if it is for Express. */
export type HotPath = (req: IncomingMessage, res: ServerResponse) => boolean

/** Larger files are streamed from disk. */
const smallFile = 128 * 1024

export type HotPathDeps = PullDeps & FactsDeps & Pick<Deps, 'clientOf' | 'publicUrl' | 'accelRedirect' | 'onError'>

/**
 * Everything below `/index/` and `/pool/`: what never changes is made once, kept as bytes, and written without going
 * through Express, which would cost five times the rest. What names the host is `frozenIndex`'s to keep.
 */
export function hotPath(deps: HotPathDeps): HotPath {
  const serving: Serving = { ...deps, frozen: frozenIndex(deps), pulls: new Map() }
  return (req, res) => {
    const url = req.url ?? '/'
    if (!url.startsWith('/index/') && !url.startsWith('/pool/')) return false
    serve(serving, res).catch((error: unknown) => refuse(deps, res, error))
    return true
  }
}

interface Serving extends HotPathDeps {
  readonly frozen: FrozenIndex
  readonly pulls: Pulls
}

async function serve(serving: Serving, res: ServerResponse): Promise<void> {
  const { req } = res
  const { method, headers, url = '/' } = req
  if (method !== 'GET' && method !== 'HEAD') throw new RegistryError('method-not-allowed', { method })
  const { access, publicUrl, clientOf } = serving
  const kept = serving.ready.current()
  const identity = await access.identify(req)
  const hidden = access.hiddenFrom(identity)
  const [path, query] = splitUrl(url)
  const ofPool = path.startsWith('/pool/')
  // Ready answers are kept by form, which a page has and a file has not: one look for each.
  const form = () => pageForm(headers.accept, formatOf(query))
  const key = ofPool ? path : `${formOrNone(form)} ${path}`
  const known = kept.get(key)
  if (known && headers.range === undefined && !isHidden(known, hidden)) return sendAnswer(res, known.answer)
  const segments = segmentsOf(path)
  if (ofPool) return servePool(serving, { path, segments, hidden, actor: identity.actor, kept }, res)
  const [product = ''] = segments
  const base = () => baseUrl(publicUrl, clientOf(req))
  const answer = await serving.frozen(segments, { form, base }, hidden)
  sendAnswer(res, keep({ access, kept }, key, { answer, product }))
}

function isHidden({ product }: ReadyAnswer, hidden: ReadonlySet<string>): boolean {
  return product !== null && hidden.has(product)
}

/** What not everybody may see is for the cache of the one who asked, not for one that others share (RFC 9111, 5.2.2.7). */
function keep(
  { access, kept }: Pick<Serving, 'access'> & { readonly kept: KeptAnswers },
  key: string,
  { answer, product }: ReadyAnswer,
): Answer {
  const made = access.isPublic(product) ? answer : { ...answer, headers: privately(answer.headers) }
  // What differs from one client to the next must not be found under the path alone.
  if (answer.headers['Cache-Control'] === immutable) kept.set(key, { answer: made, product })
  return made
}

/** A document of a release is served whatever `Accept` says; a page is not. */
function formOrNone(form: () => PageForm): PageForm | 'none' {
  try {
    return form()
  } catch {
    return 'none'
  }
}

interface AskedOfPool {
  readonly path: string
  /** Of that path, below `/pool/`. */
  readonly segments: readonly string[]
  readonly hidden: ReadonlySet<string>
  readonly actor: string
  readonly kept: KeptAnswers
}

async function servePool(serving: Serving, asked: AskedOfPool, res: ServerResponse): Promise<void> {
  const { files, access } = serving
  const entry = await entryOrPulled(serving, asked, res)
  if (!entry) return
  const { file } = entry
  if (entry.what === 'beside' || (file.size <= smallFile && res.req.headers.range === undefined)) {
    const answer = entry.what === 'beside' ? besideAnswer(entry) : await smallAnswer(files, file)
    return sendAnswer(res, keep({ access, kept: asked.kept }, asked.path, { answer, product: file.product }))
  }
  const plain = fileHeaders(file)
  const headers = access.isPublic(file.product) ? plain : privately(plain)
  const location = file.size > smallFile ? accelLocation(serving, file, res.req) : undefined
  if (location === undefined) await sendFile(files, { file, headers }, res)
  else sendFrom(location, { file, headers }, res)
}

/** `undefined`: it has come from an upstream, and is answered. */
async function entryOrPulled(
  serving: Serving,
  { segments, hidden, actor }: AskedOfPool,
  res: ServerResponse,
): Promise<PoolEntry | undefined> {
  const find = () => poolEntry(visibleRecords(serving.records, hidden), segments)
  try {
    return await find()
  } catch (error) {
    if (!serving.pullThrough || !isRegistryError(error, 'distribution-unknown')) throw error
    const isAnswered = await pullThroughTo(serving, { segments, actor }, res)
    // It may have come meanwhile, for somebody else.
    return isAnswered || res.destroyed ? undefined : find()
  }
}

async function smallAnswer(files: PoolFiles, file: Distribution): Promise<Answer> {
  const { ETag: etag = '', ...headers } = fileHeaders(file)
  return { status: 200, headers, etag, body: await files.read(file), gzip: undefined }
}

function besideAnswer({ bytes, type, sha256 }: BesideFile): Answer {
  return answer(bytes, { type, cacheControl: immutable, sha256 })
}

function splitUrl(url: string): [string, string?] {
  const at = url.indexOf('?')
  return at < 0 ? [url] : [url.slice(0, at), url.slice(at + 1)]
}

function formatOf(query: string | undefined): string | null {
  return query === undefined ? null : new URLSearchParams(query).get('format')
}

/** The decoded segments after `/index/` or `/pool/`. Throws `path-unknown`. */
function segmentsOf(path: string): string[] {
  try {
    return path.split('/').slice(2).map(decodeURIComponent)
  } catch {
    throw new RegistryError('path-unknown')
  }
}

function refuse(deps: Pick<Deps, 'onError'>, res: ServerResponse, error: unknown): void {
  // The client has gone away while its file was being sent: nobody's fault.
  if (res.destroyed && !isRegistryError(error)) return
  const shown = presentable(deps, error, requestId(res.req))
  // Or the file has ended too early.
  if (!res.destroyed) sendProblem(res, shown, { headers: headersFor(shown) })
}

function headersFor({ code, facts }: RegistryError): Record<string, string> {
  if (code === 'range-not-satisfiable') return { 'Content-Range': `bytes */${String(facts['size'])}` }
  return code === 'method-not-allowed' ? { Allow: 'GET, HEAD' } : {}
}
