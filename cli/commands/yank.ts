import { Command } from 'commander'
import { yankFiles, type YankedFile } from '../calls/overlays.ts'
import { connect } from '../connection.ts'
import { count, plain, type Io } from '../io.ts'
import { serverOptions, type ServerOptions } from '../server-options.ts'

interface YankOptions extends ServerOptions {
  readonly reason?: string
  readonly dryRun?: boolean
}

const whatFiles = "versions as lxml==4.9.1 or 'lxml<4', a filename, or a sha256"

export function yankCommand(io: Io): Command {
  return serverOptions(new Command('yank'))
    .summary('mark files as broken: new installations pass them over')
    .description(
      'Mark files as yanked in the live index (PEP 592): installers pass them over unless a pin names their version. ' +
        'Nothing is taken away, and releases that hold them do not change.',
    )
    .argument('<what...>', whatFiles)
    .requiredOption('-m, --reason <text>', 'why, in one line; installers show it')
    .option('-n, --dry-run', 'say what would change, and change nothing')
    .addHelpText(
      'after',
      '\nExamples:\n  firn yank karl==3.30 --reason "loses attachments: LP #1353034"\n  firn yank lxml-4.9.1-cp311-cp311-manylinux_2_17_x86_64.whl -m "built against the wrong libxml2"\n  firn unyank karl==3.30',
    )
    .action((wanted: string[], options: YankOptions) => mark(wanted, options, io))
}

export function unyankCommand(io: Io): Command {
  return serverOptions(new Command('unyank'))
    .summary('take a yank back, also that of an upstream')
    .description('Take a yank back: ours, or what an upstream index said of the file when it was fetched.')
    .argument('<what...>', whatFiles)
    .option('-n, --dry-run', 'say what would change, and change nothing')
    .addHelpText('after', '\nExample:\n  firn unyank karl==3.30')
    .action((wanted: string[], options: YankOptions) => mark(wanted, options, io))
}

async function mark(wanted: readonly string[], options: YankOptions, io: Io): Promise<void> {
  const { reason = null, dryRun = false, json = false } = options
  const files = await yankFiles(connect(options), { wanted, reason, dryRun })
  if (json) io.stdout.write(`${JSON.stringify({ dryRun, files })}\n`)
  else io.stdout.write(plain(describe(files, { yanked: reason !== null, dryRun })))
}

function describe(
  files: readonly YankedFile[],
  { yanked, dryRun }: { readonly yanked: boolean; readonly dryRun: boolean },
): string {
  const word = yanked ? 'yanked  ' : 'unyanked'
  const lines = files.map(({ filename, changed }) => `${changed ? word : 'same    '}  ${filename}`)
  const releases = [...new Set(files.flatMap((file) => file.releases))].toSorted()
  const held =
    releases.length === 0
      ? []
      : [`held by ${releases.join(', ')}, which ${releases.length === 1 ? 'does' : 'do'} not change`]
  const changed = count(files.filter((file) => file.changed).length, 'file')
  const end = dryRun ? `dry run, nothing was changed: ${changed} would be` : `${changed} changed`
  return `${[...lines, ...held, end].join('\n')}\n`
}
