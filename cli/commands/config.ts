import { Command } from 'commander'
import { effectiveOptions, type Effective } from '../config/effective.ts'
import { printExample } from '../config/example.ts'
import { fromHere, readConfig, type Config } from '../config/read-config.ts'
import type { FoundConfig } from '../config/find-config.ts'
import type { Io } from '../io.ts'

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
      const found = find()
      const config = found && (await readConfig(found))
      const options = commands().flatMap((command) => effectiveOptions(command, io.env, config))
      const answer = { file: config ? { path: fromHere(config.path), by: config.by } : null, options }
      io.stdout.write(json ? `${JSON.stringify(answer)}\n` : describe(config, options))
    })
}

function exampleCommand(io: Io): Command {
  return new Command('example')
    .summary('print a firn.toml with every key')
    .description('Print a firn.toml with every key, each in a comment with what it is for.')
    .option('--json', 'print JSON for programs to read')
    .addHelpText('after', '\nExample:\n  firn config example > firn.toml')
    .action(({ json = false }: JsonOption) => {
      io.stdout.write(json ? `${JSON.stringify({ text: printExample() })}\n` : printExample())
    })
}

function describe(config: Config | undefined, options: readonly Effective[]): string {
  const file = config
    ? `file  ${fromHere(config.path)} (${config.by === 'found' ? 'found from the current directory' : `named by ${config.by}`})`
    : 'file  none: no firn.toml is in the current directory or above'
  const rows = options.map(({ command, option, value, from, variable }) => [
    `  ${command} ${option}`,
    printValue(value),
    variable ?? from,
  ])
  const widths = [0, 1].map((column) => Math.min(48, Math.max(...rows.map((row) => row[column]?.length ?? 0))))
  const lines = rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  )
  return `${[file, ...lines].join('\n')}\n`
}

function printValue(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value)
}
