import pLimit from 'p-limit'
import { isRegistryError, RegistryError } from '../../pool/errors.ts'
import type { FetchEvent, Lacking } from '../../pool/fetch-event.ts'
import { refusedAsOwn } from '../../pool/own-project.ts'
import { judgeAge, refusedAsYoung, type Cooldown, type Excepted } from '../../pool/policy/cooldown.ts'
import type { ProjectName } from '../../pool/project-name.ts'
import { printSpecifierSet } from '../../pool/specifier.ts'
import type { UpstreamFile } from '../../pool/upstream-file.ts'
import type { Deps } from '../deps.ts'
import { publicUrl } from '../upstream/client.ts'
import { upstreamsAtOnce, type FetchRequest } from './fetch-request.ts'
import type { HeldOwn } from './own-projects.ts'
import type { ReadWanted, WantedLoose, WantedPin } from './read-wanted.ts'
import { filesOfBest, filesOfPin, type AgeRule, type Chosen, type Listings } from './upstream-files.ts'

/** One file to fetch. */
export interface PlannedFile extends Omit<Chosen, 'files'> {
  readonly file: UpstreamFile
  readonly fromUpstream: boolean
  readonly excepted: Excepted | undefined
}

export type Fail = (subject: string, error: unknown, lacking?: Lacking) => void

interface Planned {
  readonly files: readonly PlannedFile[]
  readonly held: number
  /** What is to be told, in the order of what was asked for. */
  readonly told: readonly FetchEvent[]
}

type PlanDeps = Pick<Deps, 'records' | 'now'>
type PlanRequest = Pick<FetchRequest, 'targets' | 'allFiles' | 'eggs' | 'cooldown' | 'fromUpstream'>

interface Planning {
  readonly request: PlanRequest
  readonly listings: Listings
  readonly fail: Fail
}

/** Looks for what is wanted, and parts what is to be fetched from what the pool has. */
export async function planFetch(deps: PlanDeps, planning: Planning, wanted: ReadWanted): Promise<Planned> {
  const limit = pLimit(upstreamsAtOnce)
  const planOne = async (each: WantedPin | WantedLoose): Promise<Planned> => {
    try {
      const own = wanted.held.get(each)
      return own ? heldPlan(each, own) : await planFiles(deps, planning, each)
    } catch (error) {
      planning.fail(subjectOf(each), error, isRegistryError(error, 'upstream-lacks') ? lackingOf(each) : undefined)
      return nothing
    }
  }
  for (const each of wanted.atHand) planning.fail(subjectOf(each), refusedAsOwn(each.project), lackingOf(each))
  const all = [...wanted.pins, ...wanted.loose, ...wanted.held.keys()]
  const planned = await Promise.all(all.map((each) => limit(planOne, each)))
  return {
    files: planned.flatMap(({ files }) => files),
    held: planned.reduce((total, { held }) => total + held, 0),
    told: planned.flatMap(({ told }) => told),
  }
}

const nothing: Planned = { files: [], held: 0, told: [] }

/** As it is named where it fails. */
function subjectOf(wanted: WantedPin | WantedLoose): string {
  return 'text' in wanted ? wanted.text : `${wanted.name}==${wanted.version}`
}

function lackingOf(wanted: WantedPin | WantedLoose): Lacking {
  const { project } = wanted
  return 'text' in wanted
    ? { project, specifier: printSpecifierSet(wanted.specifier) }
    : { project, version: wanted.version }
}

/** What its version was chosen for; `undefined` if it was asked for exactly. */
function chosenFor(wanted: WantedPin | WantedLoose): string | undefined {
  return 'text' in wanted ? wanted.text : wanted.chosenFor
}

function heldPlan(wanted: WantedPin | WantedLoose, { name, version, files }: HeldOwn): Planned {
  const requirement = chosenFor(wanted)
  const told = { event: 'chosen', requirement: requirement ?? '', name, version, index: 'the pool' } as const
  return { files: [], held: files, told: requirement === undefined ? [] : [told] }
}

async function planFiles(
  deps: PlanDeps,
  { request, listings, fail }: Planning,
  wanted: WantedPin | WantedLoose,
): Promise<Planned> {
  const { cooldown } = request
  const { project } = wanted
  const now = deps.now()
  const { files, ...chosen } =
    'text' in wanted
      ? await filesOfBest(listings, wanted, { ...request, age: ageRule(cooldown, now) })
      : await filesOfPin(listings, wanted, request)
  const lacking = await lackingFiles(deps, files)
  const judged = lacking.map((file) => ({ file, age: judgeAge(cooldown, { ...file, project }, now) }))
  const young = judged.flatMap(({ file, age }) => (age === 'too-young' ? file : []))
  const refused = young.map((file) => ({ file, error: refusedAsYoung(cooldown, { ...file, project }, now) }))
  const requirement = chosenFor(wanted)
  // Of a version that was chosen, what is too young is as if it were not there; what was asked for is lacking.
  const leftOut = requirement !== undefined && young.length < files.length
  if (!leftOut) for (const { file, error } of refused) fail(file.filename, error)
  return {
    files: judged.flatMap(({ file, age }) =>
      age === 'too-young'
        ? []
        : { ...chosen, file, excepted: age === 'old-enough' ? undefined : age, ...mixing(request, project) },
    ),
    held: files.length - lacking.length,
    told: [
      ...(requirement === undefined ? [] : [chosenEvent(requirement, chosen)]),
      ...(leftOut ? refused.map(({ error }) => leavesOut(error)) : []),
    ],
  }
}

function mixing({ fromUpstream }: PlanRequest, project: ProjectName): Pick<PlannedFile, 'fromUpstream'> {
  return { fromUpstream: fromUpstream.includes(project) }
}

function ageRule(cooldown: Cooldown, now: string): AgeRule {
  return {
    isOldEnough: (file) => judgeAge(cooldown, file, now) !== 'too-young',
    refused: (file) => refusedAsYoung(cooldown, file, now),
  }
}

function chosenEvent(requirement: string, { name, version, place }: Omit<Chosen, 'files'>): FetchEvent {
  return { event: 'chosen', requirement, name, version, index: publicUrl(place) }
}

function leavesOut({ detail = '' }: RegistryError): FetchEvent {
  return { event: 'notice', notice: { message: `left out: ${detail}` } }
}

/** Those that the pool does not have. Throws `distribution-exists` if it has other bytes under one of the names. */
async function lackingFiles(
  { records }: Pick<Deps, 'records'>,
  files: readonly UpstreamFile[],
): Promise<readonly UpstreamFile[]> {
  const lacking = await Promise.all(
    files.map(async (file) => {
      const { filename, hashes } = file
      const held = await records.distribution(filename)
      if (!held) return [file]
      if (hashes['sha256'] === undefined || hashes['sha256'] === held.sha256) return []
      const detail = `${filename} is in the pool with other bytes than the upstream has`
      throw new RegistryError('distribution-exists', { filename }, { detail })
    }),
  )
  return lacking.flat()
}
