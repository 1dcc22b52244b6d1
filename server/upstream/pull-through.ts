import { LRUCache } from 'lru-cache'
import type { Iso } from '../../pool/distribution.ts'
import { isRegistryError } from '../../pool/errors.ts'
import { judgeAge } from '../../pool/policy/cooldown.ts'
import type { ProjectName } from '../../pool/project-name.ts'
import { isClosed } from '../../pool/project-status.ts'
import { listedFiles, type ListedFile } from '../../pool/upstream-file.ts'
import type { Records } from '../../storage/ports.ts'
import { isOwn } from '../actions/own-projects.ts'
import type { UpstreamClient } from './client.ts'

/** What the live index shows of an upstream besides what the pool has. */
export interface PullThrough {
  /**
   * The files of a project that the pool would take in from the upstream if they were asked for: those that it has not, of
   * no project of the team's own, old enough, and with a sha256. Throws `upstream-unavailable`.
   */
  listed(project: ProjectName): Promise<readonly ListedFile[]>
}

interface PullThroughDeps {
  readonly records: Records
  readonly upstream: UpstreamClient
  readonly minAge: number
  readonly now: () => Iso
}

/** How long a page of the upstream is taken for what it has now, and a failure for one that goes on; in milliseconds. */
const fresh = 5 * 60_000
const failing = 30_000
/** How many pages are remembered: a page of 10,000 files is some megabytes. */
const remembered = 500

export function pullThrough(deps: PullThroughDeps): PullThrough {
  const ask = rememberedPages(deps)
  return {
    async listed(project) {
      const { records, minAge } = deps
      if (await isOwn(records, project)) return []
      if (isClosed((await records.projectStatus(project))?.status)) return []
      const files = await ask(project)
      const taken = new Set((await records.distributionsOf(project)).map(({ filename }) => filename))
      const removed = new Set((await records.removals()).map(({ filename }) => filename))
      const cooldown = { least: minAge, floor: minAge, mayPassFloor: false, exceptions: [] }
      const now = deps.now()
      return files.filter(
        ({ file }) =>
          !taken.has(file.filename) &&
          !removed.has(file.filename) &&
          judgeAge(cooldown, { ...file, project }, now) === 'old-enough',
      )
    },
  }
}

type Asked = Promise<readonly ListedFile[]>

/**
 * Asks once for all who want a page at the same time, and not again while it is fresh. Where the upstream has gone, what it
 * had before is still what it has.
 */
function rememberedPages({ upstream }: PullThroughDeps): (project: ProjectName) => Asked {
  const pages = new LRUCache<ProjectName, { readonly asked: Asked; readonly until: number }>({ max: remembered })
  const last = new LRUCache<ProjectName, readonly ListedFile[]>({ max: remembered })
  const askNow = async (project: ProjectName) => {
    try {
      const files = (await upstream.projectFiles(await upstream.defaultIndex(), project)) ?? []
      const listed = listedFiles(project, files)
      last.set(project, listed)
      return listed
    } catch (error) {
      const known = last.get(project)
      if (!isRegistryError(error, 'upstream-unavailable') || !known) throw error
      pages.set(project, { asked: Promise.resolve(known), until: Date.now() + failing })
      return known
    }
  }
  return (project) => {
    const known = pages.get(project)
    if (known && Date.now() < known.until) return known.asked
    const asked = askNow(project)
    pages.set(project, { asked, until: Date.now() + fresh })
    asked.catch(() => pages.set(project, { asked, until: Date.now() + failing }))
    return asked
  }
}
