import { resolve } from 'node:path'
import { RegistryError } from '../../pool/errors.ts'
import { grouped } from '../../pool/grouped.ts'
import { faultAt } from '../../storage/fault.ts'
import { collectStore, findCollectable, type Collectable, type Counted } from '../../storage/upkeep/collect-store.ts'
import { reasons, type Unneeded } from '../../storage/upkeep/unneeded.ts'
import { count, plain, printBytes, type Io } from '../io.ts'
import { columnLines } from '../table.ts'

export interface StoreCollectOptions {
  readonly data: string
  readonly dryRun?: boolean
  readonly yes?: boolean
  readonly signingKey?: string
  readonly json?: boolean
}

/** `firn store collect`. Throws `usage` unless it is told that what it shows may go. */
export async function runStoreCollect(options: StoreCollectOptions, io: Io): Promise<void> {
  const { dryRun = false, yes = false, json = false } = options
  const show = (found: Collectable, deletes: boolean) => {
    io.stdout.write(json ? jsonOf(found, deletes) : plain(`${describe(found, deletes).join('\n')}\n`))
  }
  if (dryRun) return show(await findCollectable(options.data, io.signal), false)
  const deps = {
    now: () => new Date().toISOString(),
    fault: faultAt(io.env['FIRN_FAULT']),
    signingKey: options.signingKey,
    signal: io.signal,
  }
  await collectStore(resolve(options.data), deps, (found) => {
    show(found, yes)
    if (yes || found.unneeded.length === 0) return
    throw new RegistryError('usage', {}, { detail: 'nothing was deleted', hint: 'to delete what is shown: --yes' })
  })
}

function sizeOf(files: readonly { readonly bytes: number }[]): Counted {
  return { files: files.length, bytes: files.reduce((sum, { bytes }) => sum + bytes, 0) }
}

function jsonOf({ unneeded, spared, needed, served }: Collectable, deletes: boolean): string {
  const totals = Object.fromEntries([...byReason(unneeded)].map(([reason, files]) => [reason, sizeOf(files)]))
  const lines = [
    ...unneeded.map((each) => ({ event: 'unneeded', ...each })),
    ...spared.map((each) => ({ event: 'kept', ...each })),
    { event: 'summary', deletes, ...sizeOf(unneeded), reasons: totals, needed, staging: !served },
  ]
  return lines.map((line) => `${JSON.stringify(line)}\n`).join('')
}

function byReason(unneeded: readonly Unneeded[]): ReadonlyMap<Unneeded['reason'], readonly Unneeded[]> {
  return grouped(unneeded, ({ reason }) => reason)
}

function describe({ unneeded, spared, needed, served }: Collectable, deletes: boolean): readonly string[] {
  const rows = unneeded.map(({ path, bytes, reason }) => [printBytes(bytes), reason, path])
  const totals = [...byReason(unneeded)].map(
    ([reason, files]) => `  ${reason}: ${printCounted(sizeOf(files))} ${reasons[reason]}`,
  )
  return [
    ...columnLines(rows),
    unneeded.length === 0
      ? 'there is nothing to collect: all that is there is needed'
      : `${printCounted(sizeOf(unneeded))} ${deletes ? 'are deleted' : 'could be deleted'}`,
    ...totals,
    ...spared.map(
      (each) => `kept: ${each.path} has the bytes of ${each.for}, which lacks them: firn store check --repair`,
    ),
    ...(served ? ['a server is running: what is in staging/ is its business, and was not looked at'] : []),
    `needed by releases: ${printCounted(needed.releases)}; by the live index alone: ${printCounted(needed.liveIndex)}`,
  ]
}

function printCounted({ files, bytes }: Counted): string {
  return `${count(files, 'file')}, ${printBytes(bytes)}`
}
