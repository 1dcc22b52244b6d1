import { isRegistryError } from '../../pool/errors.ts'
import type { ReleaseProblem } from '../../pool/proof/release-problem.ts'
import { parseReleaseName, type ReleaseName } from '../../pool/release-name.ts'
import { compareCodePoints } from '../../pool/version.ts'
import { bundleEntries, openBundle, type BundleEntry } from '../import/read-bundle.ts'
import type { Place } from './place.ts'

/**
 * What `firn bundle` has written: looked through once, then read from where its entries lie. Of a damaged one all that
 * comes before the damage. Throws `input-unreadable`.
 */
export async function bundlePlace(file: string): Promise<Place> {
  const handle = await openBundle(file)
  const entries = new Map<string, BundleEntry>()
  const problems: ReleaseProblem[] = []
  try {
    let before = ''
    for await (const entry of bundleEntries(handle, file)) {
      if (entries.has(entry.path)) problems.push({ path: entry.path, message: 'is there more than once' })
      else if (compareCodePoints(before, entry.path) > 0)
        problems.push({ path: entry.path, message: 'is out of order' })
      entries.set(entry.path, entry)
      before = entry.path
    }
  } catch (error) {
    if (!isRegistryError(error, 'bundle-invalid')) throw error
    problems.push({ path: file, message: `is damaged: ${error.detail?.slice(file.length + 2) ?? ''}` })
  }
  const paths = [...entries.keys()]
  const below = (directory: string) => Promise.resolve(paths.filter((path) => path.startsWith(`${directory}/`)))
  return {
    name: file,
    base: undefined,
    hasAliases: true,
    open: (path) => Promise.resolve(entries.get(path)?.bytes()),
    digestOf: () => Promise.resolve(undefined),
    listing: { releases: paths.flatMap(releaseAt), below, all: paths, problems },
    close: () => handle.close(),
  }
}

function releaseAt(path: string): readonly ReleaseName[] {
  const [, product, release] = /^index\/([^/]+)\/([^/]+)\/manifest\.json$/.exec(path) ?? []
  if (product === undefined || release === undefined) return []
  try {
    return [parseReleaseName(product, release)]
  } catch (error) {
    if (isRegistryError(error, 'release-name-invalid')) return []
    throw error
  }
}
