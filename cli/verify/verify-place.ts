import { digestOf } from '../../pool/digest.ts'
import { topPage } from '../../pool/export/top-page.ts'
import { fileProblem, type ExpectedFile } from '../../pool/proof/release-files.ts'
import type { ReleaseProblem } from '../../pool/proof/release-problem.ts'
import type { ReleaseName } from '../../pool/release-name.ts'
import { measure } from './measure.ts'
import type { Listing, Place } from './place.ts'
import type { Verified } from './verify-release.ts'

/** What is wrong with an export or a bundle besides what is wrong with its releases, all of which were verified. */
export async function verifyPlace(
  place: Place,
  listing: Listing,
  verified: readonly Verified[],
): Promise<readonly ReleaseProblem[]> {
  const top = await topProblem(place, listing.releases)
  return [...listing.problems, ...(top ? [top] : []), ...unknownFiles(listing, verified)]
}

/** The page at the top, which says what there is. */
async function topProblem(place: Place, releases: readonly ReleaseName[]): Promise<ReleaseProblem | undefined> {
  const text = topPage(releases)
  const expected: ExpectedFile = {
    path: 'index.html',
    what: 'page',
    sha256: digestOf(text),
    size: Buffer.byteLength(text),
  }
  const problem = fileProblem(expected, await measure(place, expected, () => {}))
  return problem?.message === 'is missing' ? problem : problem && { ...problem, message: 'does not list what is here' }
}

/** What is below a release's own directory, the release has named. Without its manifest nobody knows its files. */
function unknownFiles({ all }: Listing, verified: readonly Verified[]): readonly ReleaseProblem[] {
  if (!all || verified.some(({ digest }) => digest === undefined)) return []
  const known = new Set(['index.html', ...verified.flatMap(({ checked }) => checked.map(({ path }) => path))])
  const own = verified.map(({ release }) => `index/${release}/`)
  return all
    .filter((path) => !known.has(path) && !own.some((directory) => path.startsWith(directory)))
    .map((path) => ({ path, message: 'is no file of any release' }))
}
