import { isRegistryError } from '../../errors.ts'
import { filesByProject, type Manifest } from '../../manifest.ts'
import { evaluateMarker, type MarkerEnvironment } from '../../marker.ts'
import { normaliseName, type ProjectName } from '../../project-name.ts'
import { parseRequirement, type Requirement } from '../../requirement.ts'
import { markerEnvironment, parseTarget } from '../../target.ts'
import { compareCodePoints } from '../../version.ts'
import type { Surroundings } from '../document.ts'

/** Who needs whom inside a release, on any of its targets. */
export interface DependencyGraph {
  /** Of every pin, ascending. */
  readonly needs: ReadonlyMap<ProjectName, readonly ProjectName[]>
  /** What was asked for, and what no other pin needs; ascending. */
  readonly top: readonly ProjectName[]
  /** Pins of which a file does not say what it needs. */
  readonly unknown: ReadonlySet<ProjectName>
}

/** Goes from pin to pin, again where another extra of one is asked for. What makes no sense in metadata is no edge. */
export function dependencyGraph(manifest: Manifest, factsOf: NonNullable<Surroundings['factsOf']>): DependencyGraph {
  const environments = manifest.targets.map((target) => markerEnvironment(parseTarget(target)))
  const { stated, unknown } = statedNeeds(manifest, factsOf)
  const roots = manifest.roots.flatMap(readRequirement)
  const extras = new Map([...stated.keys()].map((project) => [project, new Set<string>()]))
  const edges = new Map([...stated.keys()].map((project) => [project, new Set<ProjectName>()]))
  for (const { name, extras: asked } of roots)
    for (const extra of asked) extras.get(normaliseName(name))?.add(normaliseName(extra))
  const open = new Set(stated.keys())
  for (const project of open) {
    open.delete(project)
    for (const requirement of stated.get(project) ?? []) {
      const needed = normaliseName(requirement.name)
      const known = extras.get(needed)
      if (!known || !holds(requirement, environments, extras.get(project))) continue
      if (needed !== project) edges.get(project)?.add(needed)
      const before = known.size
      for (const extra of requirement.extras) known.add(normaliseName(extra))
      if (known.size > before) open.add(needed)
    }
  }
  const needs = new Map([...edges].map(([project, needed]) => [project, [...needed].toSorted(compareCodePoints)]))
  return { needs, top: topOf(needs, roots), unknown }
}

function statedNeeds(
  manifest: Manifest,
  factsOf: NonNullable<Surroundings['factsOf']>,
): { stated: Map<ProjectName, readonly Requirement[]>; unknown: ReadonlySet<ProjectName> } {
  const filesOf = filesByProject(manifest)
  const pinned = new Set<string>(manifest.pins.map(({ project }) => project))
  const unknown = new Set<ProjectName>()
  const stated = new Map<ProjectName, readonly Requirement[]>()
  for (const { project } of manifest.pins) {
    const texts = new Set<string>()
    for (const { sha256 } of filesOf.get(project) ?? []) {
      const requires = factsOf(sha256)?.requires ?? undefined
      if (!requires) unknown.add(project)
      for (const text of requires ?? []) if (pinned.has(nameIn(text))) texts.add(text)
    }
    stated.set(project, [...texts].flatMap(readRequirement))
  }
  return { stated, unknown }
}

/** Most of what is stated is for extras that no one asks for: it need not be read further. */
function nameIn(requirement: string): string {
  const [, name = ''] = /^[ \t]*([A-Za-z0-9._-]+)/.exec(requirement) ?? []
  return normaliseName(name)
}

function readRequirement(text: string): readonly Requirement[] {
  return unlessSenseless(() => [parseRequirement(text)], [])
}

function holds(
  { marker }: Requirement,
  environments: readonly MarkerEnvironment[],
  extra: ReadonlySet<string> = new Set(),
): boolean {
  if (!marker) return true
  const asked = new Set(['', ...extra])
  return environments.some((environment) =>
    unlessSenseless(() => evaluateMarker(marker, { ...environment, extra: asked }), false),
  )
}

function unlessSenseless<T>(read: () => T, otherwise: T): T {
  try {
    return read()
  } catch (error) {
    if (!isRegistryError(error)) throw error
    return otherwise
  }
}

function topOf(
  needs: ReadonlyMap<ProjectName, readonly ProjectName[]>,
  roots: readonly Requirement[],
): readonly ProjectName[] {
  const needed = new Set([...needs.values()].flat())
  const asked = roots.map(({ name }) => normaliseName(name)).filter((project) => needs.has(project))
  const top = new Set([...asked, ...[...needs.keys()].filter((project) => !needed.has(project))])
  return [...top].toSorted(compareCodePoints)
}
