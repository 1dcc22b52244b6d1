import { filesByProject, type Manifest, type ManifestFile, type ManifestPin } from '../manifest.ts'
import { evaluateMarker, parseMarker, type MarkerEnvironment } from '../marker.ts'
import type { Pin } from '../pins/pin.ts'
import { markerEnvironment, type Target } from '../target.ts'
import { compareCodePoints, compareVersionTexts, sameVersion } from '../version.ts'
import type { ProjectDiff } from './project-diff.ts'

/**
 * How pins differ from a release: what the pins have more, less, or of another version. Only pins of the release that
 * hold on one of the targets count; none given, all do. Hashes say which files a pin allows: a file of the release that
 * is not allowed is a difference, an allowed one that the release lacks is not. Ascending by project.
 */
export function diffPins(manifest: Manifest, pins: readonly Pin[], targets: readonly Target[]): readonly ProjectDiff[] {
  const environments = targets.map(markerEnvironment)
  const before = new Map(manifest.pins.filter((pin) => holds(pin, environments)).map((pin) => [pin.project, pin]))
  const after = new Map(pins.map((pin) => [pin.project, pin]))
  const projects = [...new Set([...before.keys(), ...after.keys()])].toSorted(compareCodePoints)
  const files = filesByProject(manifest)
  return projects.flatMap((project) => diffPin(before.get(project), after.get(project), files.get(project) ?? []) ?? [])
}

function holds({ marker }: ManifestPin, environments: readonly MarkerEnvironment[]): boolean {
  if (marker === null || environments.length === 0) return true
  const parsed = parseMarker(marker)
  return environments.some((environment) => evaluateMarker(parsed, environment))
}

function diffPin(
  from: ManifestPin | undefined,
  to: Pin | undefined,
  files: readonly ManifestFile[],
): ProjectDiff | undefined {
  const either = from ?? to
  if (!either) return undefined
  const { project, name } = either
  const same = from !== undefined && to !== undefined && sameVersion(from.version, to.version)
  const refused = same ? notAllowed(to, files) : []
  if (same && refused.length === 0) return undefined
  return {
    project,
    name,
    change: same ? 'files' : changeOf(from, to),
    from: from?.version ?? null,
    to: to?.version ?? null,
    marker: null,
    files: same ? { added: [], removed: refused, changed: [] } : null,
    dependencies: null,
    licence: null,
  }
}

function changeOf(from: ManifestPin | undefined, to: Pin | undefined): ProjectDiff['change'] {
  if (!from) return 'added'
  if (!to) return 'removed'
  return compareVersionTexts(from.version, to.version) < 0 ? 'up' : 'down'
}

function notAllowed({ hashes }: Pin, files: readonly ManifestFile[]): readonly string[] {
  if (hashes.length === 0) return []
  return files.filter(({ sha256 }) => !hashes.includes(sha256)).map(({ filename }) => filename)
}
