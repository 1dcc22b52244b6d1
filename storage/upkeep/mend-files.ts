import { chmod, lstat, rmdir } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { isSystemError } from '../filesystem/durable.ts'
import { distribution } from '../sql/rows.ts'
import type { PoolFileRow } from '../sql/schema.ts'
import type { Finding } from './finding.ts'
import type { HeldRows } from './held-rows.ts'
import type { Mending } from './mending.ts'
import { entriesOf, isNoText, isPlace } from './pool-walk.ts'
import { putBack } from './put-back.ts'
import { setAside } from './set-aside.ts'

/** What became of a finding: what was done, or why nothing could be. */
export interface Mended {
  readonly mended: boolean
  readonly what: string
}

export const mended = (what: string): Mended => ({ mended: true, what })
export const left = (what: string): Mended => ({ mended: false, what })

/** Moves what a finding of the pool is about out of the pool, if it is not to be there. */
export async function clearPlace(mending: Mending, finding: Finding): Promise<Mended> {
  const { code, subject } = finding
  const path = await pathOfWrong(mending, finding)
  if (path === undefined && isNoText(subject)) return left('its name is not UTF-8: take it away by hand')
  if (path === undefined) return mended('nothing lies there any more')
  if (holdsRows(mending, subject)) return left('files of the pool are to lie in it: make a directory of it by hand')
  const to = await setAside(mending, path)
  await leaveNoStray(mending, subject)
  await mending.change({ subject, facts: { finding: code, done: 'set aside', to } })
  return mended(`set aside as ${to}`)
}

/** A directory that is none of a project goes with the last thing in it. */
async function leaveNoStray({ places }: Mending, subject: string): Promise<void> {
  const [, directory = '', filename] = subject.split('/')
  if (filename === undefined || isPlace(directory)) return
  await rmdir(join(places.pool, directory)).catch((error: unknown) => {
    if (!isSystemError(error, 'ENOTEMPTY', 'EEXIST')) throw error
  })
}

/** Of a file under another case it is not the place of the file itself. */
async function pathOfWrong({ places }: Mending, { code, subject }: Finding): Promise<string | undefined> {
  const path = join(places.directory, subject)
  if (code !== 'name-case') return (await exists(path)) ? path : undefined
  const lower = basename(path).toLowerCase()
  const other = (await entriesOf(join(path, '..'))).find(
    (entry) => entry.isFile() && entry.name.toLowerCase() === lower,
  )
  return other && join(path, '..', other.name)
}

async function exists(path: string): Promise<boolean> {
  return lstat(path).then(
    () => true,
    () => false,
  )
}

function holdsRows({ database }: Mending, subject: string): boolean {
  const [, project = '', filename] = subject.split('/')
  if (filename !== undefined) return false
  return database.prepare('select 1 from distributions where project = ?').get(project) !== undefined
}

/** Puts a file of the pool back, whose place is free. */
export async function fillPlace(
  mending: Mending,
  { code, subject }: Finding,
  told: Pick<HeldRows, 'stated' | 'untold'>,
): Promise<Mended> {
  const filename = basename(subject)
  const row = mending.database
    .prepare<[string], PoolFileRow>('select * from pool_files where filename = ?')
    .get(filename)
  if (!row) return left('the database has it no more')
  if (!isPlace(row.project)) return left('its row names no directory of the pool')
  if (told.untold.has(filename)) return left('no line of the log tells of it')
  if (isToldRemoved(mending, filename)) return left('the log tells that it was removed')
  const file = distribution(row)
  const wanted = told.stated.get(filename) ?? file
  const outcome = await putBack(mending, { file, wanted })
  if (!outcome.done) return left(outcome.reason)
  const facts = { finding: code, done: 'put back', from: outcome.from, sha256: wanted.sha256 }
  await mending.change({ subject: filename, facts })
  return mended(`put back from ${outcome.from}`)
}

/** What was removed for legal need does not come back because its row of that is gone. */
function isToldRemoved({ database }: Mending, filename: string): boolean {
  return database.prepare(`select 1 from events where verb = 'remove' and subject = ?`).get(filename) !== undefined
}

/** Gives a file the rights that it is to have. */
export async function mendMode(mending: Mending, { code, subject }: Finding): Promise<Mended> {
  const mode = code === 'key-exposed' ? 0o600 : 0o444
  await chmod(join(mending.places.directory, subject), mode)
  const text = `0${mode.toString(8)}`
  await mending.change({ subject, facts: { finding: code, done: 'mode', mode: text } })
  return mended(`has the mode ${text}`)
}
