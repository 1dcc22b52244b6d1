import { RegistryError } from '../../pool/errors.ts'
import { readManifest, type Manifest, type ManifestWaiver } from '../../pool/manifest.ts'
import { newerRelease } from '../../pool/newer-release.ts'
import type { ProjectStatus } from '../../pool/project-status.ts'
import { printReleaseName, type ReleaseName } from '../../pool/release-name.ts'
import { isExpired } from '../../pool/waivers.ts'
import type { Deps } from '../deps.ts'

export interface OpenedRelease {
  readonly name: ReleaseName
  readonly digest: string
  readonly manifest: Manifest
}

export interface ShownRelease extends OpenedRelease {
  readonly newerBase: string | null
  /** Those of the manifest, and whether their day has gone by. */
  readonly waivers: readonly (ManifestWaiver & { readonly expired: boolean })[]
  /** Which files came from which index; `null`: they were uploaded. */
  readonly origins: readonly { readonly index: string | null; readonly files: readonly string[] }[]
  readonly later: LaterKnown
}

/** What is laid over a release: said of its files and projects by now, and in none of its bytes. */
export interface LaterKnown {
  readonly yanked: readonly { readonly filename: string; readonly reason: string }[]
  readonly projects: readonly Omit<ProjectStatus, 'at'>[]
  readonly removed: readonly { readonly filename: string; readonly reason: string }[]
}

/** A release with its manifest read. Throws `release-unknown`. */
export async function openRelease(
  { records }: { readonly records: Pick<Deps['records'], 'release'> },
  name: ReleaseName,
): Promise<OpenedRelease> {
  const frozen = await records.release(name)
  const release = printReleaseName(name)
  if (!frozen)
    throw new RegistryError(
      'release-unknown',
      { release },
      { detail: release, hint: `what there is: firn releases ${name.product}` },
    )
  return { name, digest: frozen.digest, manifest: readManifest(frozen.manifest) }
}

/** What is in a release, with what is known of it by now. Throws `release-unknown`. */
export async function showRelease(
  { records, now }: Pick<Deps, 'records' | 'now'>,
  name: ReleaseName,
): Promise<ShownRelease> {
  const opened = await openRelease({ records }, name)
  const { base, waivers } = opened.manifest
  const others = base ? await records.releases({ product: base.product }) : []
  const at = now()
  return {
    ...opened,
    newerBase:
      base &&
      newerRelease(
        base.release,
        others.map(({ name }) => name.release),
      ),
    waivers: waivers.map((waiver) => ({ ...waiver, expired: isExpired(waiver, at) })),
    origins: await originsOf({ records }, opened.manifest),
    later: await laterKnown({ records }, opened.manifest),
  }
}

async function laterKnown({ records }: Pick<Deps, 'records'>, { pins, files }: Manifest): Promise<LaterKnown> {
  const here = new Set(files.map(({ filename }) => filename))
  const held = [...(await records.distributionsOfPins(pins)).values()].flat()
  const pinned = new Set(pins.map(({ project }) => project))
  return {
    yanked: held.flatMap(({ filename, yanked }) =>
      here.has(filename) && yanked !== null ? [{ filename, reason: yanked }] : [],
    ),
    projects: (await records.projectStatuses()).flatMap(({ project, status, reason }) =>
      pinned.has(project) && status !== 'active' ? [{ project, status, reason }] : [],
    ),
    removed: (await records.removals()).flatMap(({ filename, reason }) =>
      here.has(filename) ? [{ filename, reason }] : [],
    ),
  }
}

async function originsOf(
  { records }: Pick<Deps, 'records'>,
  { pins, files }: Manifest,
): Promise<ShownRelease['origins']> {
  const held = await records.distributionsOfPins(pins)
  const indexes = new Map([...held.values()].flat().map(({ filename, origin }) => [filename, origin?.index ?? null]))
  const found = new Map<string | null, string[]>()
  for (const { filename } of files) {
    const index = indexes.get(filename) ?? null
    const known = found.get(index)
    if (known) known.push(filename)
    else found.set(index, [filename])
  }
  return [...found].map(([index, files]) => ({ index, files })).toSorted((a, b) => order(a.index, b.index))
}

/** What was uploaded comes first. */
function order(a: string | null, b: string | null): number {
  return (a ?? '') < (b ?? '') ? -1 : 1
}
