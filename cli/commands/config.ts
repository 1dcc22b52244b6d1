import { resolve } from 'node:path'
import { Command } from 'commander'
import { grouped } from '../../pool/grouped.ts'
import { effectiveOptions, type Effective } from '../config/effective.ts'
import { fromHere, type FoundConfig } from '../config/find-config.ts'
import type { Config } from '../config/read-config.ts'
import type { Io } from '../io.ts'
import { columnLines } from '../table.ts'

/** What the command looks at; the program that it is part of knows. */
export interface ConfigSubject {
  readonly find: () => FoundConfig | undefined
  /** Those whose options the file sets. */
  readonly commands: () => readonly Command[]
}

interface JsonOption {
  readonly json?: boolean
}

export function configCommand(io: Io, subject: ConfigSubject): Command {
  return new Command('config')
    .summary('look at firn.toml')
    .description(
      'Options may be kept in firn.toml, in the current directory or above. The command line comes first, then FIRN_*, ' +
        'then firn.toml, then defaults.',
    )
    .addHelpText('after', '\nExamples:\n  firn config check\n  firn config example > firn.toml')
    .addCommand(checkCommand(io, subject))
    .addCommand(exampleCommand(io))
}

function checkCommand(io: Io, { find, commands }: ConfigSubject): Command {
  return new Command('check')
    .summary('say which firn.toml holds, and what it sets')
    .description(
      'Say which firn.toml holds, and where the value of each option comes from. Exits with 78 if it is not valid.',
    )
    .option('--json', 'print JSON for programs to read')
    .addHelpText('after', '\nExample:\n  firn config check --config deploy/firn.toml')
    .action(async ({ json = false }: JsonOption) => {
      // What knows the keys of the file takes its time to load; the other commands go without it.
      const { readConfig } = await import('../config/read-config.ts')
      const found = find()
      const config = found && (await readConfig(found))
      const options = commands().flatMap((command) => effectiveOptions(command, io.env, config))
      const answer = { file: config ? { path: resolve(config.path), by: config.by } : null, options }
      io.stdout.write(json ? `${JSON.stringify(answer)}\n` : describe(config, options))
    })
}

function exampleCommand(io: Io): Command {
  return new Command('example')
    .summary('print a firn.toml with every key')
    .description('Print a firn.toml with every key, each in a comment with what it is for.')
    .option('--json', 'print JSON for programs to read')
    .addHelpText('after', '\nExample:\n  firn config example > firn.toml')
    .action(async ({ json = false }: JsonOption) => {
      const { printExample } = await import('../config/example.ts')
      const text = printExample()
      io.stdout.write(json ? `${JSON.stringify({ text })}\n` : text)
    })
}

function describe(config: Config | undefined, options: readonly Effective[]): string {
  const file = config
    ? `file  ${fromHere(config.path)} (${config.by === 'found' ? 'found from the current directory' : `named by ${config.by}`})`
    : 'file  none: no firn.toml is in the current directory or above'
  const alike = grouped(options, ({ option, value, from }) => JSON.stringify([option, value, from]))
  const rows = [...alike.values()].flatMap((each) =>
    each.length > 3 ? [rowOf(each)] : each.map((one) => rowOf([one])),
  )
  return `${[file, ...columnLines(rows)].join('\n')}\n`
}

/** What is the same for many commands, as the URL of the server, is said once. */
function rowOf([first, ...others]: readonly [Effective, ...Effective[]]): readonly string[] {
  const { command, option, value, from, variable } = first
  return [
    `  ${others.length > 0 ? `${others.length + 1} commands:` : command} ${option}`,
    printValue(value),
    variable ?? from,
  ]
}

function printValue(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value)
}
