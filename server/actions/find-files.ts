import { bestVersion } from '../../pool/best-version.ts'
import { clientsOf, type Client } from '../../pool/clients.ts'
import { versionIn } from '../../pool/filename.ts'
import { normaliseName, type ProjectName } from '../../pool/project-name.ts'
import type { Requirement } from '../../pool/requirement.ts'
import { parseOrSkip, type UpstreamFile } from '../../pool/upstream-file.ts'
import { asksFor } from '../../pool/usage-query.ts'
import { compareCodePoints, compareVersionTexts } from '../../pool/version.ts'
import type { Deps } from '../deps.ts'
import { publicUrl } from '../upstream/client.ts'

export interface FindRequest {
  readonly requirements: readonly Requirement[]
  /** The upstream indexes to look in; none: the pool. */
  readonly indexes: readonly string[]
  readonly eggs: boolean
  readonly signal: AbortSignal
}

export interface FoundFile extends Pick<UpstreamFile, 'filename' | 'url' | 'yanked' | 'requiresPython'> {
  readonly version: string
  readonly sha256: string | null
  /** Those that can use it, if they ask for it by the name that is asked for here. */
  readonly clients: readonly Client[]
}

/** What one place has for one requirement. */
export interface Matches {
  readonly requirement: Requirement
  /** The version that is newest and admitted, without pre-releases where there are others. */
  readonly best: string | null
  /** The newest version first. */
  readonly files: readonly FoundFile[]
}

export interface FoundIn {
  /** `null`: the pool. */
  readonly index: string | null
  readonly matches: readonly Matches[]
}

/** The files that match requirements, index by index. Throws `upstream-unavailable`. */
export async function findFiles(
  deps: Pick<Deps, 'records' | 'upstream'>,
  request: FindRequest,
): Promise<readonly FoundIn[]> {
  const { requirements, indexes, signal } = request
  const places = indexes.length > 0 ? indexes : [null]
  const found: FoundIn[] = []
  for (const index of places) {
    const listed = requirements.map(async (requirement) => {
      const project = normaliseName(requirement.name)
      const files =
        index === null
          ? await ofPool(deps, project)
          : ((await deps.upstream.projectFiles(index, project, signal)) ?? [])
      return matchesOf(files, requirement, request)
    })
    found.push({ index: index === null ? null : publicUrl(index), matches: await Promise.all(listed) })
  }
  return found
}

async function ofPool({ records }: Pick<Deps, 'records'>, project: ProjectName): Promise<readonly UpstreamFile[]> {
  const held = await records.distributionsOf(project)
  return held.map(({ filename, kind, sha256, size, uploadTime, requiresPython, yanked }) => ({
    filename,
    url: `/pool/${project}/${filename}`,
    hashes: { sha256 },
    size,
    uploadTime,
    yanked,
    requiresPython,
    coreMetadata: kind === 'wheel',
    metadataSha256: null,
  }))
}

function matchesOf(
  listed: readonly UpstreamFile[],
  requirement: Requirement,
  { eggs }: Pick<FindRequest, 'eggs'>,
): Matches {
  const project = normaliseName(requirement.name)
  const { specifier } = requirement
  const files = listed.flatMap((file) => {
    const form = parseOrSkip(file.filename)
    if (!form || (form.kind === 'egg' && !eggs)) return []
    const version = versionIn(form, project)
    if (version === undefined || asksFor(specifier, version) === 'no') return []
    const { filename, yanked, requiresPython } = file
    const url = file.url.startsWith('/') ? file.url : publicUrl(file.url)
    const clients = clientsOf({ filename, name: requirement.name, version, requiresPython })
    return [{ filename, url, yanked, requiresPython, version, sha256: file.hashes['sha256'] ?? null, clients }]
  })
  const best = bestVersion(files, { project, specifier, targets: [], allFiles: true, eggs }) ?? null
  return { requirement, best, files: files.toSorted(newestFirst) }
}

function newestFirst(a: FoundFile, b: FoundFile): number {
  return compareVersionTexts(b.version, a.version) || compareCodePoints(a.filename, b.filename)
}
