import { RegistryError } from '../../pool/errors.ts'
import { grouped } from '../../pool/grouped.ts'
import { readUses } from '../../pool/pins/direct.ts'
import { inOrder } from '../../pool/pins/in-order.ts'
import type { LooseRequirement, Notice, Pin, Problem } from '../../pool/pins/pin.ts'
import { looseProblem, readPins } from '../../pool/pins/read-pins.ts'
import type { ProjectName } from '../../pool/project-name.ts'
import type { FetchRequest } from './fetch-request.ts'
import { partOwn, type OwnDeps, type Parted } from './own-projects.ts'

export interface WantedPin extends Pin {
  /** What a resolver chose it for; `undefined`: the pin itself was asked for. */
  readonly chosenFor: string | undefined
}

/** All that is asked of a project without an exact version. */
export type WantedLoose = Pick<LooseRequirement, 'project' | 'name' | 'text' | 'specifier' | 'place'>

export interface ReadWanted extends Parted<WantedPin, WantedLoose> {
  readonly notices: readonly Notice[]
}

/** What is to be fetched. Throws `fetch-refused` (fact `problems`). */
export async function readWanted(deps: OwnDeps, request: FetchRequest): Promise<ReadWanted> {
  const { sources, targets, best } = request
  const { loose, notices, ...read } = readPins(sources, targets, request)
  // What the pool holds by somebody's own making is on no index.
  const { uses } = readUses(request.use ?? [])
  const chosenFor = resolvedFor(request)
  const pins = read.pins
    .filter(({ project }) => !uses.has(project))
    .map((pin) => ({ ...pin, chosenFor: chosenFor(pin.project) }))
  const parted = await partOwn(deps, request, { pins, loose: best ? oneAProject(loose) : [] })
  const unread = [...read.problems, ...(best ? [] : loose.map(notExact))]
  refuse(inOrder([...unread, ...parted.problems], sources), unread.length)
  return { ...parted, notices }
}

function refuse(problems: readonly Problem[], unread: number): void {
  if (problems.length === 0) return
  const own = problems.length === 1 ? 'a project is' : `${problems.length} projects are`
  throw new RegistryError(
    'fetch-refused',
    { problems },
    { detail: unread > 0 ? 'the pins cannot be read' : `${own} the team's own` },
  )
}

/** Whether a resolver chose a project's pin, and for what: what the other sources alone do not make exact. */
function resolvedFor({ sources, targets, ...options }: FetchRequest): (project: ProjectName) => string | undefined {
  const asked = sources.filter(({ as }) => as !== 'resolved')
  if (asked.length === sources.length) return () => undefined
  const { pins, loose } = readPins(asked, targets, options)
  const exact = new Set(pins.map(({ project }) => project))
  const texts = new Map(oneAProject(loose).map(({ project, text }) => [project, text]))
  return (project) => (exact.has(project) ? undefined : (texts.get(project) ?? 'what needs it'))
}

function notExact(loose: LooseRequirement): Problem {
  const problem = looseProblem(loose)
  return { ...problem, hint: `${problem.hint ?? ''}; or have the newest fetched with --best` }
}

/** Everything that is asked of a project holds for the version that is taken of it. */
function oneAProject(loose: readonly LooseRequirement[]): readonly WantedLoose[] {
  return [...grouped(loose, ({ project }) => project).values()].map((all) => {
    const [first] = all
    const specifiers = all.flatMap(({ specifier }) => specifier.specifiers)
    return { ...first, text: [...new Set(all.map(({ text }) => text))].join(', '), specifier: { specifiers } }
  })
}
