import { bestVersion } from '../../pool/best-version.ts'
import { installsOf } from '../../pool/closure/installs.ts'
import type { Distribution } from '../../pool/distribution.ts'
import { evaluateMarker } from '../../pool/marker.ts'
import { ownHint, ownReason } from '../../pool/own-project.ts'
import type { LooseRequirement, Pin, Place, Problem } from '../../pool/pins/pin.ts'
import type { ProjectName } from '../../pool/project-name.ts'
import { markerEnvironment } from '../../pool/target.ts'
import { chooseFiles, type Choice, type Wanted } from '../../pool/upstream-file.ts'
import { sameVersion } from '../../pool/version.ts'
import type { Records } from '../../storage/ports.ts'

export interface OwnRequest extends Choice {
  /** Projects of which an upstream's files may be mixed with the team's. */
  readonly fromUpstream: readonly ProjectName[]
  /** Projects of which whoever asks has files himself: what is lacking of those may be in them. */
  readonly atHand: readonly ProjectName[]
}

/** What the pool itself has for what was asked for. */
export interface HeldOwn {
  readonly name: string
  readonly version: string
  readonly files: number
}

/** Whether a project is the team's own: see `pool/own-project.ts`. */
export async function isOwn(records: Pick<Records, 'ownProjects'>, project: ProjectName): Promise<boolean> {
  return (await records.ownProjects([project])).has(project)
}

type Asked = Pick<Pin, 'project' | 'name'>

export interface Parted<P extends Asked, L extends Asked> {
  /** What upstreams are asked for. */
  readonly pins: readonly P[]
  readonly loose: readonly L[]
  /** Of projects of the team's own. */
  readonly held: ReadonlyMap<P | L, HeldOwn>
  /** What neither the pool has nor an upstream may be asked for, and what the asker may have himself. */
  readonly atHand: readonly (P | L)[]
  /** One a project. */
  readonly problems: readonly Problem[]
}

type OwnPin = Asked & Pick<Pin, 'version' | 'marker' | 'places'>
type OwnLoose = Asked & Pick<LooseRequirement, 'text' | 'specifier' | 'place'>

export interface OwnDeps {
  readonly records: Pick<Records, 'ownProjects'>
  /** What the pool has, as whoever asks sees it: that a project is the team's own tells no more than that. */
  readonly visible: Pick<Records, 'distributionsOfAll'>
}

/**
 * Parts what is asked for of the team's own projects from what upstreams may be asked for. An upstream's version of the
 * former would be that of somebody else under the same name.
 */
export async function partOwn<P extends OwnPin, L extends OwnLoose>(
  deps: OwnDeps,
  request: OwnRequest,
  { pins, loose }: { readonly pins: readonly P[]; readonly loose: readonly L[] },
): Promise<Parted<P, L>> {
  const projects = [...pins, ...loose].map(({ project }) => project)
  const own = await deps.records.ownProjects(projects.filter((project) => !request.fromUpstream.includes(project)))
  const isOwn = ({ project }: Asked) => own.has(project)
  const ownPins = pins.filter(isOwn)
  const ownLoose = loose.filter(isOwn)
  const seen = await deps.visible.distributionsOfAll([...ownPins, ...ownLoose].map(({ project }) => project))
  const filesOf = ({ project }: Asked) => seen.get(project) ?? []
  const found: readonly (readonly [P | L, HeldOwn | undefined])[] = [
    ...ownPins.map((pin) => [pin, heldOfPin(pin, filesOf(pin), request)] as const),
    ...ownLoose.map((each) => [each, heldOfLoose(each, filesOf(each), request)] as const),
  ]
  const lacking = found.flatMap(([asked, held]) => (held ? [] : asked))
  const atHand = lacking.filter(({ project }) => request.atHand.includes(project))
  return {
    pins: pins.filter((pin) => !isOwn(pin)),
    loose: loose.filter((each) => !isOwn(each)),
    held: new Map(found.flatMap(([asked, held]) => (held ? [[asked, held] as const] : []))),
    atHand,
    problems: lacking.filter((asked) => !atHand.includes(asked)).map(notOurs),
  }
}

/** Nothing unless each target where the pin holds can have it of what there is. */
function heldOfPin(pin: OwnPin, files: readonly Distribution[], { targets, ...choice }: Choice): HeldOwn | undefined {
  const ofVersion = files.filter(({ version }) => sameVersion(version, pin.version))
  const installs = ofVersion.map((file) => installsOf({ ...file, 'requires-python': file.requiresPython }))
  const { marker } = pin
  const wanted = marker ? targets.filter((target) => evaluateMarker(marker, markerEnvironment(target))) : targets
  if (ofVersion.length === 0 || !wanted.every((target) => installs.some((each) => each(target)))) return undefined
  return heldOf({ ...pin, targets, ...choice }, files)
}

function heldOfLoose(
  { specifier, ...asked }: OwnLoose,
  files: readonly Distribution[],
  choice: Choice,
): HeldOwn | undefined {
  const version = bestVersion(files, { project: asked.project, specifier, ...choice })
  return version === undefined ? undefined : heldOf({ ...asked, version, ...choice }, files)
}

function heldOf({ name, ...wanted }: Asked & Wanted, files: readonly Distribution[]): HeldOwn {
  return { name, version: wanted.version, files: chooseFiles(files, wanted).chosen.length }
}

function notOurs(asked: OwnPin | OwnLoose): Problem {
  const place: Place | undefined = 'place' in asked ? asked.place : asked.places[0]
  const what = 'text' in asked ? asked.text : `${asked.name}==${asked.version}`
  return {
    ...(place ? { place } : {}),
    message: `${what} is not in the pool, and ${ownReason(asked.project)}`,
    hint: ownHint(asked.project),
  }
}
