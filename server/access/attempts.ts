import { LRUCache } from 'lru-cache'

/** Counts what was tried in vain, so that guessing is slow. Times in milliseconds. */
export interface Attempts {
  /** How long an address has to wait before it may try again; 0: not at all. */
  waitOf(address: string): number
  failed(address: string): void
}

/** So many may fail without a wait; then it doubles, up to the longest. */
const free = 10
const longest = 60_000
const remembered = 15 * 60_000

export function attempts(now: () => number): Attempts {
  const failures = new LRUCache<string, { count: number; until: number }>({ max: 10_000, ttl: remembered })
  return {
    waitOf: (address) => Math.max(0, (failures.get(address)?.until ?? 0) - now()),
    failed(address) {
      const count = (failures.get(address)?.count ?? 0) + 1
      const wait = count <= free ? 0 : Math.min(longest, 1000 * 2 ** (count - free - 1))
      failures.set(address, { count, until: now() + wait })
    },
  }
}
