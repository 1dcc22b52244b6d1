import { Command, InvalidArgumentError } from 'commander'
import type { Io } from '../io.ts'
import type { RestoreOptions } from './store-restore-run.ts'

export function storeRestoreCommand(io: Io, exit: (code: number) => void): Command {
  return new Command('restore')
    .summary('make a data directory of a backup')
    .description(
      'Make a new data directory of a snapshot: the newest complete one, unless another is asked for. Every byte is ' +
        'checked, and the directory is there only when it is whole. If anything is damaged nothing is restored.',
    )
    .argument('<backup>', 'as it was given to firn store backup')
    .argument('<new-directory>', 'empty, or not there')
    .option('--at <day>', 'the last snapshot of this day or before, or of this instant or before', parseMoment)
    .option('--partial', 'restore what can be where files are missing or damaged; exits with 2 if any was')
    .option('--json', 'print JSON for programs to read, a line an event')
    .addHelpText(
      'after',
      '\nExamples:\n  firn store restore /mnt/backup/firn /var/lib/firn\n' +
        '  firn store restore /mnt/backup/firn /tmp/firn-of-then --at 2026-11-24',
    )
    .action(async (backup: string, directory: string, options: RestoreOptions) => {
      // What opens a database takes its time to load; the other commands go without it.
      const { restoreBackup } = await import('./store-restore-run.ts')
      exit(await restoreBackup({ backup, directory }, options, io))
    })
}

/** A day is all of it; an instant may be in any time zone. */
function parseMoment(text: string): string {
  const instant = /^\d{4}-\d\d-\d\d$/.test(text) ? `${text}T23:59:59.999Z` : text
  if (!/^\d{4}-\d\d-\d\dT.*(?:Z|[+-]\d\d:\d\d)$/.test(instant) || Number.isNaN(Date.parse(instant)))
    throw new InvalidArgumentError('It is a day, as 2026-11-24, or an instant, as 2026-11-24T11:13:00Z.')
  return new Date(instant).toISOString()
}
