import type { Distribution } from '../distribution.ts'
import type { Finding } from '../findings.ts'
import type { Pin } from '../pins/pin.ts'
import { normaliseName, type ProjectName } from '../project-name.ts'
import type { Requirement } from '../requirement.ts'
import { contains } from '../specifier.ts'
import type { Target } from '../target.ts'
import { compareVersionTexts, isPrerelease, parseVersion } from '../version.ts'
import type { Hole } from './holes.ts'
import { installsOf } from './installs.ts'

/** The projects that holes want, ascending. */
export function projectsWanted(holes: readonly Hole[]): readonly ProjectName[] {
  return [...new Set(holes.flatMap(({ wants }) => (wants ? normaliseName(wants.name) : [])))].toSorted()
}

/** The constraints that fill holes, as `pip install -c` takes them: those of projects that nothing has pinned yet. */
export function pinsFor(holes: readonly Hole[], constraints: readonly Pin[], pins: readonly Pin[]): readonly Pin[] {
  const wanted = new Set(projectsWanted(holes))
  const pinned = new Set(pins.map(({ project }) => project))
  return constraints.filter(({ project }) => wanted.has(project) && !pinned.has(project))
}

/** The holes as findings that say what would fill them. */
export function findingsOf(
  holes: readonly Hole[],
  filesOf: (project: ProjectName) => readonly Distribution[],
): readonly Finding[] {
  return holes.map(({ targets, wants, ...finding }) => {
    if (finding.severity === 'warn') return finding
    const { project } = finding
    const fill = wants ? fillOf(wants, filesOf(project), targets) : fetchFor(project, targets)
    return { ...finding, hint: `${fill}, or let it pass: --waive "${project}: REASON"` }
  })
}

function fetchFor(project: ProjectName, targets: readonly Target[]): string {
  const options = targets.map(({ text }) => `--target ${text}`).join(' ')
  return `bring a file of it that does (firn fetch ${options} ${project}==VERSION), give its pin a marker`
}

function fillOf({ name, specifier }: Requirement, held: readonly Distribution[], targets: readonly Target[]): string {
  const usable = held.filter(({ version }) => contains(specifier, version))
  const fitting = usable.filter((file) => {
    const installs = installsOf({ ...file, 'requires-python': file.requiresPython })
    return targets.every(installs)
  })
  const versions = [...new Set(fitting.map(({ version }) => version))].toSorted(newestFirst)
  const [best] = versions
  if (best === undefined) return `the pool has no version of it that fits: firn fetch ${name}==VERSION`
  const others = versions.length === 1 ? '' : ` (the pool has ${versions.slice(0, 5).join(', ')})`
  return `add ${name}==${best}${others}`
}

/** Pre-releases after all others: nobody wants one who does not ask for it. */
function newestFirst(a: string, b: string): number {
  return Number(isPre(a)) - Number(isPre(b)) || compareVersionTexts(b, a)
}

function isPre(text: string): boolean {
  const version = parseVersion(text)
  return version === undefined || isPrerelease(version)
}
