import { Command } from 'commander'
import { dataOption } from '../data-option.ts'
import type { Io } from '../io.ts'
import { signingKeyOption } from '../signing-key-option.ts'
import type { StoreCollectOptions } from './store-collect-run.ts'

export function storeCollectCommand(io: Io): Command {
  return new Command('collect')
    .summary('delete what nothing needs')
    .description(
      'Delete what nothing needs, with the server stopped: what was set aside into orphans/, files of the pool that have ' +
        'no row, unfinished uploads, and bytes of files that were removed. What a row, the log or a release names is ' +
        'never deleted. --dry-run says what it would be, also while the server runs.',
    )
    .addOption(dataOption())
    .option('-n, --dry-run', 'say what would be deleted, and delete nothing')
    .option('--yes', 'delete it')
    .addOption(signingKeyOption('key that the log is signed with; default: the one in the data directory'))
    .option('--json', 'print JSON for programs to read, a line a file, then a summary')
    .addHelpText(
      'after',
      '\nExamples:\n  firn store collect --data /var/lib/firn --dry-run\n  firn store collect --data /var/lib/firn --yes',
    )
    .action(async (options: StoreCollectOptions) => {
      // What reads a data directory takes its time to load; the other commands go without it.
      const { runStoreCollect } = await import('./store-collect-run.ts')
      await runStoreCollect(options, io)
    })
}
