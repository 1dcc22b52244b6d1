import { Command } from 'commander'
import { dataOption } from '../data-option.ts'
import type { Io } from '../io.ts'
import { signingKeyOption } from '../signing-key-option.ts'
import type { StoreCheckOptions } from './store-check-run.ts'

export function storeCheckCommand(io: Io, exit: (code: number) => void): Command {
  return new Command('check')
    .summary('read everything again, and say what is not as it was')
    .description(
      'Read everything again: each file against its digest, each row against its file and the log, each release ' +
        'against its signature. Works while the server runs. Exits with 2 if anything is wrong, each with what it means ' +
        'and what to do. With --repair, and the server stopped, what can be mended is mended; what is in the way is set ' +
        'aside into orphans/, never deleted.',
    )
    .addOption(dataOption())
    .option('--quick', 'look at the sizes of files, not at their bytes')
    .option('--repair', 'mend what can be mended, with the server stopped')
    .addOption(signingKeyOption('key that repairs are signed with; default: the one in the data directory'))
    .option('--json', 'print JSON for programs to read, a line a finding, then a summary')
    .addHelpText(
      'after',
      '\nExamples:\n  firn store check --data /var/lib/firn\n  firn store check --data /var/lib/firn --repair',
    )
    .action(async (options: StoreCheckOptions) => {
      // What reads a data directory takes its time to load; the other commands go without it.
      const { runStoreCheck } = await import('./store-check-run.ts')
      await runStoreCheck(options, io, exit)
    })
}
