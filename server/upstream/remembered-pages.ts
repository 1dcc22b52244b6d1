import { LRUCache } from 'lru-cache'
import pLimit from 'p-limit'
import { isRegistryError, RegistryError } from '../../pool/errors.ts'
import type { ProjectName } from '../../pool/project-name.ts'
import { listedFiles, type ListedFile } from '../../pool/upstream-file.ts'
import type { UpstreamClient } from './client.ts'

type Asked = Promise<readonly ListedFile[]>

/** What an upstream has of a project; nothing if it does not know it. Throws `upstream-unavailable`. */
export type AskPage = (project: ProjectName) => Asked

interface Page {
  readonly files: readonly ListedFile[]
  readonly until: number
}

interface Failure {
  readonly error: unknown
  readonly until: number
}

/** How long a page of the upstream is taken for what it has now, and a failure for one that goes on; in milliseconds. */
const fresh = 5 * 60_000
const failing = 30_000
/** Within this a page has come, or none does. */
const deadline = 60_000
/** How many projects are remembered, and of how many files in all: 10,000 are some megabytes. */
const remembered = 5000
const rememberedFiles = 100_000
/** A page of more is no page of a project. */
const mostFiles = 50_000
/** While a page is read, it is in memory several times over. */
const atOnce = 10
/** Names that nobody could be told of within the time that they wait. */
const mostWaiting = 1000

/**
 * Asks once for all who want a page at the same time, and not again while it is fresh. Where the upstream has gone, what it
 * had before is still what it has.
 */
export function rememberedPages(upstream: UpstreamClient): AskPage {
  const pages = new LRUCache<ProjectName, Page>({
    max: remembered,
    maxSize: rememberedFiles,
    sizeCalculation: ({ files }) => files.length + 1,
  })
  const failures = new LRUCache<ProjectName, Failure>({ max: remembered })
  const underWay = new Map<ProjectName, Asked>()
  const limit = pLimit(atOnce)
  const askNow = async (project: ProjectName) => {
    try {
      const files = await askPage(upstream, project)
      pages.set(project, { files, until: Date.now() + fresh })
      return files
    } catch (error) {
      const until = Date.now() + failing
      const known = pages.get(project)
      if (known && isRegistryError(error, 'upstream-unavailable')) {
        pages.set(project, { ...known, until })
        return known.files
      }
      failures.set(project, { error, until })
      throw error
    } finally {
      underWay.delete(project)
    }
  }
  return async (project) => {
    const known = pages.get(project)
    if (known && Date.now() < known.until) return known.files
    const failure = failures.get(project)
    if (failure && Date.now() < failure.until) throw failure.error
    if (limit.pendingCount >= mostWaiting) throw tooMany()
    const asked = underWay.get(project) ?? limit(askNow, project)
    underWay.set(project, asked)
    return asked
  }
}

/** Throws `upstream-unavailable`. */
async function askPage(upstream: UpstreamClient, project: ProjectName): Asked {
  const index = await upstream.defaultIndex()
  const files = (await upstream.projectFiles(index, project, AbortSignal.timeout(deadline))) ?? []
  if (files.length <= mostFiles) return listedFiles(project, files)
  const detail = `its page of ${project} has ${files.length} files`
  throw new RegistryError('upstream-unavailable', { project }, { detail })
}

function tooMany(): RegistryError {
  const detail = `${mostWaiting} pages are asked for already`
  return new RegistryError('upstream-unavailable', {}, { detail, hint: 'try again later' })
}
