import { resolve } from 'node:path'
import { faultAt } from '../../storage/fault.ts'
import { restore, type Restored } from '../../storage/upkeep/restore.ts'
import { exitCodes } from '../exit-codes.ts'
import { count, plain, printBytes, type Io } from '../io.ts'
import { progress } from '../progress.ts'
import { showUpkeep } from './store-events.ts'

export interface RestoreOptions {
  /** An instant. */
  readonly at?: string
  readonly partial?: boolean
  readonly json?: boolean
}

interface Places {
  readonly backup: string
  readonly directory: string
}

/** Throws as `restore`. Returns the exit code. */
export async function restoreBackup(
  { backup, directory }: Places,
  { at: until, partial = false, json = false }: RestoreOptions,
  io: Io,
): Promise<number> {
  const bar = progress(io)
  const restored = await restore(
    {
      fault: faultAt(io.env['FIRN_FAULT']),
      signal: io.signal,
      report: showUpkeep(bar, { json, files: false }),
    },
    { backup: resolve(backup), directory, until, partial },
  ).finally(() => bar.stop())
  const { snapshot, files, bytes, problems } = restored
  io.stdout.write(
    json
      ? `${JSON.stringify({ event: 'restored', directory, at: snapshot.at, files, bytes, problems })}\n`
      : plain(describe(restored, directory)),
  )
  return problems.length > 0 ? exitCodes.differs : 0
}

function describe({ snapshot, files, bytes, problems }: Restored, directory: string): string {
  const lacking = `  without ${count(problems.length, 'file')}: firn store check --repair --data ${directory} may bring them back`
  const keyless = '  without a signing key: the server makes one, or give it yours with --signing-key'
  return [
    `restored the snapshot ${snapshot.at} in ${directory}: ${count(files, 'file')} (${printBytes(bytes)}), ${count(snapshot.releases, 'release')}, the log up to line ${snapshot.log.sequence}`,
    ...(problems.length > 0 ? [lacking] : []),
    ...(snapshot.key.included === null ? [keyless] : []),
    `  firn serve --data ${directory}`,
    '',
  ].join('\n')
}
