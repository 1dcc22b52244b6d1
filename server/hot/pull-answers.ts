import type { IncomingMessage, ServerResponse } from 'node:http'
import { pipeline } from 'node:stream/promises'
import { digestOf } from '../../pool/digest.ts'
import { RegistryError } from '../../pool/errors.ts'
import { isProjectName, normaliseName, type ProjectName } from '../../pool/project-name.ts'
import type { ListedFile } from '../../pool/upstream-file.ts'
import { growingFile, type GrowingFile } from '../../storage/filesystem/growing-file.ts'
import { pullFile, type PullFileDeps } from '../actions/pull-file.ts'
import type { Deps } from '../deps.ts'
import { answer, privately, revalidate, sendAnswer } from '../http/answer.ts'
import { requestId } from '../http/request-id.ts'
import { fileHeaders } from './pool-answers.ts'
import { readMetadata } from '../upstream/read-metadata.ts'

/** A file on its way from the upstream. */
interface Pull {
  readonly done: Promise<void>
  readonly growing: GrowingFile
}

/** By filename. */
export type Pulls = Map<string, Pull>

export type PullDeps = PullFileDeps & Pick<Deps, 'access' | 'pullThrough'>

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
  const { method, headers } = res.req
  const given = headersOf(deps, found.listed, res.req)
  if (method === 'HEAD') {
    res.writeHead(200, given).end()
    return true
  }
  const underWay = deps.pulls.get(name) ?? pull(deps, { ...found, actor })
  // A part, or a question whether it is still the same, is answered from the pool.
  if (headers.range !== undefined || headers['if-none-match'] !== undefined) {
    await underWay.done
    return false
  }
  await sendAsItComes(underWay, given, res)
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

/** Takes a file in for all who want it at the same time, however fast each of them reads, and whether they stay. */
function pull({ pulls, ...deps }: Pulling, { project, listed, actor }: Found & Pick<PullAsked, 'actor'>): Pull {
  const { filename } = listed.file
  const growing = growingFile()
  const onBegun = (path: string) => growing.begun(path)
  const onBytes = (bytes: number) => growing.grown(bytes)
  // It is read by nobody else from now on.
  const ended = (error?: unknown) => {
    pulls.delete(filename)
    growing.ended(error)
  }
  const done = pullFile(deps, { project, listed, actor, onBegun, onBytes })
  done.then(() => ended(), ended)
  const started = { done, growing }
  pulls.set(filename, started)
  return started
}

/** Sends a file while it is stored, and the last of it when it is. Throws what pulling it throws. */
async function sendAsItComes(
  { growing }: Pull,
  headers: Readonly<Record<string, string>>,
  res: ServerResponse,
): Promise<void> {
  const bytes = growing.read()
  // As long as nothing has gone out, what is wrong can be said.
  const first = await bytes.next()
  if (res.destroyed) return void (await bytes.return())
  res.writeHead(200, headers)
  // If it turns out wrong then, this breaks off: no client takes it for the whole.
  await pipeline(resumed(first, bytes), res)
}

async function* resumed(
  first: IteratorResult<Buffer, void>,
  rest: AsyncGenerator<Buffer, void>,
): AsyncGenerator<Buffer> {
  try {
    if (!first.done) yield first.value
    yield* rest
  } finally {
    await rest.return()
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
