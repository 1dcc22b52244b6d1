/** What happens to a backup between, during and after its making, by hand or by chance. */
import SQLite from 'better-sqlite3'
import { rmSync } from 'node:fs'
import { mkdir, readdir, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { layout } from '../../storage/layout.ts'
import { takeBackup } from '../../storage/upkeep/backup.ts'
import type { UpkeepEvent } from '../../storage/upkeep/upkeep-event.ts'
import { karl, lxml, startBackedUp, type BackedUp } from '../support/backed-up.ts'
import { withServer } from '../support/data-server.ts'
import { everythingServed } from '../support/everything-served.ts'
import { firn } from '../support/server.ts'

let at: BackedUp
beforeEach(async () => {
  at = await startBackedUp()
})
afterEach(() => at.remove())

const restore = (to: string, ...argv: readonly string[]) => firn(['store', 'restore', at.to, to, ...argv])

async function states(): Promise<readonly string[]> {
  const { stdout } = await firn(['store', 'backups', at.to])
  return at.general(stdout).split('\n').slice(1, -1)
}

it('a backup of what is no data directory leaves no backup behind', async () => {
  const data = join(at.directory, 'typo')
  expect(await firn(['store', 'backup', at.to, '--data', data])).toEqual({
    code: 78,
    stdout: '',
    stderr: `error: Data directory cannot be used: there is no firn.db in ${data}
hint: name the data directory of the server: --data, FIRN_DATA or [serve] data in firn.toml
`,
  })
  expect(await readdir(at.directory)).toEqual([])
})

describe('a snapshot whose description is damaged', () => {
  let first: string
  beforeEach(async () => {
    first = String((await at.lines()).at(-1)?.['at'])
    await at.backup()
    const [, name = ''] = await readdir(join(at.to, 'snapshots'))
    await writeFile(join(at.to, 'snapshots', name, 'snapshot.json'), '')
  })

  it('is listed, and no older one is restored in its stead unless that is asked for', async () => {
    expect(await states()).toEqual([
      expect.stringMatching(/^INSTANT .* complete$/),
      expect.stringMatching(/^INSTANT .* damaged: its snapshot\.json cannot be read$/),
    ])
    const to = join(at.directory, 'data')
    const { code, stderr } = await restore(to)
    expect(code).toBe(65)
    expect(stderr).toMatch(
      /snapshot\.json cannot be read: it is no description of a snapshot that this firn knows\nhint: /,
    )
    expect(stderr.split('hint: ')[1]).toBe(`the one before it is taken with --at ${first}\n`)
    expect((await restore(to, '--at', first)).code).toBe(0)
  })

  it('keeps no backup from being made, which tells of it', async () => {
    const { code, stderr } = await at.backup('--keep', '2')
    expect({ code, stderr: at.general(stderr) }).toEqual({
      code: 0,
      stderr: expect.stringMatching(/^damaged {2}DIR\/backup\/snapshots\/\S+snapshot\.json cannot be read: /) as string,
    })
    expect(await states()).toEqual([
      expect.stringMatching(/ complete$/),
      expect.stringMatching(/ damaged: /),
      expect.stringMatching(/ complete$/),
    ])
    expect((await restore(join(at.directory, 'data'))).code).toBe(0)
  })
})

it('a file that is removed while it is copied is no part of the snapshot, and no failure', async () => {
  const events: UpkeepEvent[] = []
  const removeOnce = (event: UpkeepEvent) => {
    events.push(event)
    if (event.event !== 'plan' || event.what !== 'files' || events.length > 5) return
    const database = new SQLite(layout(at.server.data).database)
    database.prepare('insert into removals values (?, ?, ?)').run(lxml.filename, 'a court', new Date().toISOString())
    database.close()
    rmSync(join(at.server.data, 'pool', 'lxml', lxml.filename))
  }
  const { snapshot } = await takeBackup(
    {
      now: () => new Date().toISOString(),
      version: '1',
      fault: () => {},
      signal: new AbortController().signal,
      report: removeOnce,
    },
    { data: at.server.data, directory: at.to, verify: false, signingKey: undefined, keep: undefined },
  )
  expect(snapshot).toMatchObject({ files: 1, problems: [] })
  expect(events.filter(({ event }) => event === 'problem' || event === 'dropped')).toEqual([])
  expect(await readdir(join(at.to, 'snapshots'))).toHaveLength(1)
  const to = join(at.directory, 'data')
  expect((await restore(to)).code).toBe(0)
  expect(await withServer(to, ({ url }) => everythingServed(url))).toEqual(await everythingServed(at.server.url))
})

it('a link in the backup is no copy', async () => {
  await at.backup()
  const [copy, original] = [at.to, at.server.data].map((base) => join(base, 'pool', 'karl', karl.filename))
  await rm(copy ?? '')
  await symlink(original ?? '', copy ?? '')
  expect((await at.backup()).stdout).toContain('copied 1 file')
  expect((await stat(copy ?? '')).ino).not.toBe((await stat(original ?? '')).ino)
})

describe('a restored directory', () => {
  it('is where a link leads', async () => {
    await at.backup()
    const [disk, link] = [join(at.directory, 'disk', 'firn'), join(at.directory, 'link')]
    await mkdir(disk, { recursive: true })
    await symlink(disk, link)
    expect(await restore(link)).toMatchObject({ code: 0, stderr: '' })
    expect((await readdir(disk)).toSorted()).toEqual((await readdir(link)).toSorted())
    expect(await readdir(join(at.directory, 'disk'))).toEqual(['firn'])
  })

  it('is refused at once where a link leads nowhere', async () => {
    await at.backup()
    const link = join(at.directory, 'link')
    await symlink(join(at.directory, 'nothing'), link)
    expect(await restore(link)).toMatchObject({
      code: 73,
      stderr: `error: Nothing is restored there: ${link} is a link that leads nowhere
hint: remove the link, or name another directory
`,
    })
  })

  it('is for its owner and group alone: in it are hashes of tokens, and private files', async () => {
    await at.backup()
    const to = join(at.directory, 'data')
    await restore(to)
    expect(((await stat(to)).mode & 0o777).toString(8)).toBe('750')
  })
})
