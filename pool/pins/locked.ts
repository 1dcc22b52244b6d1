import { normaliseName } from '../project-name.ts'
import { compareCodePoints } from '../version.ts'
import { directOf } from './direct.ts'
import { findAt, makePin, quoted, type LineFinding, type Place, type Source } from './pin.ts'
import type { Reading } from './reading.ts'
import { markerOf } from './target-subset.ts'
import { tablesAt, textAt, headerLines, type Table } from './toml-table.ts'

/** A lock as its readers have it. */
export interface Lock {
  readonly source: Source
  readonly table: Table
  readonly reading: Reading
}

/** One package of a lock, as every kind of lock says it. */
export interface Locked {
  readonly place: Place
  readonly name: string
  readonly version: string | undefined
  readonly extras?: readonly string[]
  readonly files: readonly LockedFile[]
  /** Where it comes from if that is no index; `root`: it is what the lock was made for. */
  readonly direct?: { readonly location: string; readonly root: boolean } | undefined
  /** The numbers of the targets that need it. */
  readonly on: readonly number[]
}

export interface LockedFile {
  readonly filename: string | undefined
  /** `sha256:…`, lower-case; `undefined` if it is stated by another algorithm, or not at all. */
  readonly sha256: string | undefined
}

/** The tables of a lock's packages, each with its place. */
export function packagesOf({ source, table }: Lock, key: string): readonly { table: Table; place: Place }[] {
  const tables = tablesAt(table, key)
  const lines = headerLines(source.text, key)
  const known = lines.length === tables.length
  return tables.map((each, index) => ({
    table: each,
    place: { source: source.name, line: (known ? lines[index] : undefined) ?? 1 },
  }))
}

/** What one package's table says besides its name. May throw what `findAt` makes a problem of. */
export type ReadPackage = (table: Table, name: string) => Omit<Locked, 'place' | 'name'>

/** Reads all packages of a lock that says of each by itself which targets need it. */
export function readEach(lock: Lock, key: string, read: ReadPackage): readonly LineFinding[] {
  const packages = packagesOf(lock, key).map(
    ({ table, place }): Locked | Extract<LineFinding, { problem: unknown }> => {
      const name = textAt(table, 'name')
      if (name === undefined) return { problem: { place, message: 'a package without a name stands here' } }
      return findAt(place, () => ({ place, name, ...read(table, name) }))
    },
  )
  const locked = packages.flatMap((each) => ('problem' in each ? [] : each))
  return [...packages.filter((each) => 'problem' in each), ...lockedFindings(locked, lock)]
}

/** What packages mean for the release. Those that no target needs are named in one notice. */
export function lockedFindings(packages: readonly Locked[], lock: Lock): readonly LineFinding[] {
  const needed = packages.filter(({ on }) => on.length > 0)
  const names = new Set(needed.map(({ name }) => normaliseName(name)))
  const other = [...new Set(packages.map(({ name }) => name))].filter((name) => !names.has(normaliseName(name)))
  return [
    ...needed.map((each) => findAt(each.place, () => lockedFinding(each, lock.reading))),
    ...unneeded(other, lock.source),
  ]
}

function unneeded(names: readonly string[], { name }: Source): readonly LineFinding[] {
  if (names.length === 0) return []
  const all = names.toSorted(compareCodePoints)
  const listed = all.length > 10 ? [...all.slice(0, 10), `and ${all.length - 10} more`] : all
  const message = `left out, since no target needs it with these extras and groups: ${listed.join(', ')}`
  return [{ notice: { place: { source: name, line: 1 }, message } }]
}

/** Throws `version-invalid`. */
function lockedFinding(locked: Locked, reading: Reading): LineFinding {
  const { place, name, version, extras = [], direct } = locked
  const marker = markerOf(locked.on, reading)
  if (direct) {
    const text = `${name} @ ${direct.location}`
    return { direct: directOf({ place, text, name, version, extras: [], marker, root: direct.root }, direct.location) }
  }
  if (version === undefined) {
    return { problem: { place, message: `${name} has no version here`, hint: 'lock it again with versions' } }
  }
  const files = locked.files.flatMap(({ filename, sha256 }) => (filename && sha256 ? { filename, sha256 } : []))
  if (locked.files.length > 0 && files.length === 0) {
    const message = `${name}==${version} states files, but no sha256 of any of them`
    return { problem: { place, message, hint: 'lock it again with sha256 hashes' } }
  }
  const hashes = files.map(({ sha256 }) => sha256)
  const pin = makePin({ place, text: `${name}==${version}`, name, version, extras, marker, hashes, files })
  return pin ? { pin } : { problem: { place, message: `${quoted(name)} is no project name` } }
}

/** `sha256:…` as locks write it. */
export function sha256In(hash: string | undefined): string | undefined {
  return /^sha256:([0-9a-f]{64})$/i.exec(hash ?? '')?.[1]?.toLowerCase()
}

/** The last part of a path or URL, decoded. */
export function filenameIn(location: string | undefined): string | undefined {
  const path = location?.split(/[?#]/, 1)[0] ?? ''
  const last = path.slice(path.lastIndexOf('/') + 1)
  try {
    return decodeURIComponent(last)
  } catch {
    return last
  }
}
