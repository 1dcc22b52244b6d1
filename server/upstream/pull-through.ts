import type { Distribution, Iso } from '../../pool/distribution.ts'
import { RegistryError } from '../../pool/errors.ts'
import { judgeAge } from '../../pool/policy/cooldown.ts'
import type { ProjectName } from '../../pool/project-name.ts'
import { isClosed } from '../../pool/project-status.ts'
import type { ListedFile } from '../../pool/upstream-file.ts'
import { sameVersion } from '../../pool/version.ts'
import type { Records } from '../../storage/ports.ts'
import { isOwn } from '../actions/own-projects.ts'
import type { UpstreamClient } from './client.ts'
import { rememberedPages, type AskPage } from './remembered-pages.ts'

/** What the live index shows of an upstream besides what the pool has. */
export interface PullThrough {
  /**
   * The files of a project that the pool would take in from the upstream if they were asked for: those that it has not, of
   * no project of the team's own, of no version that was yanked here, old enough, and with a sha256. Throws `upstream-unavailable`.
   */
  listed(project: ProjectName): Promise<readonly ListedFile[]>
}

interface PullThroughDeps {
  readonly records: Records
  readonly upstream: UpstreamClient
  readonly minAge: number
  readonly now: () => Iso
  /** How long whoever asks is kept waiting for the upstream, in milliseconds: pip gives up after 15 s. */
  readonly patience: number
}

/** While nothing comes from the upstream, the next who ask are kept waiting no longer than this, in milliseconds. */
const impatience = 500

export function pullThrough(deps: PullThroughDeps): PullThrough {
  const ask = patiently(rememberedPages(deps.upstream), deps.patience)
  return {
    async listed(project) {
      const { records, minAge } = deps
      if (await isOwn(records, project)) return []
      if (isClosed((await records.projectStatus(project))?.status)) return []
      const files = await ask(project)
      const held = await records.distributionsOf(project)
      const taken = new Set(held.map(({ filename }) => filename))
      const yanked = held.filter(isYankedHere)
      const removed = new Set((await records.removals()).map(({ filename }) => filename))
      const cooldown = { least: minAge, floor: minAge, mayPassFloor: false, exceptions: [] }
      const now = deps.now()
      return files.filter(
        ({ file, version }) =>
          !taken.has(file.filename) &&
          !yanked.some((other) => sameVersion(other.version, version)) &&
          !removed.has(file.filename) &&
          judgeAge(cooldown, { ...file, project }, now) === 'old-enough',
      )
    },
  }
}

/**
 * Asks no longer than one may be kept waiting; what was asked goes on, for whoever asks then. Throws `upstream-unavailable`.
 */
function patiently(ask: AskPage, patience: number): AskPage {
  let silent = false
  return async (project) => {
    const asked = ask(project)
    const wait = silent ? Math.min(impatience, patience) : patience
    let timer: NodeJS.Timeout | undefined
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => {
        silent = true
        reject(new RegistryError('upstream-unavailable', { project }, { detail: `it has not answered in ${wait} ms` }))
      }, wait)
    })
    asked.then(
      () => (silent = false),
      () => {},
    )
    try {
      return await Promise.race([asked, late])
    } finally {
      clearTimeout(timer)
    }
  }
}

/** By somebody here, and not by what the upstream said: what is broken of it may be so in all files of the version. */
function isYankedHere({ yanked, origin }: Distribution): boolean {
  return yanked !== null && yanked !== origin?.yanked
}
