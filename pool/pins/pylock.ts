import { parseMarker } from '../marker.ts'
import { holdsWith } from './lock-marker.ts'
import { pythonProblems, wantedOf, type Wanted } from './lock-wants.ts'
import { directLocation } from './locked-source.ts'
import { filenameIn, readEach, type Lock, type LockedFile, type ReadPackage } from './locked.ts'
import { findAt, type LineFinding, type Problem } from './pin.ts'
import { targetsWhere } from './reading.ts'
import { tableAt, tablesAt, textAt, textsAt, type Table } from './toml-table.ts'

/** Reads a `pylock.toml`. Source: PEP 751, packaging.python.org "pylock.toml Specification". */
export function readPylock(lock: Lock): readonly LineFinding[] {
  const { table, source } = lock
  const version = textAt(table, 'lock-version') ?? ''
  if (!/^1\.\d{1,5}$/.test(version)) {
    const message = `lock-version is ${JSON.stringify(version)}: only 1.0 is known`
    return [{ problem: { place: { source: source.name, line: 1 }, message } }]
  }
  const known = { extras: textsAt(table, 'extras') ?? [], groups: textsAt(table, 'dependency-groups') ?? [] }
  const wanted = wantedOf(lock, known)
  const groups = wanted.groups.size > 0 ? wanted.groups : new Set(textsAt(table, 'default-groups') ?? [])
  const stated = [...wanted.problems, ...pythonProblems(lock, textAt(table, 'requires-python')), ...outside(lock)]
  const read = (each: Table) => readPackage(lock, each, { extras: wanted.extras, groups })
  return [...stated.map((problem) => ({ problem })), ...readEach(lock, 'packages', read)]
}

/** Throws `requirement-invalid` (the marker). */
function readPackage({ reading }: Lock, table: Table, { extras, groups }: Wanted): ReturnType<ReadPackage> {
  const text = textAt(table, 'marker')
  const marker = text === undefined ? undefined : parseMarker(text)
  const on = targetsWhere(
    reading,
    (environment) => !marker || holdsWith(marker, { ...environment, extras, dependency_groups: groups }, new Set()),
  )
  const files = [tableAt(table, 'sdist'), ...tablesAt(table, 'wheels')].flatMap((file) => (file ? fileOf(file) : []))
  return { version: textAt(table, 'version'), files, direct: directLocation(table), on }
}

/** The name if it is stated, else what the URL or path ends in. */
function fileOf(file: Table): LockedFile {
  const filename = textAt(file, 'name') ?? filenameIn(textAt(file, 'url') ?? textAt(file, 'path'))
  return { filename, sha256: textAt(tableAt(file, 'hashes'), 'sha256')?.toLowerCase() }
}

/** PEP 751: "Tools SHOULD … error out if the environment is not one of them" (`environments`). */
function outside({ table, reading, source }: Lock): readonly Problem[] {
  const stated = textsAt(table, 'environments') ?? []
  const place = { source: source.name, line: 1 }
  if (stated.length === 0) return []
  const on = findAt(place, () => {
    const markers = stated.map((each) => parseMarker(each))
    return targetsWhere(reading, (environment) => markers.some((each) => holdsWith(each, environment, new Set())))
  })
  if ('problem' in on) return [{ place, message: on.problem.message }]
  return reading.targets
    .filter((_, index) => !on.includes(index))
    .map(({ text }) => ({ place, message: `this lock is for other environments, not for ${text}` }))
}
