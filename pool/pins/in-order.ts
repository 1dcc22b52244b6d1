import type { Problem, Source } from './pin.ts'

/** Problems as a reader goes through the sources; those without a place come last. */
export function inOrder(problems: readonly Problem[], sources: readonly Source[]): readonly Problem[] {
  const ranks = new Map(sources.map(({ name }, index) => [name, index]))
  const rank = ({ place }: Problem) => (place ? (ranks.get(place.source) ?? sources.length) : Number.MAX_SAFE_INTEGER)
  return problems.toSorted((a, b) => rank(a) - rank(b) || (a.place?.line ?? 0) - (b.place?.line ?? 0))
}
