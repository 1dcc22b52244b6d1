import { Command } from 'commander'
import type { Io } from '../io.ts'
import { storeCheckCommand } from './store-check.ts'
import { storeBackupCommand } from './store-backup.ts'
import { storeBackupsCommand } from './store-backups.ts'
import { storeRestoreCommand } from './store-restore.ts'
import { storeCollectCommand } from './store-collect.ts'

/** Upkeep of a data directory itself. It speaks to no server; each verb is a file of its own, loaded when it is asked for. */
export function storeCommand(io: Io, exit: (code: number) => void): Command {
  return new Command('store')
    .summary("look after the registry's own data")
    .description(
      "Look after the registry's own data: a directory on this machine, named by --data, FIRN_DATA or [serve] data in " +
        'firn.toml. No server is asked.',
    )
    .addHelpText(
      'after',
      '\nExamples:\n  firn store check --data /var/lib/firn\n  firn store backup /mnt/backup/firn --data /var/lib/firn\n' +
        '  firn store restore /mnt/backup/firn /var/lib/firn-new',
    )
    .addCommand(storeCheckCommand(io, exit))
    .addCommand(storeBackupCommand(io))
    .addCommand(storeBackupsCommand(io))
    .addCommand(storeRestoreCommand(io, exit))
    .addCommand(storeCollectCommand(io))
}
