import { Command, InvalidArgumentError } from 'commander'
import { dataOption } from '../data-option.ts'
import type { Io } from '../io.ts'
import { signingKeyOption } from '../signing-key-option.ts'
import type { BackupOptions } from './store-backup-run.ts'

export function storeBackupCommand(io: Io): Command {
  return new Command('backup')
    .summary('copy the data directory while the server goes on')
    .description(
      'Add a snapshot to a backup: the database as of one instant, the files that it names, and the signing key. The ' +
        'server goes on meanwhile. Files are copied once, each checked; a snapshot counts only when it is whole on disk.',
    )
    .argument('<directory>', 'the backup; made if it is not there. Keep it on another disk, and as secret as the data')
    .addOption(dataOption())
    .option('--verify', 'read what the backup has again, and copy again what is damaged there')
    .addOption(signingKeyOption('key that the server signs with; default: the one in the data directory'))
    .option('--without-key', 'leave the signing key out: what is restored signs with a new one')
    .option('--keep <number>', 'drop all snapshots but so many complete ones, the newest; files stay', parseKeep)
    .option('--json', 'print JSON for programs to read, a line an event')
    .addHelpText(
      'after',
      '\nExamples:\n  firn store backup /mnt/backup/firn --data /var/lib/firn\n' +
        '  firn store backup /mnt/backup/firn --keep 30\n  firn store backup /mnt/backup/firn --verify',
    )
    .action(async (directory: string, options: BackupOptions) => {
      // What opens a database takes its time to load; the other commands go without it.
      const { backup } = await import('./store-backup-run.ts')
      await backup(directory, options, io)
    })
}

function parseKeep(text: string): number {
  if (/^[1-9]\d{0,5}$/.test(text)) return Number(text)
  throw new InvalidArgumentError('It is a whole number from 1.')
}
