import type { Manifest, ManifestWaiver } from '../manifest.ts'
import { printReleaseName } from '../release-name.ts'
import type { Changed } from './facts-diff.ts'
import { isEmpty, listChange, type ListChange } from './list-diff.ts'
import { diffProjects, type DiffSide, type ProjectDiff } from './project-diff.ts'

export interface ReleaseDiff {
  /** Nothing that is installed, promised or let pass differs. */
  readonly same: boolean
  readonly projects: readonly ProjectDiff[]
  readonly targets: ListChange
  readonly waivers: WaiversChange
  /** The releases that the two are laid over; `null` if that is the same one. */
  readonly base: Changed | null
}

export interface WaiversChange {
  readonly added: readonly ManifestWaiver[]
  readonly removed: readonly ManifestWaiver[]
  readonly changed: readonly { readonly from: ManifestWaiver; readonly to: ManifestWaiver }[]
}

/** What one has to know before going from one release to another. */
export function diffReleases(from: DiffSide, to: DiffSide): ReleaseDiff {
  const projects = diffProjects(from, to)
  const targets = listChange(from.manifest.targets, to.manifest.targets)
  const waivers = diffWaivers(from.manifest.waivers, to.manifest.waivers)
  const base = baseChange(from.manifest, to.manifest)
  const waived = waivers.added.length + waivers.removed.length + waivers.changed.length
  const same = projects.length + waived === 0 && isEmpty(targets) && base === null
  return { same, projects, targets, waivers, base }
}

function diffWaivers(from: readonly ManifestWaiver[], to: readonly ManifestWaiver[]): WaiversChange {
  const [before, after] = [new Map(from.map((each) => [whatOf(each), each])), new Set(to.map(whatOf))]
  const both = to.flatMap((waiver) => {
    const known = before.get(whatOf(waiver))
    return known ? [{ from: known, to: waiver }] : []
  })
  return {
    added: to.filter((waiver) => !before.has(whatOf(waiver))),
    removed: from.filter((waiver) => !after.has(whatOf(waiver))),
    changed: both.filter(({ from, to }) => terms(from) !== terms(to)),
  }
}

function whatOf({ project, rule }: ManifestWaiver): string {
  return `${project} ${rule}`
}

function terms({ reason, by, until, waived }: ManifestWaiver): string {
  return JSON.stringify([reason, by, until, waived])
}

function baseChange({ base: from }: Manifest, { base: to }: Manifest): Changed | null {
  const names = { from: from && printReleaseName(from), to: to && printReleaseName(to) }
  return names.from === names.to ? null : names
}
