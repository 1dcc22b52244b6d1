import { checkClosure } from '../../pool/closure/check-closure.ts'
import { findingsOf, pinsFor, projectsWanted } from '../../pool/closure/fill-holes.ts'
import type { Hole } from '../../pool/closure/holes.ts'
import type { Distribution, Sha256 } from '../../pool/distribution.ts'
import type { DistributionFacts } from '../../pool/facts.ts'
import type { Finding } from '../../pool/findings.ts'
import type { FreezeOutcome } from '../../pool/freeze.ts'
import type { Manifest } from '../../pool/manifest.ts'
import type { Pin } from '../../pool/pins/pin.ts'
import type { ProjectName } from '../../pool/project-name.ts'
import type { Target } from '../../pool/target.ts'
import { factsOfFiles, type FactsDeps } from './facts-of-files.ts'

export type FilesOf = (project: ProjectName) => readonly Distribution[]

export interface CloseRequest {
  readonly pins: readonly Pin[]
  /** Pins that are taken only where something needs them. */
  readonly constraints: readonly Pin[]
  /** What was asked for, that of the base with it. */
  readonly roots: readonly string[]
  readonly targets: readonly Target[]
  /** The release that pins make. */
  readonly fill: (pins: readonly Pin[], filesOf: FilesOf) => FreezeOutcome
}

export interface ClosedRelease extends FreezeOutcome {
  /** What keeps it from being closed. */
  readonly findings: readonly Finding[]
  /** What the pool holds of the pins; of a pin of which it has nothing, what it has of the project instead. */
  readonly held: ReadonlyMap<ProjectName, readonly Distribution[]>
  /** Of each file of the manifest. */
  readonly facts: ReadonlyMap<Sha256, DistributionFacts>
}

/**
 * Fills a release from its pins, then from the constraints for as long as something that it needs is among them: one
 * candidate for each project, so nothing is resolved. Throws `file-missing`.
 */
export async function closeRelease(deps: FactsDeps, request: CloseRequest): Promise<ClosedRelease> {
  const held = new Map<ProjectName, readonly Distribution[]>()
  const facts = new Map<Sha256, DistributionFacts>()
  for (let pins = request.pins, taken = pins; ; pins = [...pins, ...taken]) {
    await addHeld(deps, held, taken)
    const outcome = request.fill(pins, (project) => held.get(project) ?? [])
    await addFacts(deps, facts, outcome.manifest)
    const { holes, unknown } = checkClosure({
      ...request,
      manifest: outcome.manifest,
      factsOf: (sha256) => facts.get(sha256),
    })
    taken = pinsFor(holes, request.constraints, pins)
    if (taken.length > 0) continue
    const findings = await findingsFor(deps, withoutUnfilled(holes, pins, outcome.manifest))
    return { ...outcome, manifest: { ...outcome.manifest, unknown }, findings, held, facts }
  }
}

async function addHeld(
  { records }: FactsDeps,
  held: Map<ProjectName, readonly Distribution[]>,
  pins: readonly Pin[],
): Promise<void> {
  for (const [project, files] of await records.distributionsOfPins(pins)) held.set(project, files)
  // What the pool has instead is asked for only where it has to be said.
  const lacking = pins.map(({ project }) => project).filter((project) => !held.has(project))
  for (const [project, files] of await records.distributionsOfAll(lacking)) held.set(project, files)
}

async function addFacts(deps: FactsDeps, facts: Map<Sha256, DistributionFacts>, { files }: Manifest): Promise<void> {
  const lacking = files.filter(({ sha256 }) => !facts.has(sha256))
  for (const [sha256, each] of await factsOfFiles(deps, lacking)) facts.set(sha256, each)
}

/** That the pool has no file for a pin is said already, and once. */
function withoutUnfilled(holes: readonly Hole[], pins: readonly Pin[], manifest: Manifest): readonly Hole[] {
  const filled = new Set(manifest.pins.map(({ project }) => project))
  const unfilled = new Set(pins.map(({ project }) => project).filter((project) => !filled.has(project)))
  return holes.filter(({ project }) => !unfilled.has(project))
}

async function findingsFor({ records }: FactsDeps, holes: readonly Hole[]): Promise<readonly Finding[]> {
  const held = await records.distributionsOfAll(projectsWanted(holes))
  return findingsOf(holes, (project) => held.get(project) ?? [])
}
