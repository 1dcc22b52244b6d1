import { RegistryError } from '../../pool/errors.ts'
import { printReleaseName } from '../../pool/release-name.ts'
import type { Deps } from '../deps.ts'

export interface RemoveRequest {
  readonly filename: string
  readonly reason: string
  /** Also what a release holds: its pages then name a file that nobody gets any more. */
  readonly force: boolean
  /** Says what would be removed, and removes nothing. */
  readonly dryRun: boolean
  readonly actor: string
}

export interface Removed {
  readonly filename: string
  readonly outcome: 'removed' | 'same'
  /** In bytes; `null` of what was removed before. */
  readonly size: number | null
  /** The releases that hold it. */
  readonly releases: readonly string[]
}

export type RemoveDeps = Pick<Deps, 'records' | 'files' | 'now' | 'ready' | 'lock'>

/**
 * Takes a file out of the pool for good, which the law may ask for and nothing else does. Its name is never given to other
 * bytes. The row first, then the bytes: a crash between the two leaves bytes that nobody is given, and the next removal,
 * or `firn store collect`, ends them. Throws `distribution-unknown`, `distribution-in-use`.
 */
export async function removeDistribution(deps: RemoveDeps, request: RemoveRequest): Promise<Removed> {
  return deps.lock(request.filename.toLowerCase(), () => remove(deps, request))
}

async function remove({ records, files, now, ready }: RemoveDeps, request: RemoveRequest): Promise<Removed> {
  const { filename, reason, force, dryRun, actor } = request
  const file = await records.distribution(filename)
  const releases = (await records.releasesOf([filename])).get(filename) ?? []
  const held = releases.map(({ name }) => printReleaseName(name))
  if (!file) {
    if (!(await records.removal(filename)))
      throw new RegistryError('distribution-unknown', { filename }, { detail: filename })
    return { filename, outcome: 'same', size: null, releases: held }
  }
  if (held.length > 0 && !force) throw inUse(filename, held)
  const { project, version, sha256, size } = file
  if (dryRun) return { filename, outcome: 'removed', size, releases: held }
  const at = now()
  const facts = { reason, project, version, sha256, size, releases: held }
  const outcome = await records.removeDistribution(
    { filename, reason, at },
    { at, actor, verb: 'remove', subject: filename, facts },
  )
  await files.erase(file)
  ready.clear()
  return { filename, outcome, size, releases: held }
}

function inUse(filename: string, releases: readonly string[]): RegistryError {
  const hint = 'what a release holds is never removed by normal work; if the law asks for it: --force'
  return new RegistryError(
    'distribution-in-use',
    { filename, releases },
    { detail: `${filename} is in ${releases.slice(0, 5).join(', ')}${releases.length > 5 ? ' and others' : ''}`, hint },
  )
}
