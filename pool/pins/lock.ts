import { gather, type LineFinding, type ReadSource, type Source } from './pin.ts'
import type { Lock } from './locked.ts'
import { readPdmLock } from './pdm-lock.ts'
import { readPoetryLock } from './poetry-lock.ts'
import { readPylock } from './pylock.ts'
import type { Reading } from './reading.ts'
import { readToml, tableAt, type Table } from './toml-table.ts'
import { readUvLock } from './uv-lock.ts'

/** Reads the lock of uv, poetry, pdm, or a `pylock.toml`. Which of them it is, its content tells, whatever its name. */
export function readLock(source: Source, reading: Reading): ReadSource {
  const read = readToml(source)
  if ('problem' in read) return gather([read])
  const { table } = read
  const reader = readerOf(table)
  return gather(reader ? reader({ source, table, reading }) : [noLock(source, table)])
}

function readerOf(table: Table): ((lock: Lock) => readonly LineFinding[]) | undefined {
  const metadata = tableAt(table, 'metadata') ?? {}
  if (Object.hasOwn(table, 'lock-version') || Object.hasOwn(table, 'packages')) return readPylock
  if (Object.hasOwn(metadata, 'lock_version')) return readPdmLock
  if (Object.hasOwn(metadata, 'lock-version') || Object.hasOwn(metadata, 'content-hash')) return readPoetryLock
  if (typeof table['version'] === 'number' && !Object.hasOwn(table, 'project')) return readUvLock
  return undefined
}

function noLock({ name }: Source, table: Table): LineFinding {
  const place = { source: name, line: 1 }
  const project = ['project', 'tool', 'build-system'].some((key) => Object.hasOwn(table, key))
  const message = project
    ? 'this is a pyproject.toml: it states requirements, not pins'
    : 'this is no lock of uv, poetry, pdm or pip'
  return { problem: { place, message, hint: 'give the lock: uv.lock, poetry.lock, pdm.lock or pylock.toml' } }
}
