import { isRegistryError } from '../errors.ts'
import { evaluateMarker, type Marker, type MarkerEnvironment } from '../marker.ts'
import { parseRequirement, type Requirement } from '../requirement.ts'

/** A requirement as some file states it; `undefined` as requirement: nobody can read it. */
export interface Stated {
  readonly text: string
  readonly requirement: Requirement | undefined
  /** Whether its marker asks which extra is wanted. */
  readonly ofExtra: boolean
}

export type ReadStated = (text: string) => Stated

/** Reads each text once: the files of a release state the same ones for each target, and often each other's. */
export function statedReader(): ReadStated {
  const known = new Map<string, Stated>()
  return (text) => {
    const before = known.get(text)
    if (before) return before
    const stated = readStated(text)
    known.set(text, stated)
    return stated
  }
}

function readStated(text: string): Stated {
  try {
    const requirement = parseRequirement(text)
    return { text, requirement, ofExtra: requirement.marker !== undefined && asksExtra(requirement.marker) }
  } catch (error) {
    if (!isRegistryError(error)) throw error
    return { text, requirement: undefined, ofExtra: false }
  }
}

function asksExtra(marker: Marker): boolean {
  if ('anyOf' in marker) return marker.anyOf.some((together) => together.some(asksExtra))
  return [marker.left, marker.right].some((operand) => 'variable' in operand && operand.variable === 'extra')
}

/** Whether a marker holds; `undefined` if it makes no sense. */
export function holds(marker: Marker | undefined, environment: MarkerEnvironment): boolean | undefined {
  if (marker === undefined) return true
  try {
    return evaluateMarker(marker, environment)
  } catch (error) {
    if (!isRegistryError(error)) throw error
    return undefined
  }
}
