import { RegistryError } from '../../pool/errors.ts'
import { diffPins } from '../../pool/diff/pins-diff.ts'
import type { DiffSide, ProjectDiff } from '../../pool/diff/project-diff.ts'
import { diffReleases as compareReleases, type ReleaseDiff } from '../../pool/diff/release-diff.ts'
import type { Notice, Source } from '../../pool/pins/pin.ts'
import { inOrder } from '../../pool/pins/in-order.ts'
import { looseProblem, readPins } from '../../pool/pins/read-pins.ts'
import { printReleaseName, type ReleaseName } from '../../pool/release-name.ts'
import { parseTarget, type Target } from '../../pool/target.ts'
import type { ReleaseChanges } from '../../storage/ports.ts'
import type { Deps } from '../deps.ts'
import { openRelease, type OpenedRelease } from './show-release.ts'

export interface DiffOfReleases extends ReleaseDiff {
  readonly from: OpenedRelease
  readonly to: OpenedRelease
  /** What the releases after the one and up to the other say that they changed: their own, then those of their bases. */
  readonly changelog: readonly ReleaseChanges[]
}

/** How one release differs from another. Throws `release-unknown`. */
export async function diffReleases(
  { records }: Pick<Deps, 'records'>,
  names: { readonly from: ReleaseName; readonly to: ReleaseName },
): Promise<DiffOfReleases> {
  const from = await openRelease({ records }, names.from)
  const to = await openRelease({ records }, names.to)
  const [before, after] = [await sideOf({ records }, from), await sideOf({ records }, to)]
  const { base: baseBefore } = from.manifest
  const { base: baseAfter } = to.manifest
  return {
    from,
    to,
    ...compareReleases(before, after),
    changelog: [
      ...(await records.changesBetween(from.name, to.name)),
      ...(baseBefore && baseAfter ? await records.changesBetween(baseBefore, baseAfter) : []),
    ],
  }
}

async function sideOf({ records }: Pick<Deps, 'records'>, { manifest }: OpenedRelease): Promise<DiffSide> {
  return { manifest, facts: await records.factsOfAll(manifest.files.map(({ sha256 }) => sha256)) }
}

export interface PinsDiffRequest {
  readonly from: ReleaseName
  readonly sources: readonly Source[]
  /** Where the pins are to hold; none: on the targets of the release. */
  readonly targets: readonly Target[]
}

export interface DiffWithPins {
  readonly from: OpenedRelease
  readonly same: boolean
  readonly projects: readonly ProjectDiff[]
  readonly notices: readonly Notice[]
}

/** How pins, as a lock file or an installation has them, differ from a release. Throws `release-unknown`, `pins-invalid`. */
export async function diffWithPins(
  { records }: Pick<Deps, 'records'>,
  { from, sources, targets }: PinsDiffRequest,
): Promise<DiffWithPins> {
  const opened = await openRelease({ records }, from)
  const where = targets.length > 0 ? targets : opened.manifest.targets.map(parseTarget)
  const { pins, loose, notices, ...read } = readPins(sources, where)
  const problems = inOrder([...read.problems, ...loose.map(looseProblem)], sources)
  if (problems.length > 0) {
    const detail = problems.length === 1 ? '1 problem' : `${problems.length} problems`
    throw new RegistryError('pins-invalid', { release: printReleaseName(from), problems }, { detail })
  }
  const projects = diffPins(opened.manifest, pins, targets)
  return { from: opened, same: projects.length === 0, projects, notices }
}
