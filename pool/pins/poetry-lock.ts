import { normaliseName } from '../project-name.ts'
import { textHolds } from './lock-marker.ts'
import { pythonProblems, wantedOf, type Wanted } from './lock-wants.ts'
import { poetryLocation } from './locked-source.ts'
import { packagesOf, readEach, sha256In, type Lock, type LockedFile, type ReadPackage } from './locked.ts'
import type { LineFinding } from './pin.ts'
import { targetsWhere } from './reading.ts'
import { tableAt, tablesAt, textAt, textsAt, type Table } from './toml-table.ts'

/**
 * Reads a `poetry.lock`. Since poetry 2 each package says of which groups it is and under which marker. Before, it does
 * not: then all are taken but those of extras that are not asked for.
 */
export function readPoetryLock(lock: Lock): readonly LineFinding[] {
  const packages = packagesOf(lock, 'package')
  const optional = tableAt(lock.table, 'extras') ?? {}
  const grouped = packages.some(({ table }) => groupsOf(table) !== undefined)
  const groups = [...new Set(packages.flatMap(({ table }) => groupsOf(table) ?? []))]
  const wanted = wantedOf(lock, { extras: Object.keys(optional), groups: grouped ? groups : ['main'] })
  const ofExtras = reachable(packages, optional, wanted.extras)
  const python = pythonProblems(lock, textAt(tableAt(lock.table, 'metadata'), 'python-versions'))
  return [
    ...[...wanted.problems, ...python].map((problem) => ({ problem })),
    ...(grouped || packages.length === 0 ? [] : [ungrouped(lock)]),
    ...readEach(lock, 'package', (table, name) => readPackage(lock, table, { ...wanted, left: isLeft(table, name) })),
  ]

  function isLeft(table: Table, name: string): boolean {
    return !grouped && table['optional'] === true && !ofExtras.has(normaliseName(name))
  }
}

function ungrouped({ source }: Lock): LineFinding {
  const message = 'poetry 1 does not say in a lock which group a package is of: all are taken, the development ones too'
  return { notice: { place: { source: source.name, line: 1 }, message } }
}

/** Until poetry 1.4, `category` says it: `main` or `dev`. */
function groupsOf(table: Table): readonly string[] | undefined {
  const category = textAt(table, 'category')
  return textsAt(table, 'groups') ?? (category === undefined ? undefined : [category])
}

/** Throws `requirement-invalid` (a marker). */
function readPackage(
  { reading }: Lock,
  table: Table,
  wanted: Wanted & { readonly left: boolean },
): ReturnType<ReadPackage> {
  const groups = (groupsOf(table) ?? ['main']).filter(
    (group) => group === 'main' || wanted.groups.has(normaliseName(group)),
  )
  const on = targetsWhere(
    reading,
    (environment) =>
      !wanted.left && groups.some((group) => textHolds(markerIn(table, group), environment, wanted.extras)),
  )
  const files = tablesAt(table, 'files').map(fileOf)
  return { version: textAt(table, 'version'), files, direct: poetryLocation(tableAt(table, 'source')), on }
}

function fileOf(file: Table): LockedFile {
  return { filename: textAt(file, 'file'), sha256: sha256In(textAt(file, 'hash')) }
}

/** One marker for all groups, or a table of one each. */
function markerIn(table: Table, group: string): string | undefined {
  return textAt(table, 'markers') ?? textAt(tableAt(table, 'markers'), group)
}

/** What the wanted extras bring, with all that these need. */
function reachable(
  packages: ReturnType<typeof packagesOf>,
  extras: Table,
  wanted: ReadonlySet<string>,
): ReadonlySet<string> {
  const needs = new Map(
    packages.map(({ table }) => [
      normaliseName(textAt(table, 'name') ?? ''),
      Object.keys(tableAt(table, 'dependencies') ?? {}).map(normaliseName),
    ]),
  )
  const named = Object.keys(extras).filter((extra) => wanted.has(normaliseName(extra)))
  const open = named.flatMap((extra) => (textsAt(extras, extra) ?? []).map((each) => normaliseName(nameOnly(each))))
  const found = new Set<string>()
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (found.has(next)) continue
    found.add(next)
    open.push(...(needs.get(normaliseName(next)) ?? []))
  }
  return found
}

/** Of `pyramid-mailer (>=1.0)`. */
function nameOnly(requirement: string): string {
  return /^[\w.-]+/.exec(requirement)?.[0] ?? ''
}
