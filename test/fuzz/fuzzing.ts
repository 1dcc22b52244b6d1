import { createHash } from 'node:crypto'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { asyncProperty, check, type Arbitrary } from 'fast-check'
import { vi } from 'vitest'
import { root } from '../support/server.ts'

/** Inputs that each file of this directory tries in a usual run. */
export const planned = { archives: 7000, forms: 2000, requests: 5000, texts: 11_000 } as const

export type Area = keyof typeof planned

/** A usual run tries the same inputs on every machine. FIRN_FUZZ_SEED=N tries others. */
export const seed = wholeNumber('FIRN_FUZZ_SEED') ?? 8047

/** FIRN_FUZZ_RUNS=10 tries ten times as many. */
export const times = wholeNumber('FIRN_FUZZ_RUNS') ?? 1

function wholeNumber(variable: string): number | undefined {
  const text = process.env[variable]
  if (text === undefined || text === '') return undefined
  if (/^\d{1,9}$/.test(text)) return Number(text)
  throw new Error(`${variable} is no whole number: ${text}`)
}

export interface Fuzzing<Input> {
  readonly given: Arbitrary<Input>
  /** In a usual run. */
  readonly runs: number
  /** Throws where something is wrong. */
  readonly holds: (input: Input) => unknown
  /** How many inputs one is, if it holds several. */
  readonly inputsIn?: (input: Input) => number
  /** What firn is given of the input, to be kept when it fails. */
  readonly bytesOf: (input: Input) => Uint8Array | string
}

export interface Fuzzer {
  /** Tries inputs. Throws on the first that does not hold, made as small as it gets, with how to try it again. */
  fuzz<Input>(fuzzing: Fuzzing<Input>): Promise<void>
  /** How many inputs were tried so far. */
  readonly tried: number
}

/** Tries inputs for one test file. FIRN_FUZZ_PATH, which a failure names, tries that one input again. */
export function fuzzer(area: string): Fuzzer {
  let tried = 0
  // A deadline against hanging, however many are asked for and however busy the machine is.
  vi.setConfig({ testTimeout: 600_000 * times })
  return {
    async fuzz({ given, runs, holds, bytesOf, inputsIn = () => 1 }) {
      const property = asyncProperty(given, async (input) => {
        tried += inputsIn(input)
        await holds(input)
      })
      const path = process.env['FIRN_FUZZ_PATH']
      const found = await check(property, { seed, numRuns: runs * times, ...(path ? { path } : {}) })
      if (!found.failed) return
      const [input] = found.counterexample ?? []
      const kept = input === undefined ? 'nothing' : keep(area, bytesOf(input))
      throw new Error(
        [
          `input ${found.numRuns} does not hold, and neither does this, which is as small as it gets:`,
          JSON.stringify(input)?.slice(0, 4000),
          `to try it again: FIRN_FUZZ_SEED=${found.seed} FIRN_FUZZ_PATH=${found.counterexamplePath} npx vitest run test/fuzz/${area}.test.ts -t '…'`,
          kept,
        ].join('\n'),
        { cause: found.errorInstance },
      )
    },
    get tried() {
      return tried
    },
  }
}

/** Where the bytes are, and the first of them: not where the run cleans up behind itself. */
function keep(area: string, input: Uint8Array | string): string {
  const bytes = Buffer.from(input)
  const directory = join(root, '.cache', 'fuzz')
  mkdirSync(directory, { recursive: true })
  const file = join(directory, `${area}-${createHash('sha256').update(bytes).digest('hex').slice(0, 12)}`)
  writeFileSync(file, bytes)
  return `its ${bytes.length} bytes are kept in ${file}: ${bytes.toString('hex', 0, 200)}`
}
