import { grouped } from '../grouped.ts'
import { printMarker, type Marker } from '../marker.ts'
import type { ProjectName } from '../project-name.ts'
import { contains } from '../specifier.ts'
import { sameVersion } from '../version.ts'
import type { Held } from './held-lines.ts'
import { normalisedExtras, printPin, type LooseRequirement, type PinLine, type Place, type Problem } from './pin.ts'

export interface Settled {
  /** Loose requirements that a pin or a constraint makes exact: that one, with what the requirement says. */
  readonly pins: readonly Held<PinLine>[]
  /** What nothing makes exact on every target where it holds. */
  readonly left: readonly LooseRequirement[]
  readonly problems: readonly Problem[]
}

export interface Constraining {
  readonly pins: readonly Held<PinLine>[]
  readonly loose: readonly Held<LooseRequirement>[]
}

/** Makes loose requirements exact by the pins of others and by constraints, and holds the pins to the constraints. */
export function settle(asked: Constraining, constraints: Constraining): Settled {
  const exact = grouped([...asked.pins, ...constraints.pins], projectOf)
  const outcomes = asked.loose.map((loose) => settleOne(loose, exact.get(loose.line.project) ?? []))
  const pinned = [...asked.pins, ...outcomes.flatMap(({ pins }) => pins)]
  return {
    pins: outcomes.flatMap(({ pins }) => pins),
    left: outcomes.flatMap(({ left }) => left ?? []),
    problems: [...outcomes.flatMap(({ problems }) => problems), ...constraintProblems(pinned, constraints)],
  }
}

function projectOf({ line }: Held<{ readonly project: ProjectName }>): ProjectName {
  return line.project
}

interface Outcome {
  readonly pins: readonly Held<PinLine>[]
  readonly left?: LooseRequirement
  readonly problems: readonly Problem[]
}

function settleOne({ line, on }: Held<LooseRequirement>, exact: readonly Held<PinLine>[]): Outcome {
  const here = exact.flatMap((pin) => {
    const common = pin.on.filter((target) => on.includes(target))
    return common.length > 0 || on.length === 0 ? { line: pin.line, on: common } : []
  })
  const unfit = here.find((pin) => !contains(line.specifier, pin.line.version))
  if (unfit) return { pins: [], problems: [disagreement(line, unfit.line)] }
  const covered = on.every((target) => here.some((pin) => pin.on.includes(target)))
  if (here.length === 0 || !covered) return { pins: [], left: line, problems: [] }
  const { text, place, extras, marker } = line
  const pins = here.map((pin) => ({
    on: pin.on,
    line: {
      ...pin.line,
      text,
      place,
      name: line.name,
      extras: normalisedExtras([...pin.line.extras, ...extras]),
      marker: bothOf(marker, pin.line.marker),
    },
  }))
  return { pins, problems: [] }
}

function bothOf(a: Marker | undefined, b: Marker | undefined): Marker | undefined {
  if (!a || !b || printMarker(a) === printMarker(b)) return a ?? b
  return { anyOf: [[a, b]] }
}

function constraintProblems(pins: readonly Held<PinLine>[], constraints: Constraining): readonly Problem[] {
  const exact = grouped(constraints.pins, projectOf)
  const bounds = grouped(constraints.loose, projectOf)
  return pins.flatMap(({ line, on }) => {
    const other = exact
      .get(line.project)
      ?.find((each) => meet(on, each.on) && !sameVersion(each.line.version, line.version))
    const bound = bounds
      .get(line.project)
      ?.find((each) => meet(on, each.on) && !contains(each.line.specifier, line.version))
    return [...(other ? [conflict(line, other.line)] : []), ...(bound ? [disagreement(bound.line, line)] : [])]
  })
}

function meet(a: readonly number[], b: readonly number[]): boolean {
  return a.some((target) => b.includes(target))
}

function conflict(line: PinLine, constraint: PinLine): Problem {
  const message = `${printPin(line)} here, but the constraint ${printPin(constraint)} in ${printPlace(constraint.place)}`
  return { place: line.place, message, hint: 'change one of the two' }
}

function disagreement({ place, text }: LooseRequirement, pin: PinLine): Problem {
  const message = `${text} here, but ${printPin(pin)} in ${printPlace(pin.place)}`
  return { place, message, hint: 'change one of the two' }
}

/** `requirements.txt:3` */
export function printPlace({ source, line }: Place): string {
  return `${source}:${line}`
}
