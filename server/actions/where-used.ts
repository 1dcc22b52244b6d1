import type { Distribution } from '../../pool/distribution.ts'
import { RegistryError } from '../../pool/errors.ts'
import { asksFor, printUsageQuery, type UsageQuery } from '../../pool/usage-query.ts'
import { compareCodePoints, compareVersionTexts } from '../../pool/version.ts'
import type { ReleaseSummary } from '../../storage/ports.ts'
import { removedError } from '../../pool/removal.ts'
import type { Deps } from '../deps.ts'

export interface Usage {
  readonly file: Distribution
  /** Whether the version was asked for cannot be told, since it is none of PEP 440. */
  readonly unjudged: boolean
  /** The releases that it is in, customers' among them. */
  readonly releases: readonly ReleaseSummary[]
}

export interface UsageRequest {
  readonly query: UsageQuery
  /** The file that the page before ended with. */
  readonly after?: Position | undefined
  readonly limit: number
}

/**
 * Files of the pool that are asked for, the newest version first, and the releases that each is in; `limit` of them.
 * Reads no manifest. Throws `project-unknown`, `distribution-unknown`, `distribution-removed`.
 */
export async function whereUsed(
  { records }: Pick<Deps, 'records'>,
  { query, after, limit }: UsageRequest,
): Promise<readonly Usage[]> {
  const found = (await filesAskedFor({ records }, query)).toSorted((a, b) => newestFirst(a.file, b.file))
  const page = found.filter(({ file }) => after === undefined || newestFirst(after, file) < 0).slice(0, limit)
  const releases = await records.releasesOf(page.map(({ file }) => file.filename))
  return page.map((each) => ({ ...each, releases: releases.get(each.file.filename) ?? [] }))
}

type Found = Omit<Usage, 'releases'>

async function filesAskedFor({ records }: Pick<Deps, 'records'>, query: UsageQuery): Promise<readonly Found[]> {
  if (query.kind === 'project') {
    const held = await records.distributionsOf(query.project)
    if (held.length === 0) throw unknownProject(query.name)
    return held.flatMap((file) => {
      const asked = asksFor(query.specifier, file.version)
      return asked === 'no' ? [] : { file, unjudged: asked === 'unknown' }
    })
  }
  const found =
    query.kind === 'sha256'
      ? await records.distributionsByDigest(query.prefix)
      : [await records.distribution(query.filename)].flatMap((file) => file ?? [])
  if (found.length > 0) return found.map((file) => ({ file, unjudged: false }))
  const removal = query.kind === 'sha256' ? undefined : await records.removal(query.filename)
  if (removal) throw removedError(removal)
  const asked = printUsageQuery(query)
  throw new RegistryError(
    'distribution-unknown',
    { q: asked },
    { detail: asked, hint: 'ask by project to see which files the pool has of it' },
  )
}

function unknownProject(name: string): RegistryError {
  const hint = 'projects of the pool are listed at /simple/; a sha256 has 12 digits at least'
  return new RegistryError('project-unknown', { project: name }, { detail: `the pool has no file of ${name}`, hint })
}

type Position = Pick<Distribution, 'version' | 'filename'>

function newestFirst(a: Position, b: Position): number {
  return compareVersionTexts(b.version, a.version) || compareCodePoints(a.filename, b.filename)
}
