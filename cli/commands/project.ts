import { Command, Option } from 'commander'
import { RegistryError } from '../../pool/errors.ts'
import { projectStates, type ProjectState } from '../../pool/project-status.ts'
import { projectStatus, projectStatuses, setProjectStatus, type SaidOfProject } from '../calls/overlays.ts'
import { connect, type Connection } from '../connection.ts'
import { plain, type Io } from '../io.ts'
import { serverOptions, type ServerOptions } from '../server-options.ts'
import { printMoment, tableLines } from '../table.ts'

interface StatusOptions extends ServerOptions {
  readonly set?: ProjectState
  readonly reason?: string
  readonly dryRun?: boolean
}

export function projectCommand(io: Io): Command {
  return new Command('project')
    .summary('say of a project that it is archived, deprecated or quarantined')
    .description('What the live index says of whole projects.')
    .addHelpText('after', '\nExample:\n  firn project status karl --set archived -m "succeeded by karl2"')
    .addCommand(statusCommand(io))
}

const meaning = `
What the words mean (PEP 792):
  active        nothing is said
  archived      no more files are expected, and none are taken in
  deprecated    use something else; files are served and taken in as before, freezing says so
  quarantined   not safe: the live index offers no file, none are taken in, no release is frozen with it;
                takes a token with the scope admin, both ways

Releases that are frozen do not change, whatever is said later.

Examples:
  firn project status                                  # all of which something was said
  firn project status karl
  firn project status karl --set archived -m "succeeded by karl2"
  firn project status evil-lib --set quarantined -m "steals tokens"`

function statusCommand(io: Io): Command {
  return serverOptions(new Command('status'))
    .summary('show or set what the live index says of a project')
    .description('Show what the live index says of a project, or of all; or set it.')
    .argument('[project]', 'its name')
    .addOption(new Option('--set <status>', 'what to say').choices(projectStates))
    .option('-m, --reason <text>', 'why, in one line; installers show it')
    .option('-n, --dry-run', 'say what would change, and change nothing')
    .addHelpText('after', meaning)
    .action((project: string | undefined, options: StatusOptions) => status(project, options, io))
}

async function status(project: string | undefined, options: StatusOptions, io: Io): Promise<void> {
  const { set, json = false } = options
  if (set === undefined && (options.reason !== undefined || options.dryRun === true))
    throw usage('--reason and --dry-run go with --set')
  const connection = connect(options)
  if (set !== undefined) {
    if (project === undefined) throw usage('which project?')
    return setIt(connection, { ...options, project, set }, io)
  }
  const said = project === undefined ? await projectStatuses(connection) : [await projectStatus(connection, project)]
  if (json) io.stdout.write(`${JSON.stringify(project === undefined ? { projects: said } : said[0])}\n`)
  else io.stdout.write(plain(describe(said)))
}

function usage(detail: string): RegistryError {
  return new RegistryError('usage', {}, { detail, hint: 'firn project status --help' })
}

type Setting = StatusOptions & { readonly project: string; readonly set: ProjectState }

async function setIt(connection: Connection, { project, set, ...options }: Setting, io: Io): Promise<void> {
  const { reason = null, dryRun = false, json = false } = options
  const answer = await setProjectStatus(connection, project, { status: set, reason, dryRun })
  if (json) io.stdout.write(`${JSON.stringify({ dryRun, ...answer })}\n`)
  else if (answer.outcome === 'same') io.stdout.write(`${answer.project} is ${set} already\n`)
  else io.stdout.write(`${answer.project} ${dryRun ? 'would be' : 'is'} ${set}\n`)
}

function describe(said: readonly SaidOfProject[]): string {
  if (said.length === 0) return 'nothing is said of any project: all are active\n'
  const rows = said.map(({ project, status, since, reason }) => [
    project,
    status,
    since === null ? '' : printMoment(since),
    reason ?? '',
  ])
  return `${tableLines({ head: ['PROJECT', 'STATUS', 'SINCE (UTC)', 'REASON'], rows }).join('\n')}\n`
}
