/** The one of `known` that a mistyped word most likely means; `undefined` if none is near. */
export function nearest(word: string, known: readonly string[]): string | undefined {
  const [best] = known
    .map((each) => ({ each, steps: distance(word.toLowerCase(), each) }))
    .filter(({ each, steps }) => steps <= Math.min(3, Math.floor(each.length / 2)))
    .toSorted((a, b) => a.steps - b.steps)
  return best?.each
}

/** How many letters must be added, left out or changed (Levenshtein). */
function distance(a: string, b: string): number {
  let before = Array.from({ length: b.length + 1 }, (_, index) => index)
  for (const [row, letter] of a.split('').entries()) {
    const now = [row + 1]
    for (const [column, other] of b.split('').entries()) {
      const changed = (before[column] ?? 0) + (letter === other ? 0 : 1)
      now.push(Math.min(changed, (before[column + 1] ?? 0) + 1, (now[column] ?? 0) + 1))
    }
    before = now
  }
  return before[b.length] ?? 0
}
