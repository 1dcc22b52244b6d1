import { LRUCache } from 'lru-cache'
import { sizeOf, type Answer } from '../http/answer.ts'

/** A ready answer, and the product that it is of: who may not see that product is not given it. */
export interface ReadyAnswer {
  readonly answer: Answer
  readonly product: string | null
}

/** What never changes, as it is sent, by form and path. Only the removal of a file makes any of it untrue. */
export interface ReadyAnswers {
  /**
   * Those to use for a request. What it began to make before a `clear` may be what was removed: it is put where nobody
   * looks any more.
   */
  current(): KeptAnswers
  clear(): void
}

export type KeptAnswers = LRUCache<string, ReadyAnswer>

/** Pages and small files that are kept ready in memory, in bytes. */
const keptBytes = 64 * 1024 * 1024

export function readyAnswers(): ReadyAnswers {
  let kept = noAnswers()
  return { current: () => kept, clear: () => (kept = noAnswers()) }
}

function noAnswers(): KeptAnswers {
  return new LRUCache({ maxSize: keptBytes, sizeCalculation: ({ answer }) => sizeOf(answer) })
}
