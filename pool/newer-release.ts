import { compareVersions, isPrerelease, parseVersion } from './version.ts'

/**
 * The highest of a product's releases that is newer than this one; `null` if none is. Releases named by versions are in
 * the order of PEP 440, and a pre-release is not newer than a final one. Others are in the order of freezing, in which
 * `releases` comes: the last frozen first.
 */
export function newerRelease(release: string, releases: readonly string[]): string | null {
  const current = parseVersion(release)
  if (!current) {
    const [last] = releases
    return last === undefined || last === release ? null : last
  }
  let newest = { name: release, version: current }
  for (const name of releases) {
    const version = parseVersion(name)
    const counts = version !== undefined && (isPrerelease(current) || !isPrerelease(version))
    if (counts && compareVersions(version, newest.version) > 0) newest = { name, version }
  }
  return newest.name === release ? null : newest.name
}
