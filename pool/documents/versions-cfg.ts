import { document, indexUrl, type DocumentedRelease, type Surroundings } from './document.ts'

/**
 * For `[buildout] extends =`, with the index that the pins are of. A marker has no place in it: on a target where it
 * does not hold, nothing asks for it.
 */
export function versionsCfg(release: DocumentedRelease, { base }: Surroundings): string {
  const pins = release.manifest.pins.map(({ name, version }) => `${name} = ${version}`)
  const where = base === undefined ? unplaced : placed(release, base)
  return document(release, ['[buildout]', ...where, 'versions = versions', '', '[versions]', ...pins])
}

/**
 * buildout matches `allow-hosts` against user, host and port as the URL has them, and says nothing when it does not match:
 * with a token in the index's URL there is a user. It is a pattern: the bracket of an IPv6 address would begin a set of
 * characters.
 */
function placed({ manifest }: DocumentedRelease, base: string): readonly string[] {
  const host = new URL(base).host.replace('[', '[[]')
  return [`index = ${indexUrl(base, manifest)}`, 'allow-hosts =', `    ${host}`, `    *@${host}`]
}

const unplaced = [
  '# index and allow-hosts are not here, since it was not known where this file would be served:',
  '# write them beside extends; allow-hosts wants the port too, as in 127.0.0.1:*',
]
