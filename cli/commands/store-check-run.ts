import { resolve } from 'node:path'
import { upstreamClient } from '../../server/upstream/client.ts'
import { version } from '../../server/version.ts'
import { faultAt } from '../../storage/fault.ts'
import { checkStore, type Checked, type Checking } from '../../storage/upkeep/check-store.ts'
import { findingKinds, type Finding } from '../../storage/upkeep/finding.ts'
import { repairStore, type MendedFinding, type Repaired } from '../../storage/upkeep/repair-store.ts'
import { exitCodes } from '../exit-codes.ts'
import type { Io } from '../io.ts'
import { progress } from '../progress.ts'
import { describeChecked } from './store-check-text.ts'

export interface StoreCheckOptions {
  readonly data: string
  readonly quick?: boolean
  readonly repair?: boolean
  readonly signingKey?: string
  readonly json?: boolean
}

/** `firn store check`. Ends with 2 if something is wrong and was not mended. */
export async function runStoreCheck(options: StoreCheckOptions, io: Io, exit: (code: number) => void): Promise<void> {
  const bar = progress(io)
  const checking = { quick: options.quick === true, signal: io.signal, onStart: bar.start, onBytes: bar.add }
  try {
    const checked = await (options.repair === true ? repair(options, io, checking) : checkStore(options.data, checking))
    bar.stop()
    const open = checked.findings.filter((finding) => !isMended(finding))
    if (open.length > 0) exit(exitCodes.differs)
    io.stdout.write(options.json === true ? jsonOf(checked, open.length) : describeChecked(checked, options))
  } finally {
    bar.stop()
  }
}

export function isMended(finding: Finding | MendedFinding): boolean {
  return 'mended' in finding && finding.mended
}

async function repair(options: StoreCheckOptions, io: Io, checking: Checking): Promise<Repaired> {
  const upstream = upstreamClient({ index: undefined, python: io.env['FIRN_PYTHON'], userAgent: `firn/${version}` })
  const deps = {
    download: (url: string, signal: AbortSignal) => upstream.download(url, signal),
    now: () => new Date().toISOString(),
    fault: faultAt(io.env['FIRN_FAULT']),
    signingKey: options.signingKey,
    signal: io.signal,
  }
  try {
    return await repairStore(resolve(options.data), deps, checking)
  } finally {
    await upstream.close()
  }
}

function jsonOf({ findings, files, bytes, releases, lines }: Checked | Repaired, open: number): string {
  const summary = {
    event: 'summary',
    holds: open === 0,
    files,
    bytes,
    releases,
    lines,
    findings: findings.length,
    open,
  }
  const all = [...findings.map((finding) => ({ event: 'finding', ...finding, ...aboutKind(finding) })), summary]
  return all.map((each) => `${JSON.stringify(each)}\n`).join('')
}

function aboutKind({ code }: Finding): object {
  const { means, todo } = findingKinds[code]
  return { means, todo }
}
