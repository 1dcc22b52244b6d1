import type { Sha256 } from '../distribution.ts'
import type { DistributionFacts } from '../facts.ts'
import type { Manifest } from '../manifest.ts'
import { markerEnvironment, type Target } from '../target.ts'
import { compareCodePoints } from '../version.ts'
import { Holes, type Hole } from './holes.ts'
import { readMembers } from './members.ts'
import { holds, statedReader } from './stated.ts'
import { TargetCheck, wantedOf, type Wanted } from './target-check.ts'

export interface ClosureInput {
  /** What is judged, a base with it. The extras that are wanted are those of its roots. */
  readonly manifest: Pick<Manifest, 'pins' | 'files'>
  /** Requirements as they were asked for: `karl[web]==3.30`. */
  readonly roots: readonly string[]
  readonly targets: readonly Target[]
  /** `undefined`: nothing is known of the file. */
  readonly factsOf: (sha256: Sha256) => DistributionFacts | undefined
}

export interface Closure {
  readonly holes: readonly Hole[]
  /** Files of which nobody knows what they need, as it stands only in their code; ascending. */
  readonly unknown: readonly string[]
}

/**
 * Whether a release needs nothing but itself. On each target every pin that holds there has a file that installs there,
 * and what the files taken there need, to run and (of sdists) to be built, with the extras that are asked for, is pinned
 * there in a version that fits. A pinned pre-release fits (PEP 440: there is no other candidate).
 */
export function checkClosure(input: ClosureInput): Closure {
  const members = readMembers(input.manifest, input.factsOf)
  const wanted = extrasOf(input.roots)
  const [holes, unknown, read] = [new Holes(), new Set<string>(), statedReader()]
  for (const target of input.targets) {
    const environment = markerEnvironment(target)
    const present = members.filter(({ marker }) => holds(marker, environment) !== false)
    const check = new TargetCheck({ target, environment, present, members, holes, unknown, read })
    check.run(wanted)
  }
  return { holes: holes.all(), unknown: [...unknown].toSorted(compareCodePoints) }
}

/** `name[a,b]` at the start of a requirement, whatever follows: a legacy version is no PEP 508. */
function extrasOf(roots: readonly string[]): readonly Wanted[] {
  return roots.flatMap((text) => {
    const [, name = '', extras = ''] = /^([A-Za-z0-9][A-Za-z0-9._-]*)\s*\[([^\]]*)\]/.exec(text) ?? []
    const named = extras.split(',').map((extra) => extra.trim())
    return named.filter((extra) => extra !== '').map((extra) => wantedOf(name, extra))
  })
}
