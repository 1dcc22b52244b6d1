import { filesByProject, type ManifestPin } from '../manifest.ts'
import { document, type DocumentedRelease } from './document.ts'

/** For `pip install --require-hashes -r`: every pin with the sha256 of each of its files. */
export function requirementsTxt(release: DocumentedRelease): string {
  const filesOf = filesByProject(release.manifest)
  const lines = release.manifest.pins.flatMap((pin) => {
    const hashes = (filesOf.get(pin.project) ?? []).map(({ sha256 }) => sha256)
    const stated = hashes.toSorted().map((sha256) => `    --hash=sha256:${sha256}`)
    const parts = [requirement(pin), ...stated]
    return parts.map((part, at) => (at < parts.length - 1 ? `${part} \\` : part))
  })
  return document(release, lines)
}

/** For `pip install -c`. */
export function constraintsTxt(release: DocumentedRelease): string {
  return document(release, release.manifest.pins.map(requirement))
}

function requirement({ name, version, marker }: ManifestPin): string {
  return `${name}==${version}${marker === null ? '' : ` ; ${marker}`}`
}
