import { grouped } from '../grouped.ts'
import { printMarker, type Marker } from '../marker.ts'
import { compareCodePoints, sameVersion } from '../version.ts'
import type { Held } from './held-lines.ts'
import { normalisedExtras, printPin, type Pin, type PinLine, type Problem } from './pin.ts'
import { printPlace } from './settle.ts'

/** One pin a project, ascending by project; two versions of one are a problem. */
export function mergePins(lines: readonly Held<PinLine>[]): {
  readonly pins: readonly Pin[]
  readonly problems: readonly Problem[]
} {
  const merged = [...grouped(lines, ({ line }) => line.project).values()].map(mergeProject)
  return {
    pins: merged
      .flatMap((each) => ('message' in each ? [] : each))
      .toSorted((a, b) => compareCodePoints(a.project, b.project)),
    problems: merged.flatMap((each) => ('message' in each ? each : [])),
  }
}

function mergeProject([first, ...others]: readonly [Held<PinLine>, ...Held<PinLine>[]]): Pin | Problem {
  const other = others.find(({ line }) => !sameVersion(line.version, first.line.version))
  if (other) return conflict(first, other)
  const lines = [first, ...others].map(({ line }) => line)
  const files = new Map(lines.flatMap((line) => line.files).map((file) => [`${file.filename} ${file.sha256}`, file]))
  return {
    project: first.line.project,
    name: first.line.name,
    version: first.line.version,
    extras: normalisedExtras(lines.flatMap(({ extras }) => extras)),
    marker: anyOf(lines.map(({ marker }) => marker)),
    hashes: [...new Set(lines.flatMap(({ hashes }) => hashes))].toSorted(compareCodePoints),
    files: [...files.values()].toSorted((a, b) => compareCodePoints(a.filename, b.filename)),
    places: lines.map(({ place }) => place),
  }
}

function conflict(first: Held<PinLine>, other: Held<PinLine>): Problem {
  const apart = !first.on.some((target) => other.on.includes(target))
  return {
    place: first.line.place,
    message: `${printPin(first.line)} here, but ${printPin(other.line)} in ${printPlace(other.line.place)}`,
    hint: apart
      ? 'a release holds one version of a project: freeze a release for each of these targets'
      : 'a release holds one version of a project: keep one of them',
  }
}

/** The pin holds where one of its lines does; a line without a marker makes it hold everywhere. */
function anyOf(markers: readonly (Marker | undefined)[]): Marker | undefined {
  const stated = markers.filter((marker) => marker !== undefined)
  if (stated.length < markers.length) return undefined
  const distinct = [...new Map(stated.map((marker) => [printMarker(marker), marker])).values()]
  return distinct.length === 1 ? distinct[0] : { anyOf: distinct.map((marker) => [marker]) }
}
