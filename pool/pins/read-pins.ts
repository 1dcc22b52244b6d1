import type { Sha256 } from '../distribution.ts'
import { isRegistryError } from '../errors.ts'
import { evaluateMarker, printMarker, type Marker, type MarkerEnvironment } from '../marker.ts'
import { compareCodePoints, sameVersion } from '../version.ts'
import type { ProjectName } from '../project-name.ts'
import { markerEnvironment, type Target } from '../target.ts'
import {
  printPin,
  quoted,
  type Notice,
  type PinLine,
  type Place,
  type Problem,
  type ReadSource,
  type Source,
} from './pin.ts'
import { readRequirementsTxt } from './requirements-txt.ts'
import { readVersionsCfg } from './versions-cfg.ts'

/** Exactly one version of a project, for all the targets, after everything that was given has been taken together. */
export interface Pin {
  readonly project: ProjectName
  readonly name: string
  readonly version: string
  /** Where the pin holds; `undefined`: everywhere. */
  readonly marker: Marker | undefined
  readonly hashes: readonly Sha256[]
  readonly places: readonly Place[]
}

export interface ReadPins {
  /** Ascending by project. */
  readonly pins: readonly Pin[]
  /** What was asked for, one text a pin line, ascending. */
  readonly roots: readonly string[]
  readonly problems: readonly Problem[]
  readonly notices: readonly Notice[]
}

/**
 * Takes all sources together into one pin a project. A pin whose marker holds on no target is left out; two different
 * versions that both hold are a problem, as is a source without any pin.
 */
export function readPins(sources: readonly Source[], targets: readonly Target[]): ReadPins {
  const read = sources.map((source) => readSource(source))
  const environments = targets.map(markerEnvironment)
  const judged = read.flatMap(({ pins }) => pins).map((line) => judge(line, environments))
  const lines = judged.flatMap(({ line, applies }) => (applies === true ? line : []))
  const merged = [...byProject(lines).values()].map((group) => mergePins(group))
  const elsewhere = judged.flatMap(({ line, applies }) => (applies === false ? leftOut(line, targets) : []))
  return {
    pins: merged.flatMap(({ pin }) => pin ?? []).toSorted((a, b) => compareCodePoints(a.project, b.project)),
    roots: [...new Set(lines.map(printPin))].toSorted(compareCodePoints),
    problems: [
      ...read.flatMap(({ problems }) => problems),
      ...judged.flatMap(({ problem }) => problem ?? []),
      ...merged.flatMap(({ problem }) => problem ?? []),
    ],
    notices: [...read.flatMap(({ notices }) => notices), ...elsewhere],
  }
}

interface Judged {
  readonly line: PinLine
  /** Whether the pin holds on any target; `undefined` if its marker makes no sense. */
  readonly applies?: boolean
  readonly problem?: Problem
}

function judge(line: PinLine, environments: readonly MarkerEnvironment[]): Judged {
  const { marker, place } = line
  if (marker === undefined) return { line, applies: true }
  try {
    return { line, applies: environments.some((environment) => evaluateMarker(marker, environment)) }
  } catch (error) {
    if (!isRegistryError(error)) throw error
    return { line, problem: { place, message: `${quoted(line.text)}: ${error.message}` } }
  }
}

function leftOut(line: PinLine, targets: readonly Target[]): Notice {
  const where = targets.map(({ text }) => text).join(', ')
  return { place: line.place, message: `${line.text} is left out: its marker holds on no target (${where})` }
}

function byProject(lines: readonly PinLine[]): Map<ProjectName, PinLine[]> {
  const groups = new Map<ProjectName, PinLine[]>()
  for (const line of lines) {
    const group = groups.get(line.project)
    if (group) group.push(line)
    else groups.set(line.project, [line])
  }
  return groups
}

/** Beyond these no pin list comes, and what is hostile stays cheap: Zope's has 80 lines, none of 10,000 characters. */
const longest = { lines: 30_000, line: 10_000 }

function readSource(source: Source): ReadSource {
  const tooLong = lengthProblem(source)
  if (tooLong) return { pins: [], problems: [tooLong], notices: [] }
  const read = isConfiguration(source) ? readVersionsCfg(source) : readRequirementsTxt(source)
  if (read.pins.length > 0 || read.problems.length > 0) return read
  const problem = {
    place: { source: source.name, line: 1 },
    message: 'no pin is in it',
    hint: 'give a requirements or constraints file of name==version lines, or a buildout configuration with [versions]',
  }
  return { ...read, problems: [problem] }
}

function lengthProblem({ name, text }: Source): Problem | undefined {
  let line = 0
  for (let at = 0; at <= text.length; line++) {
    const end = text.indexOf('\n', at)
    const length = (end < 0 ? text.length : end) - at
    if (line >= longest.lines || length > longest.line) {
      const message = `a pin list has ${longest.lines} lines at most, of ${longest.line} characters`
      return { place: { source: name, line: line + 1 }, message }
    }
    at += length + 1
  }
  return undefined
}

/** A configuration has a section before anything else; no requirement starts with `[`. */
function isConfiguration({ text }: Source): boolean {
  const first = text.split(/\r\n|\r|\n/).find((line) => /^\s*[^\s#;]/.test(line))
  return first?.startsWith('[') ?? false
}

/** The pins of one project as one. `lines` must not be empty. */
function mergePins(lines: readonly PinLine[]): { pin?: Pin; problem?: Problem } {
  const [first, ...others] = lines
  if (!first) return {}
  const other = others.find(({ version }) => !sameVersion(version, first.version))
  if (other) {
    const where = `${other.place.source}:${other.place.line}`
    return {
      problem: {
        place: first.place,
        message: `${printPin(first)} here, but ${printPin(other)} in ${where}`,
        hint: 'a release holds one version of a project: keep one of them',
      },
    }
  }
  const hashes = new Set(lines.flatMap((line) => line.hashes))
  return {
    pin: {
      project: first.project,
      name: first.name,
      version: first.version,
      marker: anyOf(lines.map(({ marker }) => marker)),
      hashes: [...hashes].toSorted(compareCodePoints),
      places: lines.map(({ place }) => place),
    },
  }
}

/** The pin holds where one of its lines does; a line without a marker makes it hold everywhere. */
function anyOf(markers: readonly (Marker | undefined)[]): Marker | undefined {
  const stated = markers.filter((marker) => marker !== undefined)
  if (stated.length < markers.length) return undefined
  const distinct = [...new Map(stated.map((marker) => [printMarker(marker), marker])).values()]
  return distinct.length === 1 ? distinct[0] : { anyOf: distinct.map((marker) => [marker]) }
}
