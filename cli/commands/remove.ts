import { Command } from 'commander'
import { removeFile } from '../calls/overlays.ts'
import { connect } from '../connection.ts'
import { plain, printBytes, type Io } from '../io.ts'
import { serverOptions, type ServerOptions } from '../server-options.ts'

interface RemoveOptions extends ServerOptions {
  readonly reason: string
  readonly force?: boolean
  readonly dryRun?: boolean
}

export function removeCommand(io: Io): Command {
  return serverOptions(new Command('remove'))
    .summary('take a file out of the pool for good, if the law asks for it')
    .description(
      'Take a file out of the pool for good, with what was read out of it. This is for what the law asks for: a version ' +
        'that is merely broken is yanked. The name stays taken for ever, and the log says who removed it and why. What a ' +
        'release holds is refused, since that release can then no longer be installed.',
    )
    .argument('<filename>', 'one file, as firn find shows it')
    .requiredOption('-m, --reason <text>', 'why, in one line; whoever asks for the file is told')
    .option('--force', 'also what a release holds')
    .option('-n, --dry-run', 'say what would be removed, and remove nothing')
    .addHelpText(
      'after',
      '\nExamples:\n  firn remove karl-3.30.tar.gz -m "contains a customer\'s data" --dry-run\n  firn remove karl-3.30.tar.gz -m "court order 4 O 12/26" --force',
    )
    .action((filename: string, options: RemoveOptions) => remove(filename, options, io))
}

async function remove(filename: string, options: RemoveOptions, io: Io): Promise<void> {
  const { reason, force = false, dryRun = false, json = false } = options
  const removed = await removeFile(connect(options), filename, { reason, force, dryRun })
  if (json) {
    io.stdout.write(`${JSON.stringify({ dryRun, ...removed })}\n`)
    return
  }
  const { outcome, size, releases } = removed
  const done = dryRun ? 'would be removed' : outcome === 'same' ? 'was removed already' : 'is removed'
  const bytes = size === null ? '' : ` (${printBytes(size)})`
  const lines = [`${filename} ${done}${bytes}`]
  if (releases.length > 0) lines.push(`no longer to be installed: ${releases.join(', ')}`)
  io.stdout.write(plain(`${lines.join('\n')}\n`))
}
