import type { Marker } from '../marker.ts'
import { compareCodePoints } from '../version.ts'
import type { Reading } from './reading.ts'

const telling = ['python_version', 'sys_platform', 'platform_machine', 'implementation_name'] as const

/**
 * The marker of some of the targets, given by their numbers: by one variable if that tells them from the others, else
 * one alternative a target. `undefined`: all of them.
 */
export function markerOf(chosen: readonly number[], { environments }: Reading): Marker | undefined {
  const inside = environments.filter((_, index) => chosen.includes(index))
  const outside = environments.filter((_, index) => !chosen.includes(index))
  if (outside.length === 0) return undefined
  const single = telling.find((name) => !outside.some((other) => inside.some((each) => each[name] === other[name])))
  const names = single ? [single] : telling
  const alternatives = inside.map((each) => names.map((name) => ({ name, value: each[name] })))
  const distinct = [...new Map(alternatives.map((each) => [JSON.stringify(each), each]))]
  return {
    anyOf: distinct
      .toSorted(([a], [b]) => compareCodePoints(a, b))
      .map(([, parts]) => parts.map(({ name, value }) => comparison(name, value))),
  }
}

function comparison(variable: (typeof telling)[number], value: string): Marker {
  return { left: { variable }, operator: '==', right: { value } }
}
