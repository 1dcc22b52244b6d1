/** How fast firn is beside its peers, in one run. `npm run bench -- --help`; aims and method are in the README. */
import { existsSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import { findCommands, takeLoadCore, type Commands } from './commands.ts'
import { startContenders, type Contender } from './contenders.ts'
import { syncsPerSecond } from './disk.ts'
import { measureRow, median, type Result } from './measuring.ts'
import { readOptions, usage, type Options } from './options.ts'
import { makePool } from './pool.ts'
import type { Row } from './row.ts'
import { makeRows, selectRows } from './rows.ts'
import { isMet, printHead, printRow } from './table.ts'

const say = (text: string) => process.stdout.write(`${text}\n`)

async function bench(options: Options): Promise<boolean> {
  const commands = findCommands()
  for (const program of [options.firn, options.against]) {
    if (program !== undefined && !existsSync(program)) throw new Error(`${program} is not there: npm run build first`)
  }
  const rows = selectRows(makeRows(options, commands), options.only)
  await takeLoadCore(commands)
  const directory = await mkdtemp(join(tmpdir(), 'firn-bench-'))
  const contenders: Contender[] = []
  const stopOnSignal = () => void cleanUp(directory, contenders).finally(() => process.exit(130))
  process.once('SIGINT', stopOnSignal).once('SIGTERM', stopOnSignal)
  try {
    say(`disk: ${Math.round(syncsPerSecond(directory))} synced writes a second`)
    const pool = join(directory, 'pool')
    await makePool(pool, options.projects)
    await startContenders({ commands, options, directory, pool }, (contender) => contenders.push(contender))
    const results = await measure(rows, contenders, options, commands)
    if (options.json !== undefined) await writeFile(options.json, printJson(results, options))
    return results.every(({ failed }) => failed === undefined)
  } finally {
    await cleanUp(directory, contenders)
  }
}

async function cleanUp(directory: string, contenders: readonly Contender[]): Promise<void> {
  await Promise.all(contenders.map((contender) => contender.stop()))
  await rm(directory, { recursive: true, force: true })
}

async function measure(
  rows: readonly Row[],
  contenders: readonly Contender[],
  { quick, against, projects }: Options,
  { taskset }: Commands,
): Promise<readonly Result[]> {
  const rounds = quick ? 2 : 5
  const pinned = taskset === undefined ? 'not pinned to cores' : 'server on one core, load on another'
  say(`${projects} projects, ${projects * 10} files; medians of ${rounds} rounds in turns; ${pinned}`)
  say(printHead(against !== undefined))
  const results: Result[] = []
  for (const row of rows) {
    const result = await measureRow(row, contenders, rounds)
    results.push(result)
    say(printRow(result, against !== undefined))
  }
  return results
}

function printJson(results: readonly Result[], { quick, projects }: Options): string {
  const rows = results.map(({ row: { key, title, unit, aim }, figures, failed }) => ({
    key,
    title,
    unit,
    aim,
    failed,
    met: isMet(aim, median(figures.get('firn')), median(figures.get('nginx'))),
    servers: Object.fromEntries([...figures].map(([name, rounds]) => [name, { median: median(rounds), rounds }])),
  }))
  const machine = { processors: cpus().length, model: cpus()[0]?.model, node: process.version }
  return `${JSON.stringify({ at: new Date().toISOString(), machine, quick, projects, rows }, null, 2)}\n`
}

try {
  const options = readOptions(process.argv.slice(2))
  if (options === 'help') say(usage)
  else process.exitCode = (await bench(options)) ? 0 : 1
} catch (error) {
  process.stderr.write(`error: ${error instanceof Error ? error.message : String(error)}\n`)
  process.exitCode = 1
}
