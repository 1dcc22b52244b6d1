import { RegistryError } from '../../pool/errors.ts'
import type { Excepted } from '../../pool/policy/cooldown.ts'
import type { UpstreamFile } from '../../pool/upstream-file.ts'
import type { Staged } from '../../storage/ports.ts'
import type { Deps } from '../deps.ts'
import { publicUrl } from '../upstream/client.ts'
import { takeIn, type TakeInDeps, type TakenIn } from './take-in.ts'

/** One file that an upstream lists, to be brought into the pool. */
export interface FileRequest {
  readonly file: UpstreamFile
  /** The index, or the page of links, that lists it. */
  readonly place: string
  /** What it is to be of; the metadata inside decides whether it is. */
  readonly name: string
  readonly version: string
  /** Without a stated hash it is taken as it comes. */
  readonly allowUnhashed: boolean
  /** May be mixed with what the team has uploaded of that name: somebody has said so by name. */
  readonly fromUpstream: boolean
  /** By which exception it comes in although it is young. */
  readonly excepted?: Excepted | undefined
  readonly actor: string
  readonly signal?: AbortSignal | undefined
  readonly onBytes?: ((bytes: number) => void) | undefined
  /** Told where its bytes are staged, before any is. */
  readonly onBegun?: ((path: string) => Promise<void>) | undefined
  /** What its bytes go through on their way; default: straight. */
  readonly tap?: ((bytes: AsyncIterable<Uint8Array>) => AsyncIterable<Uint8Array>) | undefined
  /** Default: `fetch`. */
  readonly verb?: 'fetch' | 'pull'
}

/** The algorithms that an upstream's hash is believed in, the strongest first. md5 is all that old indexes have. */
const algorithms = ['sha512', 'sha384', 'sha256', 'sha224', 'sha1', 'md5'] as const

export type FetchFileDeps = TakeInDeps & Pick<Deps, 'upstream' | 'uploadLimit'>

/**
 * Downloads a file, holds it against the upstream's hash and takes it into the pool, with where it came from. Its age is
 * for the caller to judge. Throws `digest-mismatch`, `project-own`, and what `takeIn`, staging and the upstream throw.
 */
export async function fetchFile(deps: FetchFileDeps, request: FileRequest): Promise<TakenIn> {
  const { file, place, name, version, fromUpstream, excepted, actor, verb = 'fetch' } = request
  const algorithm = algorithms.find((each) => file.hashes[each] !== undefined)
  if (algorithm === undefined && !request.allowUnhashed) throw unhashed(file)
  const staged = await stageFrom(deps, request, algorithm)
  const [expected = '', found = ''] = algorithm ? [file.hashes[algorithm], staged.digests[algorithm]] : []
  if (expected !== found) {
    await deps.staging.discard(staged)
    const facts = { filename: file.filename, algorithm, expected, found }
    throw new RegistryError('digest-mismatch', facts, {
      detail: `${file.filename} is not what the upstream says it is`,
      hint: 'try again; if it stays so, the upstream or a cache before it gives other bytes than it lists',
    })
  }
  const { url, uploadTime, yanked, filename } = file
  const origin = { index: publicUrl(place), url: publicUrl(url), uploadTime, yanked }
  const claim = { name, version }
  const facts = excepted ? { allowedYoung: excepted } : {}
  return takeIn(deps, { staged, filename, claim, origin, fromUpstream, facts, product: null, actor, verb })
}

async function stageFrom(
  { upstream, staging, uploadLimit }: FetchFileDeps,
  { file, signal, tap, onBegun, onBytes }: FileRequest,
  algorithm: string | undefined,
): Promise<Staged> {
  const bytes = await upstream.download(file.url, signal)
  return staging.stage(tap ? tap(bytes) : bytes, {
    limit: uploadLimit,
    algorithms: algorithm ? [algorithm] : [],
    ...(onBegun ? { onBegun } : {}),
    ...(onBytes ? { onBytes } : {}),
  })
}

function unhashed({ filename }: UpstreamFile): RegistryError {
  const hint = 'upload the file yourself, or take it as it comes with --allow-unhashed'
  return new RegistryError(
    'digest-mismatch',
    { filename },
    { detail: `the upstream states no hash of ${filename}`, hint },
  )
}
