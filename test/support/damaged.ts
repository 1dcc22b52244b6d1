import SQLite from 'better-sqlite3'
import { cp, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll } from 'vitest'
import { makeSdist, makeWheel, type Built } from './archives.ts'
import { attestationOf } from './attestation.ts'
import { layout } from '../../storage/layout.ts'
import { uploadAll } from './catalogue.ts'
import { editDatabase } from './edit-database.ts'
import { firn, noPip, startServer, temporaryDirectory, type CommandResult } from './server.ts'
import { startUpstream, type Upstream } from './upstream.ts'
import { freeze, upload } from './requests.ts'

/** Two files that were uploaded, the second with attestations, two that were fetched. */
export const karl = makeWheel({ name: 'karl', version: '3.30', requires: ['zope.interface'] })
export const bfg = makeSdist({ name: 'repoze.bfg', version: '1.0' })
export const zope = makeWheel({ name: 'zope.interface', version: '8.5', requiresPython: '>=3.8' })
export const zodb = makeSdist({ name: 'ZODB3', version: '3.9.0', format: 'zip' })

export interface Kept {
  /** The data directory of a server that has stopped, never to be changed. */
  readonly data: string
  readonly upstream: Upstream
}

/** A data directory with files from both sides, a release and a log. */
async function keptData(): Promise<Kept> {
  const data = join(await temporaryDirectory(), 'data')
  const upstream = await startUpstream({
    files: [
      { ...zope, project: 'zope-interface' },
      { ...zodb, project: 'zodb3' },
    ],
  })
  const server = await startServer({ data, upstream: upstream.url })
  await uploadAll(server.url, [karl])
  await upload(server.url, bfg, { attestations: JSON.stringify([attestationOf(bfg)]) })
  await firn(['fetch', 'zope.interface==8.5', 'ZODB3==3.9.0'], { FIRN_URL: server.url })
  await freeze(server.url, 'karl/3.30', 'karl==3.30\nzope.interface==8.5')
  await server.stop()
  return { data, upstream }
}

/** The same for all tests of a file, which it is made before and goes after. */
export function sharedData(): Kept {
  let made: Kept | undefined
  const kept = () => {
    if (!made) throw new TypeError('it is there for tests, not before')
    return made
  }
  beforeAll(async () => {
    made = await keptData()
  })
  afterAll(() => made?.upstream.stop())
  return {
    get data() {
      return kept().data
    },
    get upstream() {
      return kept().upstream
    },
  }
}

/** Past firn: with the rights of whoever owns the files. */
export async function overwrite(path: string, change: (bytes: Buffer) => Buffer): Promise<void> {
  const bytes = await readFile(path)
  await rm(path)
  await writeFile(path, change(bytes), { mode: 0o444 })
}

export const flip = (bytes: Buffer) => Buffer.from(bytes.map((byte, at) => (at === 100 ? byte ^ 1 : byte)))

/** As an administrator could, who puts the triggers back when he is done. */
export function edit(data: string, change: string | ((database: SQLite.Database) => void)): void {
  const database = new SQLite(layout(data).database)
  const triggers = database.prepare(`select sql from sqlite_master where type = 'trigger'`).pluck().all() as string[]
  database.close()
  editDatabase(data, (edited) => {
    if (typeof change === 'string') edited.exec(change)
    else change(edited)
    for (const sql of triggers) edited.exec(sql)
  })
}

/** A copy to be damaged. */
export async function copyOf(data: string): Promise<string> {
  const copy = join(await temporaryDirectory(), 'data')
  await cp(data, copy, { recursive: true, preserveTimestamps: true, verbatimSymlinks: true })
  return copy
}

export function pathIn(data: string, { filename }: Pick<Built, 'filename'>): string {
  return join(data, placeOf({ filename }))
}

/** Below the data directory. */
export function placeOf({ filename }: Pick<Built, 'filename'>): string {
  const [name = ''] = filename.split('-')
  return `pool/${name.toLowerCase().replaceAll(/[-_.]+/g, '-')}/${filename}`
}

export interface Found {
  readonly code: number
  /** `code subject`, and of a repair ` mended` or ` left`. */
  readonly findings: readonly string[]
}

interface Line {
  readonly event: string
  readonly code?: string
  readonly subject?: string
  readonly mended?: boolean
}

export async function check(data: string, ...options: readonly string[]): Promise<Found> {
  const result = await firn(['store', 'check', '--json', '--data', data, ...options], noPip)
  return { code: result.code, findings: linesOf(result).flatMap(printed) }
}

export function linesOf({ stdout }: CommandResult): readonly Line[] {
  return stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Line)
}

/** What somebody does to a data directory, and what comes of it. */
export interface Damage {
  readonly does: (data: string) => unknown
  /** What a check finds, all of it. */
  readonly found: readonly string[]
  /** What a repair mends; the rest is found again afterwards. */
  readonly mended: readonly string[]
  /** What is found after the repair, where that is another thing than what was left. */
  readonly after?: readonly string[]
}

/** What a check says, then a repair, then another check. */
export type Course = readonly [Found, Found, Found]

/** Damages a copy, checks it, repairs it, and checks it again. */
export async function courseOf(from: string, { does }: Damage): Promise<Course> {
  const data = await copyOf(from)
  await does(data)
  return [await check(data), await check(data, '--repair'), await check(data)]
}

export function expectedCourse({ found, mended, after }: Damage): Course {
  const all = [...found, ...mended.filter((each) => !found.includes(each))]
  const left = all.filter((each) => !mended.includes(each))
  const still = after ?? left
  return [
    { code: 2, findings: found },
    {
      code: left.length > 0 ? 2 : 0,
      findings: all.map((each) => `${each} ${mended.includes(each) ? 'mended' : 'left'}`),
    },
    { code: still.length > 0 ? 2 : 0, findings: still },
  ]
}

function printed({ event, code, subject, mended }: Line): readonly string[] {
  if (event !== 'finding') return []
  return [`${code} ${subject}${mended === undefined ? '' : mended ? ' mended' : ' left'}`]
}
