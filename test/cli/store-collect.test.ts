/** What `firn store collect` deletes, and that it never deletes what anything needs. */
import { array, assert, asyncProperty, constantFrom, record } from 'fast-check'
import { copyFile, mkdir, readdir, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { sha256 } from '../support/catalogue.ts'
import { cleanStop } from '../support/clean-stop.ts'
import {
  bfg,
  check,
  copyOf,
  edit,
  flip,
  karl,
  overwrite,
  pathIn,
  placeOf,
  zodb,
  sharedData,
  zope,
} from '../support/damaged.ts'
import { firn, startServer, temporaryDirectory, type CommandResult } from '../support/server.ts'

const kept = sharedData()

async function run(data: string, ...options: readonly string[]): Promise<CommandResult> {
  return firn(['store', 'collect', '--data', data, ...options])
}

async function cluttered(): Promise<string> {
  const data = await copyOf(kept.data)
  await mkdir(join(data, 'orphans', 'old', 'deep'), { recursive: true })
  await writeFile(join(data, 'orphans', 'a.zip'), 'x'.repeat(3000))
  await writeFile(join(data, 'orphans', 'old', 'deep', 'b.zip'), 'x'.repeat(20))
  await symlink(pathIn(data, karl), join(data, 'orphans', 'link'))
  await writeFile(join(data, 'pool', 'karl', 'c.zip'), 'x'.repeat(2000))
  await writeFile(join(data, 'staging', 'd.part'), 'x'.repeat(100))
  return data
}

/** Everything that lies there, by path, with the digest of what is in it. */
async function tree(data: string): Promise<ReadonlyMap<string, string>> {
  const entries = await readdir(data, { recursive: true, withFileTypes: true })
  const files = entries.filter((entry) => entry.isFile() && !entry.name.startsWith('firn.'))
  const read = files.map(async ({ parentPath, name }) => {
    const path = join(parentPath, name)
    return [path.slice(data.length + 1), sha256(await readFile(path))] as const
  })
  return new Map(await Promise.all(read))
}

const unneeded = ['orphans/a.zip', 'orphans/link', 'orphans/old/deep/b.zip', 'pool/karl/c.zip', 'staging/d.part']

describe('a data directory with things that nothing needs', () => {
  it('is told, the largest first, with reasons, totals and what is needed', async () => {
    const data = await cluttered()
    const before = await tree(data)
    const { code, stdout, stderr } = await run(data, '--dry-run')
    expect([code, stderr]).toEqual([0, ''])
    expect(stdout).toMatch(/^3\.0 kB +orphan +orphans\/a\.zip\n2\.0 kB +no-row +pool\/karl\/c\.zip\n/)
    expect(stdout).toMatch(/\n5 files, 5\.\d kB could be deleted\n {2}orphan: 3 files, /)
    expect(stdout).toMatch(/\nneeded by releases: 2 files, 1\.\d kB; by the live index alone: 2 files, 1\.\d kB\n$/)
    expect(await tree(data)).toEqual(before)
  })

  it('is told as JSON', async () => {
    const data = await cluttered()
    await rm(join(data, 'orphans', 'link'))
    const { stdout } = await run(data, '--dry-run', '--json')
    const lines = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as object)
    expect(lines).toEqual([
      { event: 'unneeded', path: 'orphans/a.zip', bytes: 3000, reason: 'orphan' },
      { event: 'unneeded', path: 'pool/karl/c.zip', bytes: 2000, reason: 'no-row' },
      { event: 'unneeded', path: 'staging/d.part', bytes: 100, reason: 'unfinished' },
      { event: 'unneeded', path: 'orphans/old/deep/b.zip', bytes: 20, reason: 'orphan' },
      {
        event: 'summary',
        deletes: false,
        files: 4,
        bytes: 5120,
        reasons: {
          orphan: { files: 2, bytes: 3020 },
          'no-row': { files: 1, bytes: 2000 },
          unfinished: { files: 1, bytes: 100 },
        },
        needed: {
          releases: { files: 2, bytes: karl.bytes.length + zope.bytes.length },
          liveIndex: { files: 2, bytes: bfg.bytes.length + zodb.bytes.length },
        },
        staging: true,
      },
    ])
  })

  it('loses nothing without --yes', async () => {
    const data = await cluttered()
    const before = await tree(data)
    const { code, stdout, stderr } = await run(data)
    expect([code, stderr]).toEqual([
      64,
      'error: Command is not valid: nothing was deleted\nhint: to delete what is shown: --yes\n',
    ])
    expect(stdout).toContain('could be deleted')
    expect(await tree(data)).toEqual(before)
  })

  it('loses them and nothing else with --yes, in one event', async () => {
    const data = await cluttered()
    const before = await tree(data)
    expect(await run(data, '--yes')).toMatchObject({ code: 0, stderr: '' })
    expect(await tree(data)).toEqual(new Map([...before].filter(([path]) => !unneeded.includes(path))))
    expect(await readdir(join(data, 'orphans'))).toEqual([])
    expect(await check(data)).toEqual({ code: 0, findings: [] })
    const server = await startServer({ data })
    const [event] = await server.store.records.events({ order: 'desc', limit: 1 })
    expect(event).toMatchObject({
      verb: 'collect',
      subject: 'store',
      actor: 'data directory',
      facts: {
        files: 5,
        reasons: { orphan: 3, 'no-row': 1, unfinished: 1 },
        paths: expect.arrayContaining(unneeded) as string[],
      },
    })
    await cleanStop(server)
    expect((await run(data, '--yes')).stdout).toMatch(/^there is nothing to collect: all that is there is needed\n/)
  })

  it('is looked at beside a server, but for what may be under way, and never emptied under one', async () => {
    const data = await cluttered()
    const server = await startServer({ data })
    await writeFile(join(data, 'staging', 'e.part'), 'x')
    const { stdout } = await run(data, '--dry-run')
    expect(stdout).toContain('orphans/a.zip')
    expect(stdout).not.toMatch(/c\.zip|e\.part/)
    expect(await run(data, '--yes')).toMatchObject({ code: 75 })
    await cleanStop(server)
  })
})

it('what lies behind a link stays', async () => {
  const data = await copyOf(kept.data)
  const outside = await temporaryDirectory()
  await writeFile(join(outside, 'x.zip'), 'x')
  for (const at of ['pool/outside', 'pool/karl/outside', 'staging/outside']) await symlink(outside, join(data, at))
  expect((await run(data, '--yes')).code).toBe(0)
  expect(await readdir(outside)).toEqual(['x.zip'])
})

it('the bytes of a removed file go', async () => {
  const data = await copyOf(kept.data)
  const server = await startServer({ data })
  const event = {
    at: '2026-11-25T00:00:00.000Z',
    actor: 'jan',
    verb: 'remove',
    subject: bfg.filename,
    facts: {},
  } as const
  await server.store.records.removeDistribution({ filename: bfg.filename, reason: 'law', at: event.at }, event)
  await server.stop()
  expect(await check(data)).toEqual({ code: 2, findings: [`removed-lies ${placeOf(bfg)}`] })
  expect((await run(data, '--yes', '--json')).stdout).toContain(`"path":"${placeOf(bfg)}"`)
  expect(await check(data)).toEqual({ code: 0, findings: [] })
})

describe('what something needs stays, whatever else is wrong', () => {
  it.each<[string, (data: string) => Promise<unknown> | void, string]>([
    [
      'a file under another name',
      (data) => rename(pathIn(data, karl), join(data, 'pool', 'karl', 'x.zip')),
      'pool/karl/x.zip',
    ],
    [
      'a file that was set aside, while another lies in its place',
      async (data) => {
        await mkdir(join(data, 'orphans'))
        await copyFile(pathIn(data, karl), join(data, 'orphans', 'karl'))
        await overwrite(pathIn(data, karl), flip)
      },
      'orphans/karl',
    ],
    [
      'a file whose row is gone, which the log tells of',
      async (data) => {
        edit(data, `delete from distributions where filename = '${bfg.filename}'`)
        await mkdir(join(data, 'orphans'))
        await rename(pathIn(data, bfg), join(data, 'orphans', 'bfg'))
      },
      'orphans/bfg',
    ],
    [
      'a file whose row leads out of the pool',
      async (data) => {
        edit(data, `update distributions set project = '../..' where filename = '${bfg.filename}'`)
        await mkdir(join(data, 'orphans'))
        await rename(pathIn(data, bfg), join(data, 'orphans', 'bfg'))
      },
      'orphans/bfg',
    ],
    [
      'a file whose row and log are gone, which a release has',
      (data) =>
        edit(
          data,
          `delete from distributions where filename = '${karl.filename}'; delete from events where subject = '${karl.filename}'`,
        ),
      placeOf(karl),
    ],
  ])('%s', async (_, damage, path) => {
    const data = await copyOf(kept.data)
    await damage(data)
    const before = await tree(data)
    const { code, stdout } = await run(data, '--yes', '--json')
    expect(code).toBe(0)
    expect(await tree(data)).toEqual(before)
    expect(stdout).toContain(`"event":"kept","path":"${path}"`)
  })

  it('all of it, if the database is damaged', async () => {
    const data = await cluttered()
    const before = await tree(data)
    await writeFile(join(data, 'firn.db'), Buffer.alloc(8192, 'x'))
    expect((await run(data, '--yes')).code).toBe(78)
    expect(await tree(data)).toEqual(before)
    const empty = await temporaryDirectory()
    expect([(await run(empty, '--yes')).code, await readdir(empty)]).toEqual([78, []])
  })

  it('in any muddle of files that were moved, copied, damaged and strewn about', async () => {
    const files = [karl, bfg, zope, zodb]
    const spot = constantFrom(
      'pool/karl/m1.zip',
      'pool/zodb3/m2',
      'pool/new/m3',
      'orphans/m4',
      'orphans/d/m5',
      'staging/m6',
    )
    const step = record({
      what: constantFrom('move', 'copy', 'flip', 'lose', 'litter'),
      file: constantFrom(...files),
      to: spot,
    })
    await assert(
      asyncProperty(array(step, { minLength: 1, maxLength: 8 }), async (steps) => {
        const data = await copyOf(kept.data)
        for (const each of steps) await muddle(data, each)
        const before = new Set((await tree(data)).values())
        expect((await run(data, '--yes')).code).toBe(0)
        const after = new Set((await tree(data)).values())
        const needed = files.map(({ bytes }) => sha256(bytes))
        expect(needed.filter((digest) => before.has(digest) && !after.has(digest))).toEqual([])
        await rm(data, { recursive: true })
      }),
      { numRuns: 40, seed: 8047 },
    )
  })
})

interface Step {
  readonly what: string
  readonly file: typeof karl
  readonly to: string
}

/** What is gone cannot be muddled further. */
const lost = () => undefined

async function muddle(data: string, { what, file, to }: Step): Promise<void> {
  const [from, path] = [pathIn(data, file), join(data, to)]
  await mkdir(join(path, '..'), { recursive: true })
  if (what === 'litter') await writeFile(path, to).catch(lost)
  if (what === 'move') await rename(from, path).catch(lost)
  if (what === 'copy') await copyFile(from, path).catch(lost)
  if (what === 'flip') await overwrite(from, flip).catch(lost)
  if (what === 'lose') await rm(from, { force: true })
}
