import { evaluateMarker, parseMarker, type Marker, type MarkerEnvironment } from '../marker.ts'
import { normaliseName } from '../project-name.ts'

/**
 * Whether a marker of a lock holds with exactly these extras: `extra != "a"` says that a is not among them. Throws
 * `requirement-invalid`.
 */
export function holdsWith(marker: Marker, environment: MarkerEnvironment, extras: ReadonlySet<string>): boolean {
  if ('anyOf' in marker) {
    return marker.anyOf.some((together) => together.every((part) => holdsWith(part, environment, extras)))
  }
  const { left, operator, right } = marker
  const [subject, value] = 'variable' in left ? [left, right] : [right, left]
  const named = 'variable' in subject && subject.variable === 'extra' && 'value' in value
  if (!named || (operator !== '==' && operator !== '!=')) return evaluateMarker(marker, environment)
  return extras.has(normaliseName(value.value)) === (operator === '==')
}

/** The same for the text of a marker; none holds everywhere. */
export function textHolds(
  marker: string | undefined,
  environment: MarkerEnvironment,
  extras: ReadonlySet<string>,
): boolean {
  return marker === undefined || marker.trim() === '' || holdsWith(parseMarker(marker), environment, extras)
}
