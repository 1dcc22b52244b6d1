import type { Sha256 } from '../distribution.ts'
import type { Manifest, ManifestPin } from '../manifest.ts'
import { document } from './document.ts'

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

function requirement({ name, version, marker }: ManifestPin): string {
  return `${name}==${version}${marker === null ? '' : ` ; ${marker}`}`
}
