import { compareCodePoints } from '../version.ts'

/** Both ascending. */
export interface ListChange {
  readonly added: readonly string[]
  readonly removed: readonly string[]
}

export function listChange(from: readonly string[], to: readonly string[]): ListChange {
  const [before, after] = [new Set(from), new Set(to)]
  return {
    added: [...after].filter((each) => !before.has(each)).toSorted(compareCodePoints),
    removed: [...before].filter((each) => !after.has(each)).toSorted(compareCodePoints),
  }
}

export function isEmpty({ added, removed }: ListChange): boolean {
  return added.length + removed.length === 0
}
