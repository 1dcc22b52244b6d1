import type { DistributionFacts } from '../facts.ts'
import type { MarkerEnvironment } from '../marker.ts'
import { normaliseName, type ProjectName } from '../project-name.ts'
import { printRequirement, type Requirement } from '../requirement.ts'
import { contains } from '../specifier.ts'
import type { Target } from '../target.ts'
import { compareVersions, parseVersion } from '../version.ts'
import type { Hole, Holes } from './holes.ts'
import type { Member, MemberFile } from './members.ts'
import { holds, type ReadStated, type Stated } from './stated.ts'

/** A project, with one of its extras or (`''`) by itself. */
export interface Wanted {
  readonly project: ProjectName
  readonly extra: string
}

export function wantedOf(name: string, extra: string): Wanted {
  return { project: normaliseName(name), extra: normaliseName(extra) }
}

export interface TargetInput {
  readonly target: Target
  readonly environment: MarkerEnvironment
  readonly present: readonly Member[]
  readonly members: readonly Member[]
  readonly holes: Holes
  readonly unknown: Set<string>
  readonly read: ReadStated
}

/** One target's walk over everything that is wanted there. Each project is visited once, and once for each extra. */
export class TargetCheck {
  readonly #input: TargetInput
  readonly #present: ReadonlyMap<ProjectName, Member>
  readonly #absent: ReadonlySet<ProjectName>
  readonly #taken = new Map<ProjectName, readonly MemberFile[]>()
  readonly #seen = new Set<string>()
  readonly #open: Wanted[] = []

  constructor(input: TargetInput) {
    this.#input = input
    this.#present = new Map(input.present.map((member) => [member.project, member]))
    this.#absent = new Set(input.members.map(({ project }) => project).filter((each) => !this.#present.has(each)))
    for (const member of input.present) this.#taken.set(member.project, filesTaken(member, input.target))
  }

  run(wanted: readonly Wanted[]): void {
    for (const { project } of this.#input.present) this.#want({ project, extra: '' })
    for (const each of wanted) if (this.#present.has(each.project)) this.#wantExtra('the release', each)
    for (let next = this.#open.pop(); next; next = this.#open.pop()) {
      const member = this.#present.get(next.project)
      if (member) this.#visit(member, next.extra)
    }
  }

  #want(wanted: Wanted): void {
    const key = `${wanted.project}[${wanted.extra}]`
    if (this.#seen.has(key)) return
    this.#seen.add(key)
    this.#open.push(wanted)
  }

  #visit(member: Member, extra: string): void {
    const { target, unknown } = this.#input
    const files = this.#taken.get(member.project) ?? []
    const who = `${member.name}${extra === '' ? '' : `[${extra}]`} ${member.version}`
    if (extra === '' && files.length === 0) {
      const text = `${who}: no file of it installs there`
      this.#input.holes.add(target, { severity: 'refuse', project: member.project, text })
    }
    for (const { kind, filename, facts } of files) {
      const building = kind === 'sdist' && extra === ''
      if (!facts?.requires || (building && !facts.buildRequires)) unknown.add(filename)
      for (const text of facts?.requires ?? []) this.#need(member, who, { text, extra, building: false })
      if (!building) continue
      for (const text of buildRequires(facts, target)) this.#need(member, who, { text, extra, building: true })
    }
  }

  #need(member: Member, who: string, { text, extra, building }: Need): void {
    const stated = this.#input.read(text)
    if (!stated.requirement) return this.#warnUnread(member, who, stated)
    if (extra !== '' && !stated.ofExtra) return
    const applies = holds(stated.requirement.marker, { ...this.#input.environment, extra })
    if (applies === undefined) return this.#warnUnread(member, who, stated)
    if (applies) this.#judge(who, stated.requirement, building)
  }

  #warnUnread({ project }: Member, who: string, { text }: Stated): void {
    const shown = JSON.stringify(text.length > 120 ? `${text.slice(0, 117)}...` : text)
    const complaint = `${who} states a requirement that cannot be read: ${shown}`
    this.#input.holes.add(this.#input.target, { severity: 'warn', project, text: complaint })
  }

  #judge(who: string, requirement: Requirement, building: boolean): void {
    const project = normaliseName(requirement.name)
    const { marker: _, ...wants } = requirement
    const member = this.#present.get(project)
    const has = this.#complaint(member, wants)
    if (has) {
      const text = `${who} needs ${printRequirement(wants)}${building ? ' to be built' : ''}: the release ${has.text}`
      this.#input.holes.add(this.#input.target, { severity: has.severity, project, text, wants })
    }
    if (!member) return
    for (const extra of requirement.extras) this.#wantExtra(who, wantedOf(requirement.name, extra))
    if (building && project === 'setuptools' && asksForWheel(member)) {
      this.#judge(`setuptools ${member.version}, which builds ${who},`, wheelRequirement, false)
    }
  }

  /** What the release has instead of what is wanted. */
  #complaint(member: Member | undefined, wants: Requirement): (Pick<Hole, 'severity'> & { text: string }) | undefined {
    const project = normaliseName(wants.name)
    if (!member) {
      const elsewhere = this.#absent.has(project)
      return { severity: 'refuse', text: elsewhere ? `pins it for other targets only` : `has no ${wants.name}` }
    }
    if (contains(wants.specifier, member.version)) return undefined
    // PEP 440 orders no such version: whether 0.9.8.0-osi1 is at least 0.9 is for its makers to say.
    if (!parseVersion(member.version))
      return { severity: 'warn', text: `has ${member.version}, which cannot be compared` }
    return { severity: 'refuse', text: `has ${member.version}` }
  }

  #wantExtra(who: string, wanted: Wanted): void {
    const files = this.#taken.get(wanted.project) ?? []
    const known = files.some(({ facts }) => !facts?.requires || facts.extras.includes(wanted.extra))
    if (!known && files.length > 0) {
      const { name, version } = this.#present.get(wanted.project) ?? { name: wanted.project, version: '' }
      const text = `${who} asks for ${name}[${wanted.extra}]: ${name} ${version} has no such extra`
      this.#input.holes.add(this.#input.target, { severity: 'warn', project: wanted.project, text })
    }
    this.#want(wanted)
  }
}

interface Need {
  readonly text: string
  readonly extra: string
  readonly building: boolean
}

/** pip and uv take a wheel, and buildout an egg, where there is one; a sdist is built only where there is no wheel. */
function filesTaken({ files }: Member, target: Target): readonly MemberFile[] {
  const usable = files.filter(({ installs }) => installs(target))
  return usable.some(({ kind }) => kind === 'wheel') ? usable.filter(({ kind }) => kind !== 'sdist') : usable
}

/** On Python 2, a sdist without pyproject.toml is built by the setuptools that is installed, whichever that is. */
function buildRequires(facts: DistributionFacts | undefined, { python }: Target): readonly string[] {
  const stated = facts?.buildRequires ?? []
  return python.major === 2 && stated.length === 1 && stated[0] === 'setuptools>=40.8.0' ? [] : stated
}

const wheelRequirement: Requirement = { name: 'wheel', extras: [], specifier: { specifiers: [] } }

const withBdistWheel = parseVersion('70.1')

/** Its `get_requires_for_build_wheel` does; since 70.1 it needs none (setuptools' changelog). */
function asksForWheel({ version }: Member): boolean {
  const parsed = parseVersion(version)
  return parsed !== undefined && withBdistWheel !== undefined && compareVersions(parsed, withBdistWheel) < 0
}
