import type { Commands } from './commands.ts'
import { freezing } from './freezing.ts'
import { growing } from './growing.ts'
import type { Options } from './options.ts'
import { pageRows } from './page-rows.ts'
import type { Row } from './row.ts'
import { uploading } from './uploading.ts'

/** In the order of measuring: memory is that after the pages; what changes a pool comes last. */
export function makeRows(options: Options, commands: Commands): readonly Row[] {
  return [
    starting(options.projects),
    ...pageRows(options, commands),
    remembering(),
    uploading(options),
    freezing(options.projects),
    ...growing(),
  ]
}

function starting(projects: number): Row {
  return {
    key: 'start',
    title: `start on a pool of ${projects * 10} files`,
    unit: 'ms',
    aim: { atMost: 1000 },
    async measure(contender) {
      await contender.stop()
      return contender.start()
    },
  }
}

function remembering(): Row {
  return {
    key: 'memory',
    title: 'memory after the pages',
    unit: 'MB',
    aim: { atMost: 150 },
    once: true,
    measure: (contender) => Promise.resolve(contender.memory()),
  }
}

/** The rows that were asked for. Throws on a key that no row has. */
export function selectRows(rows: readonly Row[], only: readonly string[]): readonly Row[] {
  const keys = rows.map(({ key }) => key)
  const unknown = only.find((key) => !keys.includes(key))
  if (unknown !== undefined) throw new Error(`no row is named ${unknown}; rows are ${keys.join(', ')}`)
  return only.length === 0 ? rows : rows.filter(({ key }) => only.includes(key))
}
