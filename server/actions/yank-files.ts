import type { Distribution } from '../../pool/distribution.ts'
import { RegistryError } from '../../pool/errors.ts'
import { printReleaseName } from '../../pool/release-name.ts'
import { parseUsageQuery, type UsageQuery } from '../../pool/usage-query.ts'
import type { Deps } from '../deps.ts'
import { whereUsed, type Usage } from './where-used.ts'

export interface YankRequest {
  /** Each a filename, a sha256, or a project with a specifier. */
  readonly wanted: readonly string[]
  /** `null` takes the yank back. */
  readonly reason: string | null
  /** Says what would change, and changes nothing. */
  readonly dryRun: boolean
  readonly actor: string
  /** Throws unless the one who asks may mark files of the project. */
  readonly mayMark: (file: Distribution) => void
}

/** One file that was asked for. */
export interface Yanked {
  readonly filename: string
  readonly changed: boolean
  /** The releases that hold it, and go on holding it. */
  readonly releases: readonly string[]
}

/**
 * Marks files as yanked (PEP 592) in the live index, or no longer, all or none. Releases that hold them do not change.
 * Throws `request-invalid`, `project-unknown`, `distribution-unknown`, `distribution-removed`.
 */
export async function yankFiles(
  { records, now }: Pick<Deps, 'records' | 'now'>,
  request: YankRequest,
): Promise<readonly Yanked[]> {
  const { reason, actor, dryRun } = request
  const usages = await filesOf({ records }, request.wanted)
  for (const { file } of usages) request.mayMark(file)
  const at = now()
  const facts = reason === null ? {} : { reason }
  const verb = reason === null ? 'unyank' : 'yank'
  const marks = usages.map(({ file }) => ({ filename: file.filename, reason }))
  const changed = dryRun
    ? usages.flatMap(({ file }) => (file.yanked === reason ? [] : file.filename))
    : await records.setYanks(marks, ({ filename }) => ({ at, actor, verb, subject: filename, facts }))
  return usages.map(({ file: { filename }, releases }) => ({
    filename,
    changed: changed.includes(filename),
    releases: releases.map(({ name }) => printReleaseName(name)),
  }))
}

async function filesOf(deps: Pick<Deps, 'records'>, wanted: readonly string[]): Promise<readonly Usage[]> {
  const queries = wanted.map(parseUsageQuery)
  for (const query of queries) requireVersions(query)
  const found: Usage[] = []
  for (const query of queries) {
    const usages = (await whereUsed(deps, { query, limit: Infinity })).filter(({ unjudged }) => !unjudged)
    if (usages.length === 0) throw nothingOf(query)
    found.push(...usages)
  }
  return [...new Map(found.map((usage) => [usage.file.filename, usage])).values()]
}

/** A project is not yanked by leaving something out. Throws `request-invalid`. */
function requireVersions(query: UsageQuery): void {
  if (query.kind !== 'project' || query.specifier.specifiers.length > 0) return
  const hint = `name the versions, as ${query.name}==1.0 or '${query.name}<2'; a whole project: firn project status`
  throw new RegistryError('request-invalid', { project: query.project }, { detail: `which of ${query.name}?`, hint })
}

function nothingOf(query: UsageQuery): RegistryError {
  const asked = query.kind === 'project' ? query.name : 'it'
  return new RegistryError('distribution-unknown', {}, { detail: `the pool has no such version of ${asked}` })
}
