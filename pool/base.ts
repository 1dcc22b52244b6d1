import type { Manifest, ManifestFile, ManifestOverride, ManifestPin } from './manifest.ts'
import { sameVersion } from './version.ts'

/** A pin with the files that a release has of it. */
export interface FilledPin {
  readonly pin: ManifestPin
  readonly files: readonly ManifestFile[]
}

export interface Laid {
  readonly pins: readonly ManifestPin[]
  readonly files: readonly ManifestFile[]
  /** Ascending by project. */
  readonly overrides: readonly ManifestOverride[]
}

/**
 * A release's own pins laid over a base: everything of the base, plus and instead of. What the base has of a project is
 * taken as it is, to the file; a pin of the same version changes nothing.
 */
export function layOver(base: Manifest | undefined, own: readonly FilledPin[]): Laid {
  const before = new Map((base?.pins ?? []).map((pin) => [pin.project, pin]))
  const restated = ({ pin }: FilledPin) => {
    const known = before.get(pin.project)
    return known !== undefined && sameVersion(known.version, pin.version)
  }
  const added = own.filter((filled) => !restated(filled))
  const replaced = new Set(added.map(({ pin }) => pin.project))
  return {
    pins: [...(base?.pins ?? []).filter(({ project }) => !replaced.has(project)), ...added.map(({ pin }) => pin)],
    files: [
      ...(base?.files ?? []).filter(({ project }) => !replaced.has(project)),
      ...added.flatMap(({ files }) => files),
    ],
    overrides: [...before.values()].flatMap(({ project, name, version: from }) => {
      const instead = added.find(({ pin }) => pin.project === project)
      return instead ? { project, name, from, to: instead.pin.version } : []
    }),
  }
}
