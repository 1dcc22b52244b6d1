import { LRUCache } from 'lru-cache'
import type { Distribution } from '../../pool/distribution.ts'
import { RegistryError } from '../../pool/errors.ts'
import type { DistributionFacts } from '../../pool/facts.ts'
import { readFacts } from '../../pool/facts/read-facts.ts'
import { parseFilename, versionIn } from '../../pool/filename.ts'
import { parseMetadata } from '../../pool/metadata.ts'
import {
  isUnresolvable,
  resolverPageJson,
  sdistMetadata,
  shownName,
  type ResolverFile,
} from '../../pool/pages/resolver-page.ts'
import { judgeAge, type Cooldown } from '../../pool/policy/cooldown.ts'
import type { ProjectName } from '../../pool/project-name.ts'
import { isClosed } from '../../pool/project-status.ts'
import { parseOrSkip, type UpstreamFile } from '../../pool/upstream-file.ts'
import { readArchive } from '../../storage/archives/read-archive.ts'
import type { Deps } from '../deps.ts'
import { readMetadata } from '../upstream/read-metadata.ts'
import { factsOfFiles } from './facts-of-files.ts'
import { isOwn } from './own-projects.ts'

/** What a resolver asks for: of the first of these upstream indexes that knows the project; `undefined`: of the pool. */
export interface ResolverQuestion {
  readonly project: ProjectName
  readonly indexes: readonly string[] | undefined
  /** Projects of the team's own that are taken from upstream all the same. */
  readonly fromUpstream: readonly ProjectName[]
  /** What of an upstream is too young is not shown. */
  readonly cooldown: Cooldown
  /** Whether the resolver builds sdists itself. */
  readonly buildsSdists: boolean
}

export type ResolverDeps = Pick<Deps, 'records' | 'files' | 'staging' | 'upstream' | 'uploadLimit' | 'now'> & {
  readonly cache: ResolverCache
}

/** The page of a project, `undefined` if there is none. Throws `upstream-unavailable`. */
export async function resolverPage(deps: ResolverDeps, question: ResolverQuestion): Promise<string | undefined> {
  const { project } = question
  if (isUnresolvable(project)) return undefined
  // Nothing can be frozen with it, so that nothing is to be chosen.
  if ((await deps.records.projectStatus(project))?.status === 'quarantined') return undefined
  const upstream = await upstreamFiles(deps, question)
  const files = upstream?.map(upstreamFile) ?? (await deps.records.distributionsOf(project)).map(poolFile)
  if (files.length === 0) return undefined
  return resolverPageJson(project, question.buildsSdists ? files : files.map(({ sdist: _sdist, ...file }) => file))
}

/** The metadata of a file of that page. Throws `distribution-unknown`, and what reading an upstream's file throws. */
export async function resolverMetadata(
  deps: ResolverDeps,
  question: ResolverQuestion & { readonly filename: string; readonly shown: string },
): Promise<string | Buffer> {
  const { project, filename, shown } = question
  const held = await deps.records.distribution(filename)
  if (held?.project === project && shownName(project, held) === shown) return heldMetadata(deps, held)
  const listed = (await upstreamFiles(deps, question))?.find(({ file }) => file.filename === filename)
  if (!listed || shownName(project, listed.file) !== shown)
    throw new RegistryError('distribution-unknown', { filename: shown }, { detail: shown })
  return upstreamMetadata(deps, { ...question, ...listed })
}

function poolFile(file: Distribution): ResolverFile {
  const { filename, kind, version, requiresPython, uploadTime, sha256, yanked } = file
  const known = { filename, kind, version, requiresPython, uploadTime, yanked }
  // From /resolve/upstream-sdists/<index>/<project>/.
  const url = `../../../../pool/${file.project}/${encodeURIComponent(filename)}`
  return kind === 'sdist' ? { ...known, sdist: { url, sha256 } } : known
}

function upstreamFile({ file, upstream: { url, hashes } }: Listed): ResolverFile {
  return file.kind === 'sdist' ? { ...file, sdist: { url, sha256: hashes['sha256'] } } : file
}

async function heldMetadata(deps: ResolverDeps, file: Distribution): Promise<string | Buffer> {
  if (file.kind === 'wheel') return (await deps.records.metadata(file.metadataSha256)) ?? ''
  const facts = (await factsOfFiles(deps, [file])).get(file.sha256)
  return facts ? sdistMetadata({ ...facts, ...file }) : ''
}

interface Listed {
  readonly file: ResolverFile
  readonly upstream: UpstreamFile
}

/** What was asked of upstreams a moment ago: to look into a file costs much, what is found there is little. */
export interface ResolverCache {
  readonly pages: LRUCache<string, readonly Listed[]>
  /** Metadata, by the URL and hash of its file. */
  readonly looked: LRUCache<string, string | Buffer>
}

export function resolverCache(): ResolverCache {
  return { pages: new LRUCache({ max: 500, ttl: 5 * 60_000 }), looked: new LRUCache({ max: 2000 }) }
}

/** What can come in; `undefined`: the project is the team's own, or closed, or the upstream does not know it. */
async function upstreamFiles(deps: ResolverDeps, question: ResolverQuestion): Promise<readonly Listed[] | undefined> {
  const { project, indexes, fromUpstream, cooldown } = question
  if (indexes === undefined) return undefined
  if (!fromUpstream.includes(project) && (await isOwn(deps.records, project))) return undefined
  if (isClosed((await deps.records.projectStatus(project))?.status)) return undefined
  const removed = new Set((await deps.records.removals()).map(({ filename }) => filename))
  const now = deps.now()
  const files = await filesOfFirst(deps, { ...question, indexes })
  return files?.filter(
    ({ file }) => !removed.has(file.filename) && judgeAge(cooldown, { ...file, project }, now) !== 'too-young',
  )
}

/** Of the first index that knows the project. */
async function filesOfFirst(
  { upstream, cache: { pages } }: ResolverDeps,
  { project, indexes }: ResolverQuestion & { readonly indexes: readonly string[] },
): Promise<readonly Listed[] | undefined> {
  for (const index of indexes) {
    const key = `${index} ${project}`
    const listed =
      pages.get(key) ?? (await upstream.projectFiles(index, project))?.flatMap((file) => listedOf(project, file))
    if (!listed) continue
    pages.set(key, listed)
    return listed
  }
  return undefined
}

function listedOf(project: ProjectName, upstream: UpstreamFile): readonly Listed[] {
  const { filename, requiresPython, uploadTime, yanked } = upstream
  const parsed = parseOrSkip(filename)
  const version = parsed && versionIn(parsed, project)
  if (!parsed || version === undefined) return []
  return [{ upstream, file: { filename, kind: parsed.kind, version, requiresPython, uploadTime, yanked } }]
}

type Looking = ResolverQuestion & Listed

/** No hash is compared: what is read here only proposes; fetching checks, and freezing judges by what the pool has. */
async function upstreamMetadata(deps: ResolverDeps, looking: Looking): Promise<string | Buffer> {
  const { file, upstream } = looking
  const { looked } = deps.cache
  const key = `${upstream.url} ${upstream.hashes['sha256'] ?? ''}`
  const known = looked.get(key)
  if (known !== undefined) return known
  const beside = upstream.coreMetadata && file.kind === 'wheel'
  const found = beside
    ? await readMetadata(await deps.upstream.download(`${upstream.url}.metadata`))
    : await lookInto(deps, looking)
  looked.set(key, found)
  return found
}

/** Throws `archive-invalid`, `metadata-missing`, `metadata-invalid`, `upload-too-large`, `upstream-unavailable`. */
async function lookInto(
  { upstream: client, staging, uploadLimit }: ResolverDeps,
  { project, file, upstream }: Looking,
): Promise<string | Buffer> {
  const staged = await staging.stage(await client.download(upstream.url), { limit: uploadLimit })
  try {
    const form = parseFilename(file.filename)
    const parts = await readArchive(staged.path, form)
    if (form.kind === 'wheel') return Buffer.from(parts.metadata)
    const facts: DistributionFacts = readFacts(form.kind, project, parts)
    const { requiresPython = null } = parseMetadata(parts.metadata)
    return sdistMetadata({ ...facts, project, version: file.version, requiresPython })
  } finally {
    await staging.discard(staged)
  }
}
