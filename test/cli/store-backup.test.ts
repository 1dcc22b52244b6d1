/** firn store backup, beside a server that serves the data. */
import { mkdir, readdir, readFile, rename, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { makeWheel } from '../support/archives.ts'
import { karl, lxml, startBackedUp, type BackedUp, type Line } from '../support/backed-up.ts'
import { sha256 } from '../support/catalogue.ts'
import { editDatabase } from '../support/edit-database.ts'
import { treeOf } from '../support/plain-tree.ts'
import { json, upload } from '../support/requests.ts'
import { firn } from '../support/server.ts'

const later = makeWheel({ name: 'karl', version: '3.31', files: { 'more.py': 'x = 1\n'.repeat(1000) } })

let at: BackedUp
beforeEach(async () => {
  at = await startBackedUp()
})
afterEach(() => at.remove())

function poolFile(...parts: readonly string[]): string {
  return join(at.to, 'pool', ...parts)
}

describe('a backup', () => {
  it('says what it did, and has the files as they are', async () => {
    const { code, stdout, stderr } = await at.backup()
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    const [head = '', ...rest] = at.general(stdout).split(/(?=^snapshot)/m)
    expect(head.split('\n').toSorted()).toEqual([
      '',
      `copied   ${karl.filename}  ${karl.bytes.length} B`,
      `copied   ${lxml.filename}  ${lxml.bytes.length} B`,
    ])
    const size = ((karl.bytes.length + lxml.bytes.length) / 1000).toFixed(1)
    expect(rest.join('')).toBe(`snapshot INSTANT in DIR/backup: 2 files (${size} kB), 1 release, the log up to line 4
  copied 2 files (${size} kB) and the database (SIZE); 0 were there already
  with the signing key KEY: keep this directory as secret as the data
`)
    expect(await treeOf(join(at.to, 'pool'))).toEqual(await treeOf(join(at.server.data, 'pool')))
  })

  it('is for nobody else to read, and its files for nobody to edit', async () => {
    await at.backup()
    const [name = ''] = await readdir(join(at.to, 'snapshots'))
    const modes = ['', 'snapshots/*', 'snapshots/*/signing.pem', `pool/karl/${karl.filename}`].map(async (path) => {
      const { mode } = await stat(join(at.to, path.replace('*', name)))
      return [path, (mode & 0o777).toString(8)]
    })
    expect(await Promise.all(modes)).toEqual([
      ['', '700'],
      ['snapshots/*', '700'],
      ['snapshots/*/signing.pem', '600'],
      [`pool/karl/${karl.filename}`, '444'],
    ])
    expect(await readdir(join(at.to, 'snapshots', name))).toEqual(['firn.db', 'signing.pem', 'snapshot.json'])
  })

  it('copies after the first only what is new, to the byte', async () => {
    await at.backup()
    const before = await treeOf(join(at.to, 'pool'))
    expect(await at.lines()).toEqual([
      expect.objectContaining({ event: 'snapshot', copied: 0, copiedBytes: 0, kept: 2 }),
    ])
    await upload(at.server.url, later)
    const size = later.bytes.length
    expect(await at.lines()).toEqual([
      { event: 'copied', project: 'karl', filename: later.filename, size },
      expect.objectContaining({ event: 'snapshot', copied: 1, copiedBytes: size, kept: 2, files: 3 }),
    ])
    const all = { ...before, [`karl/${later.filename}`]: sha256(later.bytes) }
    expect(await treeOf(join(at.to, 'pool'))).toEqual(all)
  })

  it('describes its snapshot for whoever reads the directory without firn', async () => {
    const [, , told] = await at.lines()
    const [name = ''] = await readdir(join(at.to, 'snapshots'))
    const described = json({ text: await readFile(join(at.to, 'snapshots', name, 'snapshot.json'), 'utf8') }) as Line
    const { event: _, directory: __, copied: ___, copiedBytes: ____, kept: _____, ...snapshot } = told ?? {}
    expect(described).toEqual(snapshot)
    const database = await readFile(join(at.to, 'snapshots', name, 'firn.db'))
    const { id } = at.server.store.signer.key
    const { sequence, digest } = await at.server.store.records.lastEvent()
    expect(described).toMatchObject({
      schema: 'firn-backup/1',
      at: name.replace(/T(\d\d)-(\d\d)-/, 'T$1:$2:'),
      database: { size: database.length, sha256: sha256(database) },
      log: { sequence, digest },
      key: { id, included: id },
      releases: 1,
      files: 2,
      bytes: karl.bytes.length + lxml.bytes.length,
      problems: [],
    })
  })

  it('leaves the key out if it is told to, and says what that means', async () => {
    expect(at.general((await at.backup('--without-key')).stdout)).toContain(
      '  without the signing key: what is restored signs with a new one; what is signed keeps its signatures\n',
    )
    const [name = ''] = await readdir(join(at.to, 'snapshots'))
    expect(await readdir(join(at.to, 'snapshots', name))).toEqual(['firn.db', 'snapshot.json'])
  })

  it('has a key that is not in the data directory if it is named, and says if it is not', async () => {
    const elsewhere = join(at.directory, 'signing.pem')
    await rename(join(at.server.data, 'keys', 'signing.pem'), elsewhere)
    expect(at.general((await at.backup('--signing-key', elsewhere)).stdout)).toContain('  with the signing key KEY: ')
    const missing = await at.backup('--signing-key', join(at.directory, 'none.pem'))
    expect({ code: missing.code, stderr: at.general(missing.stderr).split(':')[0] }).toEqual({
      code: 78,
      stderr: 'error',
    })
    expect(at.general((await at.backup()).stdout)).toContain(
      '  the server signs with the key KEY, which is not in the data directory: name it with --signing-key, or keep a copy of it\n',
    )
  })
})

describe('what is damaged in the backup', () => {
  it('is kept aside and copied again if its size is another', async () => {
    await at.backup()
    const path = poolFile('karl', karl.filename)
    await rm(path)
    await writeFile(path, 'half')
    const { code, stdout, stderr } = await at.backup()
    expect({ code, stdout }).toMatchObject({ code: 0, stdout: expect.stringContaining('copied 1 file') as string })
    expect(at.general(stderr)).toMatch(
      /^damaged {2}karl-3\.30\S+ in the backup; what was there is kept as DIR\/backup\/aside\/karl/,
    )
    expect(sha256(await readFile(path))).toBe(sha256(karl.bytes))
    const aside = join(at.to, 'aside', karl.filename)
    const [name = ''] = await readdir(aside)
    expect(await readFile(join(aside, name), 'utf8')).toBe('half')
  })

  it('is found by --verify if its size is the same', async () => {
    await at.backup()
    const path = poolFile('karl', karl.filename)
    await rm(path)
    await writeFile(path, Buffer.alloc(karl.bytes.length))
    expect(await at.lines()).toEqual([expect.objectContaining({ event: 'snapshot', copied: 0, kept: 2 })])
    expect(await at.lines('--verify')).toEqual([
      expect.objectContaining({ event: 'set-aside', filename: karl.filename }),
      expect.objectContaining({ event: 'copied', filename: karl.filename }),
      expect.objectContaining({ event: 'snapshot', copied: 1, kept: 1 }),
    ])
    expect(sha256(await readFile(path))).toBe(sha256(karl.bytes))
  })
})

describe('what is damaged in the data directory', () => {
  it('is named; all else is copied, and the snapshot does not count as complete', async () => {
    const path = join(at.server.data, 'pool', 'karl', karl.filename)
    await rm(path)
    await writeFile(path, Buffer.alloc(karl.bytes.length))
    await rm(join(at.server.data, 'pool', 'lxml', lxml.filename))
    await symlink('nowhere', join(at.server.data, 'pool', 'lxml', lxml.filename))
    await upload(at.server.url, later)
    const { code, stderr } = await at.backup()
    expect(code).toBe(65)
    const found = sha256(Buffer.alloc(karl.bytes.length))
    const damaged = `DATA/pool/karl/${karl.filename}: its sha256 is ${found} instead of ${sha256(karl.bytes)}`
    const missing = `DATA/pool/lxml/${lxml.filename} is not there`
    expect(at.general(stderr).split(/(?=^error)/m)[1])
      .toBe(`error: Snapshot lacks files: 2 files of 3 could not be copied into DIR/backup; all others were
  ${damaged}
  ${missing}
hint: firn store check --repair, then back up again; until then firn store restore takes the snapshot before
`)
    expect(Object.keys(await treeOf(join(at.to, 'pool')))).toEqual([`karl/${later.filename}`])
    const { stdout } = await firn(['store', 'backups', at.to])
    expect(stdout.split('\n').slice(1)).toEqual([expect.stringMatching(/ {2}lacks 2 files$/), ''])
    const failed = (await at.lines()).at(-1)
    expect(failed).toMatchObject({
      code: 'backup-incomplete',
      problems: [
        { project: 'karl', filename: karl.filename, code: 'digest-mismatch' },
        { project: 'lxml', filename: lxml.filename, code: 'file-missing' },
      ],
    })
  })

  it('takes nothing from the backup: what it has whole, it keeps', async () => {
    await at.backup()
    const path = join(at.server.data, 'pool', 'karl', karl.filename)
    await rm(path)
    expect(await at.lines('--verify')).toEqual([expect.objectContaining({ event: 'snapshot', kept: 2, problems: [] })])
  })

  it('makes no snapshot if it is the database', async () => {
    const path = join(at.directory, 'data')
    await mkdir(path)
    await writeFile(
      join(path, 'firn.db'),
      'not a database, not at all, and longer than a header of one is: '.repeat(40),
    )
    const { code, stderr } = await firn(['store', 'backup', at.to, '--data', path])
    expect({ code, stderr }).toEqual({
      code: 78,
      stderr: `error: Data directory cannot be used: ${path}/firn.db cannot be read: file is not a database\n`,
    })
    expect(await readdir(join(at.to, 'snapshots'))).toEqual([])
  })

  it('makes no snapshot of a database whose pages do not hold together', async () => {
    editDatabase(at.server.data, (database) => {
      database.unsafeMode()
      database.pragma('writable_schema = ON')
      database.exec(`update sqlite_schema set rootpage = (select rootpage from sqlite_schema where name = 'versions')
                     where name = 'facts'`)
    })
    const { code, stderr } = await at.backup()
    expect(code).toBe(78)
    expect(at.general(stderr)).toMatch(/^error: Data directory cannot be used: DATA\/firn\.db is damaged: /)
    expect((await firn(['store', 'restore', at.to, join(at.directory, 'new')])).code).toBe(66)
  })
})

describe('--keep', () => {
  it('drops the oldest snapshots, never one that the number of complete ones needs, and no file', async () => {
    const instants: unknown[] = []
    for (let taken = 0; taken < 3; taken++) instants.push((await at.lines()).at(-1)?.['at'])
    await rm(join(at.server.data, 'pool', 'karl', karl.filename))
    await rm(poolFile('karl', karl.filename))
    const failed = await at.lines('--keep', '2')
    expect(failed.at(-1)?.['code']).toBe('backup-incomplete')
    expect(failed.filter(({ event }) => event === 'dropped').map((line) => line['at'])).toEqual([instants[0]])
    const { stdout } = await firn(['store', 'backups', at.to, '--json'])
    const { snapshots } = json({ text: stdout }) as { readonly snapshots: readonly Line[] }
    expect(snapshots.map((line) => line['at'])).toEqual([instants[1], instants[2], failed.at(-1)?.['at']])
    expect(await readdir(poolFile('lxml'))).toEqual([lxml.filename])
  })

  it('takes a whole number from 1', async () => {
    expect((await at.backup('--keep', '0')).code).toBe(64)
  })
})

it('a file that was removed from the pool is no part of a snapshot, and is erased with the last that has it', async () => {
  await at.backup()
  await at.backup()
  const { filename } = lxml
  const instant = new Date().toISOString()
  const event = { at: instant, actor: 'legal', verb: 'remove', subject: filename, facts: {} } as const
  await at.server.store.records.removeDistribution({ filename, reason: 'a court said so', at: instant }, event)
  await rm(join(at.server.data, 'pool', 'lxml', filename))
  expect(await at.lines('--keep', '2')).toEqual([
    expect.objectContaining({ event: 'dropped' }),
    expect.objectContaining({ event: 'snapshot', files: 1, kept: 1 }),
  ])
  expect(await readdir(poolFile('lxml'))).toEqual([filename])
  expect(await at.lines('--keep', '2')).toEqual([
    expect.objectContaining({ event: 'dropped' }),
    { event: 'erased', project: 'lxml', filename },
    expect.objectContaining({ event: 'snapshot', files: 1, kept: 1 }),
  ])
  expect(await readdir(poolFile('lxml'))).toEqual([])
})
