import { isProjectName, normaliseName } from '../project-name.ts'
import { pythonProblems, wantedOf, type Wanted } from './lock-wants.ts'
import { uvLocation } from './locked-source.ts'
import { filenameIn, lockedFindings, packagesOf, sha256In, type Lock, type Locked } from './locked.ts'
import type { LineFinding, Place } from './pin.ts'
import { tableAt, tablesAt, textAt, textsAt, type Table } from './toml-table.ts'
import { walk, type Package } from './uv-graph.ts'

/**
 * Reads a `uv.lock`: walks from the project that it was made for, for each target, by the dependencies whose markers
 * hold there. Of a workspace without a project at its root, from all its members.
 */
export function readUvLock(lock: Lock): readonly LineFinding[] {
  const { table, source, reading } = lock
  if (table['version'] !== 1) {
    const message = `this lock is of version ${String(table['version'])}: only 1 is known`
    return [{ problem: { place: { source: source.name, line: 1 }, message } }]
  }
  const { packages, problems } = readPackages(lock)
  const roots = rootsOf(packages, tableAt(table, 'manifest'))
  const keys = (name: string) => roots.flatMap((root) => Object.keys(tableAt(root.table, name) ?? {}))
  const wanted = wantedOf(lock, { extras: keys('optional-dependencies'), groups: keys('dev-dependencies') })
  const names = activeNames(roots, wanted)
  const walks = reading.environments.map((environment) => walk({ packages, roots, wanted, names, environment }))
  const locked = packages.map((each): Locked => {
    const here = walks.map(({ found }) => found.get(each))
    return {
      ...each.locked,
      extras: here.flatMap((extras) => [...(extras ?? [])]),
      on: here.flatMap((extras, target) => (extras ? target : [])),
    }
  })
  const lost = new Map(walks.flatMap(({ failures }) => failures).map((each) => [JSON.stringify(each), each]))
  const stated = [...wanted.problems, ...pythonProblems(lock, textAt(table, 'requires-python'))]
  return [...stated.map((problem) => ({ problem })), ...problems, ...lost.values(), ...lockedFindings(locked, lock)]
}

function readPackages(lock: Lock): {
  readonly packages: readonly Package[]
  readonly problems: readonly LineFinding[]
} {
  const all = packagesOf(lock, 'package')
  const packages = all.flatMap(({ table, place }) => {
    const name = textAt(table, 'name')
    return name !== undefined && isProjectName(name) ? { table, place, locked: readPackage(name, table, place) } : []
  })
  const problems = all
    .filter(({ table }) => !isProjectName(textAt(table, 'name') ?? ''))
    .map(({ place }): LineFinding => ({ problem: { place, message: 'a package without a name stands here' } }))
  return { packages, problems }
}

function readPackage(name: string, table: Table, place: Place): Omit<Locked, 'on'> {
  const sdist = tableAt(table, 'sdist')
  const files = [...(sdist ? [sdist] : []), ...tablesAt(table, 'wheels')]
  return {
    place,
    name,
    version: textAt(table, 'version'),
    direct: uvLocation(tableAt(table, 'source')),
    files: files.map((file) => ({
      filename: filenameIn(textAt(file, 'url') ?? textAt(file, 'path') ?? textAt(file, 'filename')),
      sha256: sha256In(textAt(file, 'hash')),
    })),
  }
}

function rootsOf(packages: readonly Package[], manifest: Table | undefined): readonly Package[] {
  const root = packages.filter(({ locked }) => locked.direct?.root === true)
  const members = new Set((textsAt(manifest, 'members') ?? []).map(normaliseName))
  return root.length > 0 ? root : packages.filter(({ locked }) => members.has(normaliseName(locked.name)))
}

/**
 * The extras and groups of the project as uv writes them into markers where some exclude each other:
 * `extra == 'extra-9-acme-site-mail'`, with the length of the project's name.
 */
function activeNames(roots: readonly Package[], { extras, groups }: Wanted): ReadonlySet<string> {
  return new Set<string>(
    roots.flatMap(({ locked: { name } }) => [
      ...[...extras].map((extra) => encode('extra', name, extra)),
      ...[...groups].map((group) => encode('group', name, group)),
    ]),
  )
}

function encode(kind: 'extra' | 'group', name: string, item: string): string {
  return normaliseName(`${kind}-${name.length}-${name}-${item}`)
}
