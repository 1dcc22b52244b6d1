import { resolve } from 'node:path'
import { RegistryError } from '../../pool/errors.ts'
import { shortId } from '../../pool/proof/public-key.ts'
import { version } from '../../server/version.ts'
import { faultAt } from '../../storage/fault.ts'
import { takeBackup, type TakenBackup } from '../../storage/upkeep/backup.ts'
import { isComplete } from '../../storage/upkeep/snapshot.ts'
import { count, plain, printBytes, type Io } from '../io.ts'
import { progress } from '../progress.ts'
import { showUpkeep } from './store-events.ts'

export interface BackupOptions {
  readonly data: string
  readonly verify?: boolean
  readonly withoutKey?: boolean
  readonly signingKey?: string
  readonly keep?: number
  readonly json?: boolean
}

/** Throws as `takeBackup`, and `backup-incomplete` if the snapshot lacks files. */
export async function backup(directory: string, options: BackupOptions, io: Io): Promise<void> {
  const bar = progress(io)
  const taken = await takeBackup(
    {
      now: () => new Date().toISOString(),
      version,
      fault: faultAt(io.env['FIRN_FAULT']),
      signal: io.signal,
      report: showUpkeep(bar, { json: options.json === true, files: true }),
    },
    {
      data: resolve(options.data),
      directory: resolve(directory),
      verify: options.verify === true,
      signingKey: options.withoutKey === true ? null : options.signingKey,
      keep: options.keep,
    },
  ).finally(() => bar.stop())
  if (!isComplete(taken.snapshot)) throw incomplete(taken, directory)
  const { snapshot, ...done } = taken
  io.stdout.write(
    options.json === true
      ? `${JSON.stringify({ event: 'snapshot', directory, ...done, ...snapshot })}\n`
      : plain(describe(taken, { directory, withoutKey: options.withoutKey === true })),
  )
}

function incomplete({ snapshot }: TakenBackup, directory: string): RegistryError {
  const { at, problems, files } = snapshot
  return new RegistryError(
    'backup-incomplete',
    { directory, at, problems },
    {
      detail: `${count(problems.length, 'file')} of ${files} could not be copied into ${directory}; all others were`,
      hint: 'firn store check --repair, then back up again; until then firn store restore takes the snapshot before',
    },
  )
}

interface Described {
  readonly directory: string
  readonly withoutKey: boolean
}

function describe({ snapshot, copied, copiedBytes, kept }: TakenBackup, about: Described): string {
  const { at, files, bytes, releases, database, log } = snapshot
  return [
    `snapshot ${at} in ${about.directory}: ${count(files, 'file')} (${printBytes(bytes)}), ${count(releases, 'release')}, the log up to line ${log.sequence}`,
    `  copied ${count(copied, 'file')} (${printBytes(copiedBytes)}) and the database (${printBytes(database.size)}); ${kept} were there already`,
    `  ${keyLine(snapshot, about)}`,
    '',
  ].join('\n')
}

function keyLine({ key }: TakenBackup['snapshot'], { withoutKey }: Described): string {
  if (withoutKey)
    return 'without the signing key: what is restored signs with a new one; what is signed keeps its signatures'
  if (key.included !== null && (key.id === null || key.id === key.included))
    return `with the signing key ${shortId(key.included)}: keep this directory as secret as the data`
  if (key.id === null) return 'without a signing key: there is none yet'
  return `the server signs with the key ${shortId(key.id)}, which is not in the data directory: name it with --signing-key, or keep a copy of it`
}
