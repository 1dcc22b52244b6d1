/** Backups and restores that end at any point: what they leave is never half a snapshot, nor half a data directory. */
import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { faultPoints } from '../../storage/fault.ts'
import { makeWheel } from '../support/archives.ts'
import { cleanStop } from '../support/clean-stop.ts'
import { withServer } from '../support/data-server.ts'
import { everythingServed, type Served } from '../support/everything-served.ts'
import { freeze, json, upload } from '../support/requests.ts'
import { firn, root, startServer, temporaryDirectory, type TestServer } from '../support/server.ts'

const karl = makeWheel({ name: 'karl', version: '3.30' })

let server: TestServer
let served: Served
beforeAll(async () => {
  server = await startServer()
  for (const file of [karl, makeWheel({ name: 'lxml', version: '4.9' })]) await upload(server.url, file)
  await freeze(server.url, 'karl/3.30', 'karl==3.30')
  served = await everythingServed(server.url)
})
afterAll(() => cleanStop(server))

let directory: string
let backup: string
let to: string
beforeEach(async () => {
  directory = await temporaryDirectory()
  backup = join(directory, 'backup')
  to = join(directory, 'data')
})
afterEach(() => rm(directory, { recursive: true }))

const command = [process.execPath, '--import', 'tsx', join(root, 'cli', 'firn.ts'), 'store']

/** A command as a process of its own. Returns its exit code, or the signal that ended it, and what it wrote. */
function run(argv: readonly string[], env: Readonly<Record<string, string>> = {}) {
  const [first = '', ...rest] = argv
  const child = spawn(first, rest, { cwd: root, env: { ...process.env, ...env } })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (output += chunk.toString()))
  return new Promise<{ ended: number | NodeJS.Signals | null; output: string }>((resolve) =>
    child.once('close', (code, signal) => resolve({ ended: signal ?? code, output })),
  )
}

/** A process that can write no file beyond 2 MB: a write past it fails as one on a full disk does. */
function limited(...argv: readonly string[]) {
  return run(['sh', '-c', 'ulimit -f 4096 && exec "$@"', 'sh', ...command, ...argv])
}

async function countingSnapshots(): Promise<number> {
  const { stdout } = await firn(['store', 'backups', backup, '--json'])
  return (json({ text: stdout }) as { readonly snapshots: readonly unknown[] }).snapshots.length
}

/** What is served after a restore, or the exit code of one that fails. */
async function restored(): Promise<Served | number> {
  const { code } = await firn(['store', 'restore', backup, to])
  return code === 0 ? serves() : code
}

function serves(): Promise<Served> {
  return withServer(to, ({ url }) => everythingServed(url))
}

describe.each(faultPoints.filter((point) => point.startsWith('backup:')))('a backup that is killed at %s', (point) => {
  it('leaves a snapshot that is whole, or none, and the next goes on from there', async () => {
    const { ended } = await run([...command, 'backup', backup, '--data', server.data], { FIRN_FAULT: point })
    expect(ended).toBe('SIGKILL')
    const named = point === 'backup:snapshot-named'
    expect(await countingSnapshots()).toBe(named ? 1 : 0)
    expect(await restored()).toEqual(named ? served : 66)
    await rm(to, { recursive: true, force: true })
    expect(await firn(['store', 'backup', backup, '--data', server.data])).toMatchObject({ code: 0, stderr: '' })
    expect(await readdir(join(backup, 'staging'))).toEqual([])
    expect(await readdir(join(backup, 'snapshots'))).toHaveLength(named ? 2 : 1)
    expect(await restored()).toEqual(served)
  })
})

describe.each(faultPoints.filter((point) => point.startsWith('restore:')))(
  'a restore that is killed at %s',
  (point) => {
    it('leaves a directory that is whole, or none, and can be done again', async () => {
      await firn(['store', 'backup', backup, '--data', server.data])
      const { ended } = await run([...command, 'restore', backup, to], { FIRN_FAULT: point })
      expect(ended).toBe('SIGKILL')
      const there = (await readdir(directory)).includes('data')
      expect(there).toBe(point === 'restore:named')
      expect(await (there ? serves() : restored())).toEqual(served)
      expect(await readdir(directory)).toEqual(['backup', 'data'])
    })
  },
)

describe('a disk that is full', () => {
  let full: TestServer
  beforeAll(async () => {
    full = await startServer()
    const noise = randomBytes(5_000_000)
    for (const file of [karl, makeWheel({ name: 'large', version: '1.0', files: { noise } })])
      await upload(full.url, file)
  })
  afterAll(() => cleanStop(full))

  it('ends a backup with a sentence, and no snapshot; with space it goes on from what is there', async () => {
    const { ended, output } = await limited('backup', backup, '--data', full.data)
    expect(ended).toBe(75)
    expect(output.split(/(?=^error)/m).at(-1)).toBe(
      `error: No space left for the pool: ${backup}\nhint: free space on that disk, then run the same command again\n`,
    )
    expect([await countingSnapshots(), await readdir(join(backup, 'staging'))]).toEqual([0, []])
    expect((await firn(['store', 'backup', backup, '--data', full.data])).code).toBe(0)
    expect(await countingSnapshots()).toBe(1)
  })

  it('ends a restore with a sentence, and no directory', async () => {
    await firn(['store', 'backup', backup, '--data', full.data])
    const { ended, output } = await limited('restore', backup, to)
    expect({ ended, output }).toEqual({
      ended: 75,
      output: `error: No space left for the pool: ${to}\nhint: free space on that disk, then run the same command again\n`,
    })
    expect(await readdir(directory)).toEqual(['backup'])
  })
})

it('two backups at once into one directory: one is made, the other is refused or comes after it', async () => {
  const both = await Promise.all([1, 2].map(() => run([...command, 'backup', backup, '--data', server.data])))
  expect(['0 0', '0 75', '75 0']).toContain(both.map(({ ended }) => ended).join(' '))
  expect(await countingSnapshots()).toBe(both.filter(({ ended }) => ended === 0).length)
  expect(await restored()).toEqual(served)
})
