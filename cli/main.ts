import { Command, CommanderError, InvalidArgumentError } from 'commander'
import { errors } from '../pool/errors.ts'
import { version } from '../server/version.ts'
import { configCommand } from './commands/config.ts'
import { bundleCommand } from './commands/bundle.ts'
import { exportCommand } from './commands/export.ts'
import { fetchCommand } from './commands/fetch.ts'
import { findCommand } from './commands/find.ts'
import { freezeCommand } from './commands/freeze.ts'
import { projectCommand } from './commands/project.ts'
import { refreezeCommand } from './commands/refreeze.ts'
import { importCommand } from './commands/import.ts'
import { diffCommand } from './commands/diff.ts'
import { releasesCommand } from './commands/releases.ts'
import { keysCommand } from './commands/keys.ts'
import { logCommand } from './commands/log.ts'
import { loginCommand, logoutCommand } from './commands/login.ts'
import { removeCommand } from './commands/remove.ts'
import { serveCommand } from './commands/serve.ts'
import { showCommand } from './commands/show.ts'
import { storeCommand } from './commands/store.ts'
import { tokenCommand } from './commands/token.ts'
import { uploadCommand } from './commands/upload.ts'
import { verifyCommand } from './commands/verify.ts'
import { whereUsedCommand } from './commands/where-used.ts'
import { unyankCommand, yankCommand } from './commands/yank.ts'
import { commandPath } from './command-path.ts'
import { applyConfig } from './config/apply-config.ts'
import { findConfig, type FoundConfig } from './config/find-config.ts'
import { savedToken } from './credentials.ts'
import { exitCodes } from './exit-codes.ts'
import { plain, type Io } from './io.ts'
import { reportError } from './report-error.ts'

/** Runs one command line, without the program's own name. Returns the exit code (sysexits.h; design in the README). */
export async function main(argv: readonly string[], io: Io): Promise<number> {
  let code = 0
  const program = firnProgram(io, (wanted) => (code = wanted))
  try {
    await program.parseAsync(argv, { from: 'user' })
    return code
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : usageExit(error, argv, io)
    if (io.signal.aborted) {
      io.stderr.write('stopped; what was taken in stays\n')
      return exitCodes.stopped
    }
    return reportError(error, io, { json: argv.includes('--json'), debug: argv.includes('--debug') })
  }
}

/** commander has said on stderr what is wrong; a program that asked for JSON gets it too. */
function usageExit({ message }: CommanderError, argv: readonly string[], io: Io): number {
  const detail = message.replace(/^error: /, '')
  if (argv.includes('--json')) {
    io.stdout.write(`${JSON.stringify({ code: 'usage', title: errors.usage.title, detail })}\n`)
  }
  return errors.usage.exit
}

function firnProgram(io: Io, exit: (code: number) => void): Command {
  const program = new Command('firn')
  program
    .showSuggestionAfterError()
    .description(
      'Python package index and release registry: one URL per release that always installs the same software.',
    )
    .version(version)
    .commandsGroup(ownHeading)
    .helpCommand(true)
    .option('--debug', 'show where an error came from')
    .option(
      '--config <file>',
      'where options are kept; default: FIRN_CONFIG, else firn.toml here or in a directory above',
    )
    .addHelpText(
      'after',
      '\nExample:\n  firn serve &\n  firn fetch -r requirements.txt\n  firn freeze karl/3.30 -r requirements.txt',
    )
  const commands = commandsOf(io, exit)
  const find = () => {
    const { config: flag } = program.opts<{ config?: string }>()
    return findConfig({ flag, env: io.env['FIRN_CONFIG'], directory: process.cwd() })
  }
  const config = configCommand(io, { find, commands: () => commands.flatMap(verbsOf) })
  for (const command of [...commands, config]) program.addCommand(command)
  for (const command of program.commands.flatMap(withSubcommands))
    command.option('--debug', 'show where an error came from')
  for (const command of withSubcommands(program)) {
    overrideOutput(command, io)
    command.hook('preSubcommand', (_parent, called) => readEnvironment(called, io))
  }
  return program.hook('preAction', async (_program, command) => {
    // What `config` looks at may be broken: it reads the file itself.
    const found = command.parent === config ? undefined : find()
    if (found) await useConfig(command, found)
    await useSavedToken(command, io)
  })
}

/** Also of `config`, and of commander's `help`. */
const ownHeading = 'Set-up and help:'

/** All but `config`, under the headings of the help and in its order. */
function commandsOf(io: Io, exit: (code: number) => void): readonly Command[] {
  const groups: Readonly<Record<string, readonly Command[]>> = {
    'The server and its data:': [serveCommand(io), storeCommand(io, exit), tokenCommand(io)],
    'Filling the pool:': [
      uploadCommand(io, exit),
      fetchCommand(io, exit),
      importCommand(io, exit),
      findCommand(io, exit),
    ],
    'Releases:': [
      freezeCommand(io),
      refreezeCommand(io, exit),
      releasesCommand(io),
      showCommand(io),
      diffCommand(io, exit),
      whereUsedCommand(io),
    ],
    'Releases as plain files:': [exportCommand(io), bundleCommand(io)],
    'What is learnt later:': [yankCommand(io), unyankCommand(io), projectCommand(io), removeCommand(io)],
    'Proof:': [verifyCommand(io, exit), logCommand(io, exit), keysCommand(io)],
    [ownHeading]: [loginCommand(io), logoutCommand(io)],
  }
  return Object.entries(groups).flatMap(([heading, commands]) => commands.map((command) => command.helpGroup(heading)))
}

function withSubcommands(command: Command): readonly Command[] {
  return [command, ...command.commands.flatMap(withSubcommands)]
}

/** What can be called of it: `token` itself does nothing. */
function verbsOf(command: Command): readonly Command[] {
  return withSubcommands(command).filter(({ commands }) => commands.length === 0)
}

/** What reads `firn.toml` takes its time to load; who has none goes without it. */
async function useConfig(command: Command, found: FoundConfig): Promise<void> {
  const { readConfig } = await import('./config/read-config.ts')
  applyConfig(command, await readConfig(found))
}

/** Of `firn login`, for the server that is asked; the command line and the environment come first. */
async function useSavedToken(command: Command, { env }: Io): Promise<void> {
  const { url, token } = command.opts<{ url?: string; token?: string }>()
  const takesToken = command.options.some((option) => option.attributeName() === 'token')
  // `login` is there to replace it.
  if (!takesToken || token !== undefined || url === undefined || command.name() === 'login') return
  command.setOptionValueWithSource('token', await savedToken(url, env), 'login')
}

/** commander itself sees the environment of the process alone. The command line is read later, and wins. */
function readEnvironment(command: Command, { env }: Io): void {
  for (const option of command.options) {
    const value = option.envVar === undefined ? undefined : env[option.envVar]
    if (value === undefined) continue
    try {
      const parsed: unknown = option.isBoolean() ? parseFlag(value) : (option.parseArg?.(value, undefined) ?? value)
      command.setOptionValueWithSource(option.attributeName(), parsed, 'env')
    } catch (error) {
      if (!(error instanceof InvalidArgumentError)) throw error
      const what = `option '${option.flags}' value '${value}' from env '${option.envVar}'`
      command.error(`error: ${what} is invalid. ${error.message}`)
    }
  }
}

/** What a flag is in the environment. Throws `InvalidArgumentError`. */
function parseFlag(text: string): boolean {
  if (/^(?:1|true|yes|on)$/i.test(text)) return true
  if (/^(?:0|false|no|off|)$/i.test(text)) return false
  throw new InvalidArgumentError('It is true or false.')
}

/** commander's own errors are written as ours are: `error:` and `hint:` on stderr. */
function overrideOutput(command: Command, io: Io): void {
  command.exitOverride().configureOutput({
    writeOut: (text) => io.stdout.write(text),
    writeErr: (text) => io.stderr.write(plain(text)),
    outputError: (text, write) => write(`${text}hint: ${commandPath(command).join(' ')} --help\n`),
  })
}
