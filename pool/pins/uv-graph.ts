import { grouped } from '../grouped.ts'
import type { MarkerEnvironment } from '../marker.ts'
import { normaliseName } from '../project-name.ts'
import { sameVersion } from '../version.ts'
import { textHolds } from './lock-marker.ts'
import type { Wanted } from './lock-wants.ts'
import type { Locked } from './locked.ts'
import { findAt, type LineFinding, type Place } from './pin.ts'
import { tableAt, tablesAt, textAt, textsAt, type Table } from './toml-table.ts'

export interface Package {
  readonly table: Table
  readonly place: Place
  readonly locked: Omit<Locked, 'on'>
}

export interface Walk {
  readonly packages: readonly Package[]
  /** What the lock was made for; they are among the packages. */
  readonly roots: readonly Package[]
  readonly wanted: Wanted
  /** The wanted extras and groups as markers of the lock name them. */
  readonly names: ReadonlySet<string>
  readonly environment: MarkerEnvironment
}

export interface Walked {
  /** The extras asked for of each package that was reached. */
  readonly found: ReadonlyMap<Package, ReadonlySet<string>>
  readonly failures: readonly LineFinding[]
}

/** What is reached on one target, from the roots by the dependencies whose markers hold there. */
export function walk({ packages, roots, wanted, names, environment }: Walk): Walked {
  const found = new Map<Package, ReadonlySet<string>>(roots.map((root) => [root, new Set()]))
  const failures: LineFinding[] = []
  const byName = grouped(packages, ({ locked }) => normaliseName(locked.name))
  const holds: Holds = (place, marker) => {
    const held = findAt(place, () => ({ held: textHolds(marker, environment, names) }))
    if ('problem' in held) failures.push(held)
    return 'held' in held && held.held
  }
  const open = roots.flatMap((root) => rootEdges(root, wanted))
  for (let edge = open.pop(); edge; edge = open.pop()) {
    if (!holds(edge.place, textAt(edge.table, 'marker'))) continue
    const name = textAt(edge.table, 'name') ?? ''
    const target = targetOf(edge, byName.get(normaliseName(name)) ?? [], holds)
    if (target) open.push(...reach(target, edge, found))
    else failures.push({ problem: { place: edge.place, message: `${name} is needed here, but is not in the lock` } })
  }
  return { found, failures }
}

type Holds = (place: Place, marker: string | undefined) => boolean

interface Edge {
  readonly table: Table
  readonly place: Place
}

function rootEdges(root: Package, { extras, groups }: Wanted): readonly Edge[] {
  return [
    ...edgesOf(root, 'dependencies'),
    ...edgesIn(root, 'optional-dependencies', extras),
    ...edgesIn(root, 'dev-dependencies', groups),
  ]
}

function edgesOf({ table, place }: Package, key: string): readonly Edge[] {
  return tablesAt(table, key).map((edge) => ({ table: edge, place }))
}

/** The dependencies of extras or groups, which are lists by name. */
function edgesIn({ table, place }: Package, key: string, wanted: ReadonlySet<string>): readonly Edge[] {
  const lists = tableAt(table, key)
  const named = Object.keys(lists ?? {}).filter((name) => wanted.has(normaliseName(name)))
  return named.flatMap((name) => tablesAt(lists, name).map((edge) => ({ table: edge, place })))
}

/** Where several versions of a project are locked, the dependency says which it means, or their markers tell. */
function targetOf({ table }: Edge, named: readonly Package[], holds: Holds): Package | undefined {
  const meant = named.filter((each) => fits(each, table))
  return meant.length > 1 ? meant.find((each) => isFor(each, holds)) : meant[0]
}

function fits({ locked, table }: Package, edge: Table): boolean {
  const version = textAt(edge, 'version')
  const source = tableAt(edge, 'source')
  if (version !== undefined && locked.version !== undefined && !sameVersion(version, locked.version)) return false
  return source === undefined || JSON.stringify(source) === JSON.stringify(tableAt(table, 'source'))
}

function isFor({ table, place }: Package, holds: Holds): boolean {
  const markers = textsAt(table, 'resolution-markers')
  return markers === undefined || markers.some((marker) => holds(place, marker))
}

/** Marks the package as reached; gives the dependencies that this brings for the first time. */
function reach(target: Package, edge: Edge, found: Map<Package, ReadonlySet<string>>): readonly Edge[] {
  const before = found.get(target)
  const fresh = (textsAt(edge.table, 'extra') ?? []).map(normaliseName).filter((extra) => before?.has(extra) !== true)
  found.set(target, new Set<string>([...(before ?? []), ...fresh]))
  return [
    ...(before ? [] : edgesOf(target, 'dependencies')),
    ...edgesIn(target, 'optional-dependencies', new Set(fresh)),
  ]
}
