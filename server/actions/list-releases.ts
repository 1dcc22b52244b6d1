import { newerRelease } from '../../pool/newer-release.ts'
import type { ReleaseListing, ReleaseSummary } from '../../storage/ports.ts'
import type { Deps } from '../deps.ts'

/** A release in a list, with the newest release of its base's product if that is newer than its base. */
export interface ListedRelease extends ReleaseSummary {
  readonly newerBase: string | null
}

/** Releases in the order of their list. Reads no manifest. */
export async function listReleases(
  { records }: Pick<Deps, 'records'>,
  listing: ReleaseListing,
): Promise<readonly ListedRelease[]> {
  const found = await records.releases(listing)
  const bases = new Set(found.flatMap(({ base }) => base?.product ?? []))
  const releases = new Map<string, readonly string[]>()
  for (const product of bases) {
    releases.set(
      product,
      (await records.releases({ product })).map(({ name }) => name.release),
    )
  }
  return found.map((release) => ({
    ...release,
    newerBase: release.base && newerRelease(release.base.release, releases.get(release.base.product) ?? []),
  }))
}
