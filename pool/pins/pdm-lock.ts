import { RegistryError } from '../errors.ts'
import { normaliseName } from '../project-name.ts'
import { textHolds } from './lock-marker.ts'
import { pythonProblems, wantedOf } from './lock-wants.ts'
import { pdmLocation } from './locked-source.ts'
import { filenameIn, readEach, sha256In, type Lock, type ReadPackage } from './locked.ts'
import type { LineFinding } from './pin.ts'
import { targetsWhere } from './reading.ts'
import { tableAt, tablesAt, textAt, textsAt, type Table } from './toml-table.ts'

/** Reads a `pdm.lock` that says of each package in which groups it is (strategy `inherit_metadata`, pdm's default). */
export function readPdmLock(lock: Lock): readonly LineFinding[] {
  const metadata = tableAt(lock.table, 'metadata')
  // To pdm an extra of the project is one of its groups.
  const known = (textsAt(metadata, 'groups') ?? []).filter((group) => group !== 'default')
  const wanted = wantedOf(lock, { extras: known, groups: known })
  const groups = new Set(['default', ...wanted.extras, ...wanted.groups])
  const requires = tablesAt(metadata, 'targets').map((target) => textAt(target, 'requires_python'))
  const python = requires.length === 1 ? pythonProblems(lock, requires[0]) : []
  return [
    ...[...wanted.problems, ...python].map((problem) => ({ problem })),
    ...readEach(lock, 'package', (table, name) => readPackage(lock, table, { name, groups })),
  ]
}

/** Throws `requirement-invalid` (the marker, the lack of groups). */
function readPackage(
  { reading }: Lock,
  table: Table,
  wanted: { readonly name: string; readonly groups: ReadonlySet<string> },
): ReturnType<ReadPackage> {
  const groups = textsAt(table, 'groups')
  if (!groups) {
    const detail = `${wanted.name} does not say in which groups it is`
    throw new RegistryError(
      'requirement-invalid',
      {},
      { detail, hint: 'lock it with: pdm lock --strategy inherit_metadata' },
    )
  }
  const inside = groups.some((group) => wanted.groups.has(normaliseName(group)))
  const marker = textAt(table, 'marker')
  const on = targetsWhere(reading, (environment) => inside && textHolds(marker, environment, new Set()))
  const files = tablesAt(table, 'files').map((file) => ({
    filename: textAt(file, 'file') ?? filenameIn(textAt(file, 'url')),
    sha256: sha256In(textAt(file, 'hash')),
  }))
  const extras = textsAt(table, 'extras') ?? []
  return { version: textAt(table, 'version'), extras, files, direct: pdmLocation(table), on }
}
