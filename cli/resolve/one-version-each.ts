import { printPin, type Pin, type Problem } from '../../pool/pins/pin.ts'
import { markerOf } from '../../pool/pins/target-subset.ts'
import { reading } from '../../pool/pins/reading.ts'
import type { Target } from '../../pool/target.ts'
import { grouped } from '../../pool/grouped.ts'
import { compareCodePoints, sameVersion } from '../../pool/version.ts'

/** What a resolver chose for one target. */
export interface Answer {
  readonly target: Target
  readonly pins: readonly Pin[]
}

export interface Agreed {
  /** One line a project, with a marker where it is not needed on every target. */
  readonly lines: readonly string[]
  /** Projects of which targets need different versions. */
  readonly problems: readonly Problem[]
}

/** The answers for all targets as one: a release holds one version of a project. */
export function oneVersionEach(answers: readonly Answer[]): Agreed {
  const context = reading(
    [],
    answers.map(({ target }) => target),
    {},
  )
  const chosen = answers.flatMap(({ target, pins }, index) => pins.map((pin) => ({ target, pin, index })))
  const projects = [...grouped(chosen, ({ pin }) => pin.project).values()]
  const lines: string[] = []
  const problems: Problem[] = []
  for (const each of projects) {
    const [{ pin }] = each
    if (each.every((other) => sameVersion(other.pin.version, pin.version))) {
      const on = each.map(({ index }) => index)
      lines.push(printPin({ ...pin, extras: [], marker: markerOf(on, context) }))
    } else problems.push(differing(each))
  }
  return { lines: lines.toSorted(compareCodePoints), problems }
}

function differing(chosen: readonly { readonly target: Target; readonly pin: Pin }[]): Problem {
  const versions = chosen.map(({ target, pin }) => `${pin.version} for ${target.text}`)
  return {
    message: `${chosen[0]?.pin.name}: ${versions.join(', ')}`,
    hint: 'a release holds one version of a project: bound it so that one does for all, or freeze a release for each of these targets',
  }
}
