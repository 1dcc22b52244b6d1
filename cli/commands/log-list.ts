import { Command, InvalidArgumentError, Option } from 'commander'
import type { LogLine } from '../../pool/proof/log-line.ts'
import { readEvents } from '../calls/proof.ts'
import { connect } from '../connection.ts'
import { plain, type Io } from '../io.ts'
import { serverOptions, type ServerOptions } from '../server-options.ts'
import { printMoment, tableLines } from '../table.ts'

interface LogOptions extends ServerOptions {
  readonly product?: string
  readonly project?: string
  readonly actor?: string
  readonly since?: string
  readonly until?: string
  readonly limit: number
  readonly before?: number
}

/** What `firn log` does when nothing else is asked of it. */
export function logListCommand(io: Io): Command {
  return serverOptions(new Command('list'))
    .summary('show what was changed, by whom and when, the newest last (what firn log does by itself)')
    .description('Show what was changed, by whom and when: the last changes, the newest last.')
    .option('--product <product>', 'of releases of this product')
    .option('--project <project>', 'of files of this project')
    .option('--actor <name>', 'by this one')
    .option('--since <day>', 'from this day or instant on, as 2026-11-24 or 2026-11-24T11:13:00Z')
    .option('--until <day>', 'up to this day, all of it, or this instant')
    .addOption(new Option('--limit <number>', 'so many at most, up to 1000').argParser(parseNumber).default(100))
    .addOption(new Option('--before <number>', 'those before the event of this number').argParser(parseNumber))
    .addHelpText('after', '\nExamples:\n  firn log\n  firn log --product karl --since 2026-11-01\n  firn log --json')
    .action((options: LogOptions) => list(options, io))
}

function parseNumber(text: string): number {
  if (/^[1-9]\d{0,14}$/.test(text)) return Number(text)
  throw new InvalidArgumentError('It is a whole number from 1.')
}

async function list(options: LogOptions, io: Io): Promise<void> {
  const { product, project, actor, since, until, limit, before: after } = options
  const query = { product, project, actor, since, until, limit, after, order: 'desc' }
  const { events, next } = await readEvents(connect(options), query)
  const lines = events.toReversed()
  io.stdout.write(
    options.json === true
      ? `${JSON.stringify({ events: lines, before: next })}\n`
      : plain(describe(lines, next, io.stdout.columns)),
  )
}

function describe(lines: readonly LogLine[], next: number | null, width: number | undefined): string {
  if (lines.length === 0) return 'nothing of that kind is in the log; firn log alone shows its end\n'
  const head = ['EVENT', 'WHEN (UTC)', 'BY', 'WHAT', 'WHICH']
  const rows = lines.map((line) => [String(line.sequence), printMoment(line.at), line.actor, line.verb, line.subject])
  const older = next === null ? [] : ['', `older ones: the same command with --before ${next}`]
  return `${[...tableLines({ head, rows }, width), ...older].join('\n')}\n`
}
