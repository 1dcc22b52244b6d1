import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { root } from '../support/server.ts'

export interface Options {
  /** One second a measurement instead of three, two rounds instead of five. */
  readonly quick: boolean
  /** Keys of the rows to measure; empty for all. */
  readonly only: readonly string[]
  /** The pool has ten files a project. */
  readonly projects: number
  /** Where the figures go as JSON too. */
  readonly json: string | undefined
  /** The compiled firn that is measured. */
  readonly firn: string
  /** Another compiled firn, measured beside it in the same rounds. */
  readonly against: string | undefined
}

export const usage = `npm run bench -- [options]

  --quick          a few seconds a row: for a first look, not for figures
  --only ROW       measure this row; may be repeated
  --projects N     projects of the pool, ten files each (default 1000, at least 100)
  --json FILE      write the figures of every round
  --firn FILE      the compiled firn to measure (default dist/cli/firn.js)
  --against FILE   another build of firn, measured in the same rounds
`

/** Throws on an option that is not known or makes no sense. */
export function readOptions(argv: readonly string[]): Options | 'help' {
  const { values } = parseArgs({
    args: [...argv],
    options: {
      quick: { type: 'boolean', default: false },
      only: { type: 'string', multiple: true, default: [] },
      projects: { type: 'string', default: '1000' },
      json: { type: 'string' },
      firn: { type: 'string', default: join(root, 'dist', 'cli', 'firn.js') },
      against: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  })
  if (values.help) return 'help'
  const projects = Number(values.projects)
  if (!Number.isInteger(projects) || projects < 100) throw new Error('--projects is a whole number from 100')
  return { ...values, projects, json: values.json, against: values.against }
}
