import type { Sha256 } from '../distribution.ts'
import { printReleaseName } from '../release-name.ts'
import type { Manifest, ManifestPin } from '../manifest.ts'

/** The release as the files that pip, uv and zc.buildout read. All lines ascend by project. */

/** For `pip install --require-hashes -r`: every pin with the sha256 of each of its files. */
export function requirementsTxt(manifest: Manifest, digest: Sha256): string {
  const hashes = new Map<string, string[]>()
  for (const { project, sha256 } of manifest.files) {
    const known = hashes.get(project)
    if (known) known.push(sha256)
    else hashes.set(project, [sha256])
  }
  const lines = manifest.pins.map((pin) => {
    const stated = (hashes.get(pin.project) ?? []).toSorted().map((sha256) => `    --hash=sha256:${sha256}`)
    return [requirement(pin), ...stated].join(' \\\n')
  })
  return document(manifest, digest, lines)
}

/** For `pip install -c`. */
export function constraintsTxt(manifest: Manifest, digest: Sha256): string {
  return document(manifest, digest, manifest.pins.map(requirement))
}

/** For `[buildout] extends =`. A marker has no place in it: on a target where it does not hold, nothing asks for it. */
export function versionsCfg(manifest: Manifest, digest: Sha256): string {
  const pins = manifest.pins.map(({ name, version }) => `${name} = ${version}`)
  return document(manifest, digest, ['[buildout]', 'versions = versions', '', '[versions]', ...pins])
}

function requirement({ name, version, marker }: ManifestPin): string {
  return `${name}==${version}${marker === null ? '' : ` ; ${marker}`}`
}

function document(manifest: Manifest, digest: Sha256, lines: readonly string[]): string {
  return [`# ${printReleaseName(manifest)}`, `# sha256:${digest}`, ...lines, ''].join('\n')
}
