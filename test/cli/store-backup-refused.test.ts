/** What firn store backup does not do. */
import { mkdir, mkdtemp, readdir, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { holdLock } from '../../storage/data-lock.ts'
import { karl, startBackedUp, type BackedUp } from '../support/backed-up.ts'
import { cleanStop } from '../support/clean-stop.ts'
import { editDatabase } from '../support/edit-database.ts'
import { json, upload } from '../support/requests.ts'
import { firn, startServer } from '../support/server.ts'

let at: BackedUp
beforeEach(async () => {
  at = await startBackedUp()
})
afterEach(() => at.remove())

interface Refusal {
  readonly code: number
  readonly stderr: string
}

async function refusal(...argv: readonly string[]): Promise<Refusal> {
  const { code, stdout, stderr } = await firn(['store', 'backup', ...argv])
  expect(stdout).toBe('')
  return { code, stderr: at.general(stderr) }
}

describe('a backup is refused', () => {
  it('inside the data directory, also by way of a link', async () => {
    await symlink(at.server.data, join(at.directory, 'link'))
    for (const inside of [at.server.data, join(at.server.data, 'backup'), join(at.directory, 'link', 'a', 'b')]) {
      const { code, stderr } = await refusal(inside, '--data', at.server.data)
      expect({ code, stderr: stderr.replace(/: \S+: it/, ': WHERE: it') }).toEqual({
        code: 73,
        stderr:
          'error: Directory cannot take the backup: WHERE: it is inside the data directory\n' +
          'hint: take another disk, or at least another directory\n',
      })
    }
  })

  it('in a directory that holds something else', async () => {
    await mkdir(at.to)
    await writeFile(join(at.to, 'notes.txt'), '')
    expect(await refusal(at.to, '--data', at.server.data)).toEqual({
      code: 73,
      stderr:
        'error: Directory cannot take the backup: DIR/backup: there is something else in it: notes.txt\n' +
        'hint: name an empty directory, or a new one\n',
    })
    expect(await readdir(at.to)).toEqual(['notes.txt'])
  })

  it('where no directory can be made', async () => {
    await writeFile(join(at.directory, 'file'), '')
    const place = join(at.directory, 'file', 'backup')
    const { code, stdout } = await firn(['store', 'backup', place, '--data', at.server.data, '--json'])
    expect({ code, answer: json({ text: stdout }) }).toMatchObject({ code: 73, answer: { code: 'backup-unusable' } })
  })

  it('while another goes on', async () => {
    await at.backup()
    const unlock = holdLock(join(at.to, 'firn-backup.lock'))
    const { code, stdout } = await at.backup('--json')
    unlock()
    expect({ code, answer: json({ text: stdout }) }).toMatchObject({ code: 75, answer: { code: 'backup-in-use' } })
    expect((await at.backup()).code).toBe(0)
  })

  it('of a directory that is no data directory', async () => {
    const none = await mkdtemp(join(at.directory, 'none-'))
    expect(await refusal(at.to, '--data', none)).toEqual({
      code: 78,
      stderr:
        `error: Data directory cannot be used: there is no firn.db in ${at.general(none)}\n` +
        'hint: name the data directory of the server: --data, FIRN_DATA or [serve] data in firn.toml\n',
    })
    expect(await readdir(none)).toEqual([])
  })

  it('of data that a newer firn has made', async () => {
    editDatabase(at.server.data, `insert into kysely_migration values ('9999-later', '2030-01-01')`)
    expect(await refusal(at.to, '--data', at.server.data)).toMatchObject({
      code: 78,
      stderr: expect.stringMatching(/^error: Data directory was made by a newer firn: .*9999-later/) as string,
    })
    editDatabase(at.server.data, `delete from kysely_migration where name = '9999-later'`)
  })

  it('of another registry, or another history, into what one has', async () => {
    await at.backup()
    const other = await startServer()
    await upload(other.url, karl)
    const { code, stderr } = await refusal(at.to, '--data', other.data, '--keep', '1')
    await cleanStop(other)
    expect({ code, stderr }).toEqual({
      code: 73,
      stderr:
        'error: Directory cannot take the backup: DIR/backup holds a log up to line 4, of INSTANT, that this data directory ' +
        'does not have: it is of another registry, or of this one before an older state was restored\n' +
        'hint: back up into a new directory\n',
    })
    expect((await firn(['store', 'restore', at.to, join(at.directory, 'new')])).code).toBe(0)
  })
})
