import type { IncomingMessage, ServerResponse } from 'node:http'
import { isRegistryError, RegistryError } from '../../pool/errors.ts'
import type { PoolFiles } from '../../storage/ports.ts'
import { visibleRecords } from '../access/visible-records.ts'
import type { Deps } from '../deps.ts'
import { frozenIndex, type FrozenIndex } from '../frozen-index.ts'
import { fileHeaders, poolEntry, sendFile, type BesideFile, type PoolEntry } from '../pool-answers.ts'
import { pullThroughTo, type Pulls } from '../pull-answers.ts'
import { accelLocation, sendFrom } from './accel-redirect.ts'
import { answer, immutable, privately, sendAnswer, type Answer } from './answer.ts'
import { baseUrl } from './base-url.ts'
import { pageForm, type PageForm } from './negotiate.ts'
import { presentable, sendProblem } from './problem.ts'
import type { ReadyAnswer } from './ready-answers.ts'
import { requestId } from './request-id.ts'

/** Answers a request for something immutable; `false` if it is for Express. */
export type HotPath = (req: IncomingMessage, res: ServerResponse) => boolean

/** Larger files are streamed from disk. */
const smallFile = 128 * 1024

/**
 * Everything below `/index/` and `/pool/`: what never changes is made once, kept as bytes, and written without going
 * through Express, which would cost five times the rest. What names the host is `frozenIndex`'s to keep.
 */
export function hotPath(deps: Deps): HotPath {
  const frozen = frozenIndex(deps)
  const pulls: Pulls = new Map()
  return (req, res) => {
    const url = req.url ?? '/'
    if (!url.startsWith('/index/') && !url.startsWith('/pool/')) return false
    serve({ ...deps, frozen, pulls }, req, res).catch((error: unknown) => refuse(deps, res, error))
    return true
  }
}

interface Serving extends Deps {
  readonly frozen: FrozenIndex
  readonly pulls: Pulls
}

async function serve(serving: Serving, req: IncomingMessage, res: ServerResponse): Promise<void> {
  if (req.method !== 'GET' && req.method !== 'HEAD')
    throw new RegistryError('method-not-allowed', { method: req.method })
  const identity = await serving.access.identify(req)
  const hidden = serving.access.hiddenFrom(identity)
  const [path, query] = splitUrl(req.url ?? '/')
  // Ready answers are kept by form, which a page has and a file has not: one look for each.
  const form = () => pageForm(req.headers.accept, new URLSearchParams(query).get('format'))
  const key = path.startsWith('/pool/') ? path : `${formOrNone(form)} ${path}`
  const ready = serving.ready.get(key)
  if (ready && req.headers.range === undefined && !isHidden(ready, hidden)) sendAnswer(req, res, ready.answer)
  else if (path.startsWith('/pool/')) await servePool({ ...serving, hidden, actor: identity.actor }, path, req, res)
  else {
    const base = () => baseUrl(serving.publicUrl, serving.clientOf(req))
    const segments = segmentsOf(path)
    const [product = ''] = segments
    const made = await serving.frozen(segments, { form, base }, hidden)
    keep(serving, key, { answer: made, product }, req, res)
  }
}

function isHidden({ product }: ReadyAnswer, hidden: ReadonlySet<string>): boolean {
  return product !== null && hidden.has(product)
}

/** What not everybody may see is for the cache of the one who asked, not for one that others share (RFC 9111, 5.2.2.7). */
function keep(
  { ready, access }: Serving,
  key: string,
  { answer, product }: ReadyAnswer,
  req: IncomingMessage,
  res: ServerResponse,
): void {
  const made = access.isPublic(product) ? answer : { ...answer, headers: privately(answer.headers) }
  // What differs from one client to the next must not be found under the path alone.
  if (answer.headers['Cache-Control'] === immutable) ready.set(key, { answer: made, product })
  sendAnswer(req, res, made)
}

/** A document of a release is served whatever `Accept` says; a page is not. */
function formOrNone(form: () => PageForm): PageForm | 'none' {
  try {
    return form()
  } catch {
    return 'none'
  }
}

interface ServingPool extends Serving {
  readonly hidden: ReadonlySet<string>
  readonly actor: string
}

async function servePool(serving: ServingPool, path: string, req: IncomingMessage, res: ServerResponse): Promise<void> {
  const { files, access } = serving
  const entry = await entryOrPulled(serving, segmentsOf(path), req, res)
  if (!entry) return
  const { product } = entry.file
  if (entry.what === 'file' && (entry.file.size > smallFile || req.headers.range !== undefined)) {
    const plain = fileHeaders(entry.file)
    const headers = access.isPublic(product) ? plain : privately(plain)
    const location = entry.file.size > smallFile ? accelLocation(serving, entry.file, req) : undefined
    if (location === undefined) await sendFile(files, { file: entry.file, headers }, req, res)
    else sendFrom(location, { file: entry.file, headers }, res)
    return
  }
  const made = entry.what === 'file' ? await smallAnswer(files, entry.file) : besideAnswer(entry)
  keep(serving, path, { answer: made, product }, req, res)
}

/** `undefined`: it has come from an upstream, and is answered. */
async function entryOrPulled(
  serving: ServingPool,
  segments: readonly string[],
  req: IncomingMessage,
  res: ServerResponse,
): Promise<PoolEntry | undefined> {
  const find = () => poolEntry(visibleRecords(serving.records, serving.hidden), segments)
  try {
    return await find()
  } catch (error) {
    if (!serving.pullThrough || !isRegistryError(error, 'distribution-unknown')) throw error
    if (!(await pullThroughTo(serving, { segments, actor: serving.actor }, req, res))) throw error
    return res.headersSent || res.destroyed ? undefined : find()
  }
}

async function smallAnswer(
  files: PoolFiles,
  file: Parameters<typeof fileHeaders>[0] & Parameters<PoolFiles['read']>[0],
): Promise<Answer> {
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

/** The decoded segments after `/index/` or `/pool/`. Throws `path-unknown`. */
function segmentsOf(path: string): string[] {
  try {
    return path.split('/').slice(2).map(decodeURIComponent)
  } catch {
    throw new RegistryError('path-unknown')
  }
}

function refuse(deps: Deps, res: ServerResponse, error: unknown): void {
  const id = requestId(res.req)
  const shown = presentable(error, id)
  if (shown.code === 'file-missing' || (shown.code === 'internal' && !res.destroyed)) deps.onError(shown, id)
  // The client has gone away while its file was being sent, or the file has ended too early.
  if (res.destroyed) return
  sendProblem(res, shown, { headers: headersFor(shown) })
}

function headersFor({ code, facts }: RegistryError): Record<string, string> {
  if (code === 'range-not-satisfiable') return { 'Content-Range': `bytes */${String(facts['size'])}` }
  return code === 'method-not-allowed' ? { Allow: 'GET, HEAD' } : {}
}
