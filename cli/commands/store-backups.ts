import { Command } from 'commander'
import { count, plain, printBytes, type Io } from '../io.ts'
import { tableLines } from '../table.ts'
import { instantOf } from '../../storage/upkeep/backup-layout.ts'
import type { ListedSnapshot } from '../../storage/upkeep/snapshot.ts'

export function storeBackupsCommand(io: Io): Command {
  return new Command('backups')
    .summary('list the snapshots of a backup')
    .description('List the snapshots of a backup, the oldest first. Any complete one can be restored.')
    .argument('<directory>', 'as it was given to firn store backup')
    .option('--json', 'print JSON for programs to read')
    .addHelpText('after', '\nExample:\n  firn store backups /mnt/backup/firn')
    .action(async (directory: string, options: { readonly json?: boolean }) => {
      // What reads them takes its time to load; the other commands go without it.
      const { snapshotsIn } = await import('../../storage/upkeep/snapshot.ts')
      const listed = await snapshotsIn(directory)
      io.stdout.write(
        options.json === true
          ? `${JSON.stringify({ directory, snapshots: listed.map(({ snapshot }) => snapshot).filter(Boolean) })}\n`
          : plain(describe(listed, directory, io.stdout.columns)),
      )
    })
}

function describe(listed: readonly ListedSnapshot[], directory: string, width: number | undefined): string {
  if (listed.length === 0) return `no snapshots in ${directory}; make one: firn store backup ${directory}\n`
  const head = ['SNAPSHOT (UTC)', 'FILES', 'SIZE', 'RELEASES', 'LOG', 'STATE']
  const rows = listed.map(({ name, snapshot, damage }) => {
    if (damage !== undefined) return [instantOf(name), '', '', '', '', 'damaged: its snapshot.json cannot be read']
    if (snapshot === undefined) return [instantOf(name), '', '', '', '', 'unfinished: it does not count']
    const { at, files, bytes, database, releases, log, problems } = snapshot
    const state = problems.length === 0 ? 'complete' : `lacks ${count(problems.length, 'file')}`
    return [at, String(files), printBytes(bytes + database.size), String(releases), String(log.sequence), state]
  })
  return `${tableLines({ head, rows }, width).join('\n')}\n`
}
