import { bestVersion } from '../../pool/best-version.ts'
import { RegistryError } from '../../pool/errors.ts'
import type { LooseRequirement, Pin } from '../../pool/pins/pin.ts'
import type { AgedFile } from '../../pool/policy/cooldown.ts'
import type { ProjectName } from '../../pool/project-name.ts'
import { printSpecifierSet } from '../../pool/specifier.ts'
import { chooseFiles, type Choice, type UpstreamFile } from '../../pool/upstream-file.ts'
import type { UpstreamClient } from '../upstream/client.ts'

/** Where files are looked for: in the indexes, then on the pages of links, each in its order. */
export interface Places {
  readonly indexes: readonly string[]
  readonly links: readonly string[]
}

/** What one place has; `undefined` from an index that does not know the project. */
export interface Listing {
  readonly place: string
  readonly files: readonly UpstreamFile[] | undefined
}

/** What the places have of a project, in order, each asked once and not before it is needed. */
export type Listings = (project: ProjectName) => AsyncIterable<Listing>

/**
 * Asks the places. One that cannot be asked is not passed over, or what is found would depend on who is up: reading on
 * throws its `upstream-unavailable`.
 */
export function askPlaces(upstream: UpstreamClient, { indexes, links }: Places, signal?: AbortSignal): Listings {
  const pages = new Map<string, Promise<readonly UpstreamFile[] | undefined>>()
  const once = (key: string, ask: () => Promise<readonly UpstreamFile[] | undefined>) => {
    const known = pages.get(key) ?? ask()
    pages.set(key, known)
    return known
  }
  return async function* (project) {
    for (const place of indexes) {
      const files = await once(`${place} ${project}`, () => upstream.projectFiles(place, project, signal))
      yield { place, files }
    }
    for (const place of links) yield { place, files: await once(place, () => upstream.linkedFiles(place, signal)) }
  }
}

/** The files to fetch of one version, from the first place that has it. */
export interface Chosen {
  readonly name: string
  readonly version: string
  readonly place: string
  readonly files: readonly UpstreamFile[]
}

/** Throws `upstream-lacks`, `upstream-unavailable`. */
export async function filesOfPin(
  listings: Listings,
  { project, version, name }: Pick<Pin, 'project' | 'version' | 'name'>,
  choice: Choice,
): Promise<Chosen> {
  let others = 0
  let known = false
  for await (const { place, files } of listings(project)) {
    const { chosen, ofVersion } = chooseFiles(files ?? [], { project, version, ...choice })
    if (chosen.length > 0) return { name, version, place, files: chosen }
    others += ofVersion
    known ||= files !== undefined
  }
  if (!known) throw new RegistryError('upstream-lacks', { project }, { detail: `no project ${name}` })
  const where = choice.targets.map(({ text }) => text).join(', ')
  const detail =
    others === 0 ? `no file of ${name} ${version}` : `none of its ${others} files of ${name} ${version} is for ${where}`
  throw new RegistryError('upstream-lacks', { project, version }, { detail })
}

/** How old files must be that a version is chosen by. */
export interface AgeRule {
  isOldEnough(file: AgedFile): boolean
  /** Why it is not. */
  refused(file: AgedFile): RegistryError
}

/**
 * The best version of the first place that has any that is admitted, as if what is too young were not there. A place that
 * has nothing but what is too young is not passed over for another. Throws `upstream-lacks`, `file-young`,
 * `upstream-unavailable`.
 */
export async function filesOfBest(
  listings: Listings,
  { project, name, specifier }: Pick<LooseRequirement, 'project' | 'name' | 'specifier'>,
  { age, ...choice }: Choice & { readonly age: AgeRule },
): Promise<Chosen> {
  const sought = { project, specifier, ...choice }
  for await (const { place, files = [] } of listings(project)) {
    const old = files.filter((file) => age.isOldEnough({ ...file, project }))
    const version = bestVersion(old, sought)
    if (version !== undefined)
      return { name, version, place, files: chooseFiles(files, { project, version, ...choice }).chosen }
    const young = bestVersion(files, sought)
    if (young === undefined) continue
    const [first] = chooseFiles(files, { project, version: young, ...choice }).chosen
    if (first) throw age.refused({ ...first, project })
  }
  const where = choice.targets.map(({ text }) => text).join(', ')
  const detail = `no version of ${name}${printSpecifierSet(specifier)} that installs on ${where}`
  throw new RegistryError('upstream-lacks', { project }, { detail })
}
