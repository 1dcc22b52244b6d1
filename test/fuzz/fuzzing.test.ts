import { readFileSync, rmSync } from 'node:fs'
import { nat } from 'fast-check'
import { expect, it } from 'vitest'
import { fuzzer, planned, seed, times } from './fuzzing.ts'

const isSmall = (input: number) => {
  if (input >= 500) throw new Error(`${input} is 500 or more`)
}

it('a usual run tries 20,000 inputs at least', () => {
  // Each file compares what it has tried with what is planned for it.
  const all = Object.values(planned).reduce((sum, runs) => sum + runs, 0)
  expect(all).toBeGreaterThanOrEqual(20_000)
})

it('a failure says how to try it again, and keeps the smallest input', async () => {
  const numbers = fuzzer('numbers')
  const trial = { given: nat(1000), runs: 100, bytesOf: (input: number) => `number ${input}` }
  const failure: unknown = await numbers.fuzz({ ...trial, holds: isSmall }).catch((error: unknown) => error)
  const { message, cause } = failure as Error
  expect(message.split('\n')).toEqual([
    expect.stringMatching(/^input \d+ does not hold, and neither does this, which is as small as it gets:$/),
    '500',
    expect.stringMatching(
      new RegExp(
        `^to try it again: FIRN_FUZZ_SEED=${seed} FIRN_FUZZ_PATH=[\\d:]+ npx vitest run test/fuzz/numbers\\.test\\.ts -t '…'$`,
      ),
    ),
    expect.stringMatching(/^its 10 bytes are kept in \S+: 6e756d62657220353030$/),
  ])
  expect((cause as Error).message).toBe('500 is 500 or more')
  const [, kept = ''] = /kept in (\S+):/.exec(message) ?? []
  expect(readFileSync(kept, 'utf8')).toBe('number 500')
  rmSync(kept)
})

it('counts what it tries', async () => {
  const numbers = fuzzer('numbers')
  await numbers.fuzz({ given: nat(499), runs: 30, holds: isSmall, bytesOf: String })
  await numbers.fuzz({ given: nat(10), runs: 12, holds: isSmall, bytesOf: String })
  expect(numbers.tried).toBe(42 * times)
})
