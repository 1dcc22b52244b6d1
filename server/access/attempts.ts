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
    waitOf: (address) => Math.max(0, (failures.get(holderOf(address))?.until ?? 0) - now()),
    failed(address) {
      const holder = holderOf(address)
      const count = (failures.get(holder)?.count ?? 0) + 1
      const wait = count <= free ? 0 : Math.min(longest, 1000 * 2 ** (count - free - 1))
      failures.set(holder, { count, until: now() + wait })
    },
  }
}

/**
 * Whoever has an IPv6 address has all of its network of 64 bits (RFC 4291, 2.5.4), and could try from another each time.
 * The address is in its one spelling, as `Client` has it.
 */
function holderOf(address: string): string {
  if (!address.includes(':')) return address
  const [left = [], right = []] = address.split('::').map((part) => part.split(':').filter((group) => group !== ''))
  const zeros = Array.from({ length: Math.max(0, 8 - left.length - right.length) }, () => '0')
  return [...left, ...zeros, ...right].slice(0, 4).join(':')
}
