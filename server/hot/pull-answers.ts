import { once } from 'node:events'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { performance } from 'node:perf_hooks'
import type { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { setTimeout } from 'node:timers/promises'
import { digestOf } from '../../pool/digest.ts'
import { RegistryError } from '../../pool/errors.ts'
import { isProjectName, normaliseName, type ProjectName } from '../../pool/project-name.ts'
import type { ListedFile } from '../../pool/upstream-file.ts'
import { pullFile, type PullFileDeps } from '../actions/pull-file.ts'
import type { Deps } from '../deps.ts'
import { answer, privately, revalidate, sendAnswer } from '../http/answer.ts'
import { requestId } from '../http/request-id.ts'
import { fileHeaders } from './pool-answers.ts'
import { readMetadata } from '../upstream/read-metadata.ts'

/** Files on their way from the upstream, by filename. */
export type Pulls = Map<string, Promise<void>>

export type PullDeps = PullFileDeps & Pick<Deps, 'access' | 'pullThrough' | 'pullPatience'>

type Pulling = PullDeps & { readonly pulls: Pulls }

export interface PullAsked {
  /** Of a path below `/pool/` at which the pool has nothing. */
  readonly segments: readonly string[]
  readonly actor: string
}

/**
 * Answers with what an upstream has under a path of the pool; a file comes into the pool by that. `false`: it is not
 * answered, and what the pool has by now, if anything, is the answer. Throws what pulling throws, such as
 * `upstream-unavailable`, `digest-mismatch`, `archive-invalid`.
 */
export async function pullThroughTo(deps: Pulling, asked: PullAsked, res: ServerResponse): Promise<boolean> {
  const { segments, actor } = asked
  const [, name = ''] = segments
  const ofMetadata = name.endsWith('.metadata')
  const found = await findListed(deps, segments, ofMetadata ? name.slice(0, -'.metadata'.length) : name)
  if (!found) return false
  if (ofMetadata) return sendMetadata(deps, found.listed, res)
  const underWay = deps.pulls.get(name)
  if (underWay) {
    await underWay
    return false
  }
  if (res.req.method !== 'HEAD') return pull(deps, { ...found, actor }, res)
  res.writeHead(200, headersOf(deps, found.listed, res.req)).end()
  return true
}

interface Found {
  readonly project: ProjectName
  readonly listed: ListedFile
}

async function findListed(
  { pullThrough }: Pick<Deps, 'pullThrough'>,
  [project = '', , ...rest]: readonly string[],
  filename: string,
): Promise<Found | undefined> {
  if (!pullThrough || rest.length > 0 || !isProjectName(project)) return undefined
  const name = normaliseName(project)
  if (name !== project) return undefined
  const listed = (await pullThrough.listed(name)).find(({ file }) => file.filename === filename)
  return listed && { project: name, listed }
}

/** It may be another tomorrow, until the file is in the pool. Throws `digest-mismatch`. */
async function sendMetadata(
  { upstream, access }: PullDeps,
  { file: { url, filename, metadataSha256 } }: ListedFile,
  res: ServerResponse,
): Promise<boolean> {
  if (metadataSha256 === null) return false
  const bytes = await readMetadata(await upstream.download(`${url}.metadata`))
  if (digestOf(bytes) !== metadataSha256)
    throw new RegistryError(
      'digest-mismatch',
      { filename: `${filename}.metadata` },
      { detail: `the metadata of ${filename} is not what the upstream says it is` },
    )
  const made = answer(bytes, { type: 'text/plain; charset=utf-8', cacheControl: revalidate, sha256: metadataSha256 })
  sendAnswer(res, access.isPublic(null) ? made : { ...made, headers: privately(made.headers) })
  return true
}

async function pull(deps: Pulling, found: Found & Pick<PullAsked, 'actor'>, res: ServerResponse): Promise<boolean> {
  const { req } = res
  const { filename } = found.listed.file
  // A part, or a question whether it is still the same, is answered from the pool.
  const whole = req.headers.range === undefined && req.headers['if-none-match'] === undefined
  const sending = whole ? sendAsItComes(res, headersOf(deps, found.listed, req), deps.pullPatience) : undefined
  const pulling = pullFile(deps, { ...found, tap: sending?.tap })
  deps.pulls.set(filename, pulling)
  try {
    await pulling
    await sending?.finish((start, end) => deps.files.open({ project: found.project, filename }, { start, end }))
    return whole
  } catch (error) {
    // Half of it has gone out: broken off, no client takes it for the whole.
    if (res.headersSent) res.destroy()
    throw error
  } finally {
    deps.pulls.delete(filename)
  }
}

interface Sending {
  readonly tap: (bytes: AsyncIterable<Uint8Array>) => AsyncIterable<Uint8Array>
  /** Sends what was held back: from the pool, where the client did not keep up. */
  finish(open: (start: number, end: number) => Promise<Readable>): Promise<void>
}

/**
 * Sends a file while it is stored. Its last piece is held back until all of it has been held against its sha256 and taken
 * in: whatever is wrong with it, no client has got it whole. One that goes away is not waited for, and one that is slow no
 * longer than `patience`: others may want the file, and its place among the uploads. It gets the rest when all is there.
 */
function sendAsItComes(res: ServerResponse, headers: Readonly<Record<string, string>>, patience: number): Sending {
  let held: Uint8Array | undefined
  let [size, sent, left] = [0, 0, patience]
  const send = async (chunk: Uint8Array) => {
    if (res.destroyed || left <= 0) return
    if (!res.headersSent) res.writeHead(200, headers)
    sent += chunk.length
    if (res.write(chunk)) return
    const asked = performance.now()
    await takesMore(res, left)
    left -= performance.now() - asked
  }
  return {
    async *tap(bytes) {
      for await (const chunk of bytes) {
        if (held) await send(held)
        held = chunk
        size += chunk.length
        yield chunk
      }
    },
    async finish(open) {
      if (res.destroyed) return
      if (!res.headersSent) res.writeHead(200, { ...headers, 'Content-Length': String(size) })
      // An upstream that states another size than its file has was believed: the client would wait for the rest.
      else if (Number(headers['Content-Length'] ?? size) !== size) return void res.destroy()
      if (left <= 0) return pipeline(await open(sent, size - 1), res)
      res.end(held)
    },
  }
}

/** Resolves when the client has room for more, has gone, or has had its time. */
async function takesMore(res: ServerResponse, atMost: number): Promise<void> {
  const settled = new AbortController()
  const { signal } = settled
  try {
    const timed = setTimeout(atMost, undefined, { signal })
    await Promise.race([once(res, 'drain', { signal }), once(res, 'close', { signal }), timed])
  } finally {
    settled.abort()
  }
}

function headersOf({ access }: PullDeps, { file, sha256 }: ListedFile, req: IncomingMessage): Record<string, string> {
  const headers = fileHeaders({ sha256 })
  return {
    ...(access.isPublic(null) ? headers : privately(headers)),
    'X-Request-Id': requestId(req),
    ...(file.size === null ? {} : { 'Content-Length': String(file.size) }),
  }
}
