import { Command } from 'commander'
import type { ImportOptions } from '../import/run-import.ts'
import type { Io } from '../io.ts'
import { collect, serverOptions } from '../server-options.ts'

export function importCommand(io: Io, exit: (code: number) => void): Command {
  return serverOptions(new Command('import'))
    .summary('take releases and archives from elsewhere into the pool')
    .description(
      'Take what firn bundle or firn export has written: its releases come as they are, with the same digest. Or take the ' +
        'archives of a directory, a compoze index or a devpi export into the pool, and freeze a release of them. All ' +
        'that does not fit is listed.',
    )
    .argument('<path...>', 'bundles (.tar), exports, archives, or directories of archives, of compoze or of devpi')
    .option('--as <product/release>', 'freeze the archives as one release, as karl/2010')
    .option(
      '-t, --target <target>',
      "of that release, as cp311-manylinux_x86_64; may be repeated; default: this machine's Python",
      collect,
    )
    .option(
      '--waive <waiver>',
      'what that release may lack: "[RULE ]NAME[ until YYYY-MM-DD]: REASON"; may be repeated',
      collect,
    )
    .option('--latest', 'of several versions of a project, freeze the newest')
    .option('--index <user/name>', 'index of a devpi export, with its bases; may be repeated; default: all', collect)
    .option('-n, --dry-run', 'say what would be taken, and take nothing')
    .addHelpText(
      'after',
      '\nExamples:\n  firn import karl-3.30.tar\n  firn import /srv/www/python\n' +
        '  firn import ~/karl-index --as karl/2010 --latest\n  firn import devpi-export --index karl/production --as karl/2015',
    )
    .action(async (paths: string[], options: ImportOptions) => {
      // What reads the many forms takes its time to load; the other commands go without it.
      const { runImport } = await import('../import/run-import.ts')
      exit(await runImport(paths, options, io))
    })
}
