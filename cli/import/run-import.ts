import { errors, isRegistryError, RegistryError } from '../../pool/errors.ts'
import { parseFilename } from '../../pool/filename.ts'
import { splitReleaseName, type ReleaseName } from '../../pool/release-name.ts'
import { parseWaiver, type Waiver } from '../../pool/waivers.ts'
import { basename } from 'node:path'
import { connect } from '../connection.ts'
import { count, type Io } from '../io.ts'
import { machineTarget } from '../machine-target.ts'
import { progress } from '../progress.ts'
import { describe as describeError } from '../report-error.ts'
import type { ServerOptions } from '../server-options.ts'
import { uploadAll, type Outcome } from '../uploading.ts'
import { findArchives, kindOf } from './find-archives.ts'
import { joinFound, type Found, type Unfit } from './found.ts'
import { freezeTaken } from './freeze-taken.ts'
import { importBundle } from './import-bundle.ts'
import { importFromTree, releasesOfTree } from './import-tree.ts'
import type { Importing, TakenRelease } from './importing.ts'

export interface ImportOptions extends ServerOptions {
  readonly as?: string
  readonly target?: readonly string[]
  readonly waive?: readonly string[]
  readonly index?: readonly string[]
  readonly latest?: boolean
  readonly dryRun?: boolean
}

/** `firn import`: takes all it can, and lists what does not fit. Returns the exit code. */
export async function runImport(paths: readonly string[], options: ImportOptions, io: Io): Promise<number> {
  const name = options.as === undefined ? undefined : splitReleaseName(options.as)
  const waivers = (options.waive ?? []).map(parseWaiver)
  const kinds = await Promise.all(paths.map(async (path) => ({ path, kind: await kindOf(path) })))
  if (name && !kinds.some(({ kind }) => kind === 'archives')) throw namesNoArchives(paths)
  const bar = progress(io)
  const json = options.json === true
  const importing = { connection: connect(options), bar, json, signal: io.signal, dryRun: options.dryRun === true }
  try {
    const failures = await takeReleases(
      importing,
      kinds.filter(({ kind }) => kind !== 'archives'),
    )
    const archives = kinds.filter(({ kind }) => kind === 'archives').map(({ path }) => path)
    const found = joinFound(await Promise.all(archives.map((path) => findArchives(path, options.index ?? []))))
    const outcome = await takeArchives(importing, found)
    const refused = [...failures, ...outcome.failures]
    const whole = refused.length === 0 && !found.unfit.some(({ lost }) => lost)
    if (name && whole && !importing.dryRun) await freezeAs(importing, outcome, { ...options, name, waivers }, io)
    else if (name && !importing.dryRun) bar.complain(`not frozen: ${options.as}: not all of its archives were taken`)
    return exitCode(refused, found.unfit)
  } finally {
    bar.stop()
  }
}

function namesNoArchives(paths: readonly string[]): RegistryError {
  const hint = 'a bundle and an export have releases of their own: leave --as out'
  return new RegistryError('usage', { paths }, { detail: 'there are no archives to freeze with --as', hint })
}

function exitCode([first]: readonly RegistryError[], unfit: readonly Unfit[]): number {
  if (first) return errors[first.code].exit
  return unfit.length > 0 ? errors['archive-invalid'].exit : 0
}

/** Bundles and trees, release by release: what is wrong with one does not keep the others out. */
async function takeReleases(
  importing: Importing,
  places: readonly { readonly path: string; readonly kind: string }[],
): Promise<readonly RegistryError[]> {
  const failures: RegistryError[] = []
  const attempt = async (where: string, take: () => Promise<TakenRelease>) => {
    try {
      importing.bar.line(describeTaken(await take(), importing))
    } catch (error) {
      if (!isRegistryError(error) || error.code === 'server-unreachable') throw error
      failures.push(error)
      complain(importing, where, error)
    }
  }
  for (const { path, kind } of places) {
    if (kind === 'bundle') await attempt(path, () => importBundle(importing, path))
    else for (const name of await releasesOfTree(path)) await attempt(path, () => importFromTree(importing, path, name))
  }
  return failures
}

function complain({ bar, json }: Importing, path: string, error: RegistryError): void {
  const { code, message, hint, facts } = error
  if (json) bar.line(JSON.stringify({ event: 'refused', path, code, message, hint, ...facts }))
  else bar.complain(`refused  ${path}\n${describeError(error).trimEnd()}`)
}

const heading = { imported: 'imported', same: 'already  ', checked: 'dry run, nothing was imported:' } as const

function describeTaken(
  { release, outcome, digest, path, from, added, files }: TakenRelease,
  { json, connection }: Importing,
): string {
  if (json) return JSON.stringify({ event: 'release', release, outcome, digest, path, from, added, files })
  return [
    `${heading[outcome]} ${release} from ${from}`,
    `  files    ${count(files, 'file')}, ${added} of them new to the pool`,
    `  digest   sha256:${digest}`,
    ...(outcome === 'checked' ? [] : [`  index    ${connection.url}${path}`]),
  ].join('\n')
}

async function takeArchives(importing: Importing, { archives, unfit }: Found): Promise<Outcome> {
  const { bar, json, dryRun } = importing
  for (const each of unfit) bar.line(json ? JSON.stringify({ event: 'unfit', ...each }) : describeUnfit(each))
  bar.start(archives.reduce((total, { size }) => total + size, 0))
  if (dryRun) {
    for (const { path, size } of archives) {
      const { filename } = parseFilename(basename(path))
      bar.line(json ? JSON.stringify({ event: 'found', path, filename, size }) : `found    ${path}`)
    }
    if (!json && archives.length > 0)
      bar.line(
        `dry run, nothing was taken: ${count(archives.length, 'file')} would be, if ${archives.length === 1 ? 'it fits' : 'they fit'}`,
      )
    return { uploaded: [], failures: [] }
  }
  const outcome = await uploadAll(importing, archives)
  const lost = outcome.failures.length + unfit.length
  if (!json && archives.length + unfit.length > 0)
    bar.line(`${count(outcome.uploaded.length, 'file')} in the pool${lost > 0 ? `, ${lost} not` : ''}`)
  return outcome
}

function describeUnfit({ path, message, hint }: Unfit): string {
  return `unfit    ${path}: ${message}${hint === undefined ? '' : `\n         ${hint}`}`
}

interface Freezing extends Omit<ImportOptions, 'as'> {
  readonly name: ReleaseName
  readonly waivers: readonly Waiver[]
}

async function freezeAs(
  { connection, bar, json }: Importing,
  { uploaded }: Outcome,
  { name, target, waivers, latest = false }: Freezing,
  io: Io,
): Promise<void> {
  const targets = target ?? [await machineTarget(io.env['FIRN_PYTHON'])]
  const { manifest, ...answer } = await freezeTaken(connection, uploaded, { name, targets, waivers, latest })
  if (json) return bar.line(JSON.stringify({ event: 'frozen', ...answer }))
  bar.line(`${answer.outcome === 'same' ? 'already frozen' : 'frozen'} ${answer.release}`)
  bar.line(`  pins     ${count(manifest.pins.length, 'project')}, ${count(manifest.files.length, 'file')}`)
  bar.line(`  digest   sha256:${answer.digest}\n  index    ${connection.url}${answer.path}`)
}
