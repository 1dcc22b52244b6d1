import { isRegistryError } from '../errors.ts'
import { evaluateMarker, type Marker } from '../marker.ts'
import { quoted, type Notice, type Place, type Problem } from './pin.ts'
import { targetsWhere, type Reading } from './reading.ts'

/** A line with the numbers of the targets on which its marker holds. */
export interface Held<Line> {
  readonly line: Line
  readonly on: readonly number[]
}

interface MarkedLine {
  readonly place: Place
  readonly text: string
  readonly marker: Marker | undefined
}

export interface HeldLines<Line> {
  /** Those that hold on a target, or everywhere. */
  readonly held: readonly Held<Line>[]
  readonly problems: readonly Problem[]
  readonly notices: readonly Notice[]
}

/** Tells on which targets each line holds; one that holds on none is left out, with a notice. */
export function heldLines<Line extends MarkedLine>(lines: readonly Line[], reading: Reading): HeldLines<Line> {
  const held: Held<Line>[] = []
  const problems: Problem[] = []
  const notices: Notice[] = []
  const where = reading.targets.map(({ text }) => text).join(', ')
  for (const line of lines) {
    const { place, text, marker } = line
    const on = targetsOf(marker, reading)
    if ('message' in on) problems.push({ place, message: `${quoted(text)}: ${on.message}` })
    else if (on.length > 0 || marker === undefined) held.push({ line, on })
    else notices.push({ place, message: `${text} is left out: its marker holds on no target (${where})` })
  }
  return { held, problems, notices }
}

function targetsOf(marker: Marker | undefined, reading: Reading): readonly number[] | { message: string } {
  try {
    return targetsWhere(reading, (environment) => marker === undefined || evaluateMarker(marker, environment))
  } catch (error) {
    if (!isRegistryError(error)) throw error
    return { message: error.message }
  }
}
