/** firn store restore: a data directory of a backup, whole or not at all. */
import SQLite from 'better-sqlite3'
import { chmod, cp, mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { makeWheel } from '../support/archives.ts'
import { karl, lxml, startBackedUp, type BackedUp, type Line } from '../support/backed-up.ts'
import { sha256 } from '../support/catalogue.ts'
import { withServer } from '../support/data-server.ts'
import { everythingServed, type Served } from '../support/everything-served.ts'
import { treeOf } from '../support/plain-tree.ts'
import { freeze, json, upload } from '../support/requests.ts'
import { firn, temporaryDirectory, type CommandResult } from '../support/server.ts'

const later = makeWheel({ name: 'karl', version: '3.31' })

let at: BackedUp
/** What the server had at each of two snapshots. */
let served: readonly Served[]
let instants: readonly string[]
beforeAll(async () => {
  at = await startBackedUp()
  const first = await everythingServed(at.server.url)
  const [one] = (await at.lines()).slice(-1)
  await upload(at.server.url, later)
  await freeze(at.server.url, 'karl/3.31', 'karl==3.31')
  served = [first, await everythingServed(at.server.url)]
  const [two] = (await at.lines()).slice(-1)
  instants = [one, two].map((line) => String(line?.['at']))
})
afterAll(() => at.remove())

/** Each test has the backup as a copy of its own. */
let directory: string
let backup: string
let to: string
beforeEach(async () => {
  directory = await temporaryDirectory()
  backup = join(directory, 'backup')
  to = join(directory, 'data')
  await cp(at.to, backup, { recursive: true })
})
afterEach(() => rm(directory, { recursive: true }))

function restore(...argv: readonly string[]): Promise<CommandResult> {
  return firn(['store', 'restore', backup, to, ...argv])
}

function general({ code, stdout, stderr }: CommandResult): CommandResult {
  return { code, stdout: generalText(stdout), stderr: generalText(stderr) }
}

function generalText(text: string): string {
  return text.replaceAll(directory, 'DIR').replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, 'INSTANT')
}

/** The newest snapshot's own files. */
async function newest(name: string): Promise<string> {
  const names = await readdir(join(backup, 'snapshots'))
  return join(backup, 'snapshots', names.at(-1) ?? '', name)
}

async function replace(path: string, bytes: string | Buffer): Promise<void> {
  await rm(path)
  await writeFile(path, bytes)
}

describe('a restored directory', () => {
  it('serves byte for byte what the server served then', async () => {
    const { stdout, ...rest } = general(await restore())
    expect(rest).toEqual({ code: 0, stderr: '' })
    expect(stdout).toBe(`restored the snapshot INSTANT in DIR/data: 3 files (2.6 kB), 2 releases, the log up to line 6
  firn serve --data DIR/data
`)
    const restored = await withServer(to, ({ url }) => everythingServed(url))
    expect(restored).toEqual(served[1])
    // All of it: 3 live and 2 frozen pages in both forms, 14 documents, 3 questions with the log, 3 files with their metadata.
    expect(
      Object.entries(restored)
        .filter(([, answer]) => !answer.startsWith('200 '))
        .map(([path]) => path),
    ).toEqual(['log'])
    expect(Object.keys(restored)).toHaveLength(33)
  })

  it.each([
    ['an instant', () => instants[0] ?? ''],
    ['an instant between two', () => new Date(Date.parse(instants[1] ?? '') - 1).toISOString()],
    ['an instant of another time zone', () => `${(instants[0] ?? '').slice(0, -1)}+00:00`],
  ])('is of the last snapshot until %s', async (_, until) => {
    expect((await restore('--at', until())).code).toBe(0)
    expect(await withServer(to, ({ url }) => everythingServed(url))).toEqual(served[0])
  })

  it('goes on: it signs with the same key, takes files and releases in, and its log holds', async () => {
    await restore()
    await withServer(to, async ({ url, store }) => {
      expect(store.signer.key.id).toBe(at.server.store.signer.key.id)
      await upload(url, makeWheel({ name: 'karl', version: '3.32' }))
      expect((await freeze(url, 'karl/3.32', 'karl==3.32')).status).toBe(201)
      for (const release of ['karl/3.30', 'karl/3.32'])
        expect((await firn(['verify', release], { FIRN_URL: url })).code).toBe(0)
      expect((await firn(['log', 'verify'], { FIRN_URL: url })).stdout).toContain('holds: 8 lines\n')
      // And it can be backed up in its turn, into the same backup.
      expect(await firn(['store', 'backup', backup, '--data', to])).toMatchObject({ code: 0, stderr: '' })
    })
  })

  it('has a key for nobody else to read, and files for nobody to edit', async () => {
    await mkdir(to)
    await restore()
    const modes = ['keys/signing.pem', `pool/karl/${karl.filename}`].map(async (path) =>
      ((await stat(join(to, path))).mode & 0o777).toString(8),
    )
    expect(await Promise.all(modes)).toEqual(['600', '444'])
    expect(await readdir(to)).toEqual(['firn.db', 'firn.lock', 'keys', 'pool'])
    expect(await readdir(directory)).toEqual(['backup', 'data'])
  })

  it('signs with a new key if the backup has none', async () => {
    await rm(join(directory, 'backup'), { recursive: true })
    await firn(['store', 'backup', backup, '--data', at.server.data, '--without-key'])
    const { code, stdout } = general(await restore())
    expect({ code, stdout }).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('  without a signing key') as string,
    })
    await withServer(to, async ({ url, store }) => {
      expect(store.signer.key.id).not.toBe(at.server.store.signer.key.id)
      expect((await firn(['verify', 'karl/3.30'], { FIRN_URL: url })).code).toBe(0)
      expect((await firn(['log', 'verify'], { FIRN_URL: url })).code).toBe(0)
    })
  })

  it('is told to programs line by line', async () => {
    const { stdout } = await restore('--json')
    const lines = stdout
      .trimEnd()
      .split('\n')
      .map((text) => json({ text }) as Line)
    expect(lines.at(-1)).toEqual({
      event: 'restored',
      directory: to,
      at: instants[1],
      files: 3,
      bytes: karl.bytes.length + lxml.bytes.length + later.bytes.length,
      problems: [],
    })
    expect(lines.filter(({ event }) => event === 'copied')).toHaveLength(3)
  })
})

/** A command's end; fails if it printed anything but an error, or left anything. */
async function refusal(result: Promise<CommandResult>): Promise<readonly [number, ...string[]]> {
  const { code, stdout, stderr } = general(await result)
  expect(stdout).toBe('')
  expect((await readdir(directory)).filter((name) => name.startsWith('.'))).toEqual([])
  const error = stderr.split(/(?=^error)/m).at(-1) ?? ''
  return [code, ...error.trimEnd().split('\n')]
}

/** Edits a snapshot's database, and its description to match: as whoever made the backup could. */
async function editSnapshot(sql: string): Promise<void> {
  const path = await newest('firn.db')
  const database = new SQLite(path)
  database.exec(sql)
  database.close()
  const bytes = await readFile(path)
  const description = json({ text: await readFile(await newest('snapshot.json'), 'utf8') }) as Line
  const edited = { ...(description['database'] as object), size: bytes.length, sha256: sha256(bytes) }
  await replace(await newest('snapshot.json'), JSON.stringify({ ...description, database: edited }))
}

describe('nothing is restored', () => {
  it('where something is', async () => {
    await mkdir(to)
    await writeFile(join(to, 'notes.txt'), '')
    expect(await refusal(restore())).toEqual([
      73,
      'error: Nothing is restored there: DIR/data is not empty',
      'hint: name a directory that is empty, or not there; nothing is ever restored over data',
    ])
    expect(await readdir(to)).toEqual(['notes.txt'])
    await rm(to, { recursive: true })
    await writeFile(to, 'a file')
    expect(json({ text: (await restore('--json')).stdout })).toMatchObject({ code: 'restore-refused' })
    expect(await readFile(to, 'utf8')).toBe('a file')
  })

  it('inside the backup', async () => {
    to = join(backup, 'data')
    expect(await refusal(restore())).toEqual([
      73,
      'error: Nothing is restored there: DIR/backup/data is inside the backup',
      'hint: name a directory elsewhere',
    ])
  })

  it('of what is no backup, or has no snapshot of that time', async () => {
    expect(json({ text: (await restore('--at', '2020-01-01', '--json')).stdout })).toMatchObject({
      code: 'snapshot-unknown',
    })
    expect(await refusal(restore('--at', '2020-01-01'))).toEqual([
      66,
      'error: No such snapshot: DIR/backup has no snapshot of INSTANT or before',
      'hint: firn store backups DIR/backup lists them',
    ])
    expect((await firn(['store', 'restore', join(directory, 'none'), to])).code).toBe(66)
    expect((await firn(['store', 'backups', join(directory, 'none')])).code).toBe(66)
    expect((await restore('--at', 'yesterday')).code).toBe(64)
  })

  it('of a snapshot without its description: it was never finished', async () => {
    await rm(await newest('snapshot.json'))
    const { stdout } = await firn(['store', 'backups', backup])
    expect(stdout.split('\n').slice(1)).toEqual([
      expect.stringMatching(/ {2}complete$/),
      expect.stringMatching(/ {2}unfinished: it does not count$/),
      '',
    ])
    expect(general(await restore('--partial')).code).toBe(0)
    expect(await withServer(to, ({ url }) => everythingServed(url))).toEqual(served[0])
  })

  it('if a file is damaged or missing: each is named', async () => {
    await replace(join(backup, 'pool', 'karl', karl.filename), Buffer.alloc(karl.bytes.length))
    await rm(join(backup, 'pool', 'lxml', lxml.filename))
    const found = sha256(Buffer.alloc(karl.bytes.length))
    expect(await refusal(restore())).toEqual([
      65,
      'error: Backup is damaged: the snapshot of INSTANT in DIR/backup lacks 2 of 3 files; nothing was restored',
      `  DIR/backup/pool/karl/${karl.filename}: its sha256 is ${found} instead of ${sha256(karl.bytes)}`,
      `  DIR/backup/pool/lxml/${lxml.filename} is not there`,
      'hint: take another snapshot with --at, or the rest with --partial',
    ])
    expect(await readdir(directory)).toEqual(['backup'])
  })

  it('if the database is damaged, even in part', async () => {
    const path = await newest('firn.db')
    const bytes = await readFile(path)
    bytes[bytes.length - 100] = (bytes.at(-100) ?? 0) ^ 1
    await replace(path, bytes)
    const { code, stdout } = await restore('--partial', '--json')
    expect({ code, last: json({ text: stdout.trimEnd().split('\n').at(-1) ?? '' }) }).toMatchObject({
      code: 65,
      last: { code: 'backup-damaged', hint: 'take an earlier snapshot, with --at' },
    })
    expect((await restore('--at', instants[0] ?? '')).code).toBe(0)
  })

  it('if the key is another, or the description no description', async () => {
    await replace(await newest('signing.pem'), 'not a key')
    expect(general(await restore()).stderr).toMatch(/^error: Backup is damaged: DIR\S+signing\.pem cannot be read\n/)
    await replace(await newest('snapshot.json'), '{"schema":"firn-backup/9"}')
    expect(general(await restore()).stderr).toMatch(
      /^error: Backup is damaged: DIR\S+snapshot\.json cannot be read: it is no description of a snapshot /,
    )
  })

  it('of data that a newer firn has made', async () => {
    await editSnapshot(`insert into kysely_migration values ('9999-later', '2030-01-01')`)
    const { code, stderr } = await restore()
    expect({ code, stderr }).toMatchObject({
      code: 78,
      stderr: expect.stringMatching(/^error: Data directory was made by a newer firn: .*9999-later/) as string,
    })
    expect(await readdir(directory)).toEqual(['backup'])
  })

  it('outside the directory, whatever names are in the database', async () => {
    await editSnapshot(
      `drop trigger distributions_no_update; update distributions set project = '../..' where filename = '${lxml.filename}'`,
    )
    const { code, stderr } = general(await restore('--partial'))
    expect({ code, stderr }).toMatchObject({
      code: 78,
      stderr: expect.stringContaining(`names a file outside the pool: ../../${lxml.filename}`) as string,
    })
    expect(await readdir(directory)).toEqual(['backup'])
  })
})

it('with --partial the rest is restored where files are damaged, and the exit code says so', async () => {
  await chmod(join(backup, 'pool', 'lxml', lxml.filename), 0o600)
  await writeFile(join(backup, 'pool', 'lxml', lxml.filename), 'half')
  const { code, stdout, stderr } = general(await restore('--partial'))
  expect({ code, stderr }).toEqual({
    code: 2,
    stderr: `failed   ${lxml.filename}: DIR/backup/pool/lxml/${lxml.filename}: it has 4 bytes instead of ${lxml.bytes.length}\n`,
  })
  expect(stdout).toContain(`  without 1 file: firn store check --repair --data DIR/data may bring them back\n`)
  expect(await treeOf(join(to, 'pool'))).toEqual({
    [`karl/${karl.filename}`]: sha256(karl.bytes),
    [`karl/${later.filename}`]: sha256(later.bytes),
  })
})
