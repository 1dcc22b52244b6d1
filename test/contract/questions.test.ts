import SQLite from 'better-sqlite3'
import { Kysely, SqliteDialect } from 'kysely'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { faultAt } from '../../storage/fault.ts'
import type { Records, ReleaseSummary, UnsignedRelease } from '../../storage/ports.ts'
import { sqliteDialect } from '../../storage/sql/dialect.ts'
import { poolAndReleases } from '../../storage/sql/migrations/0001-pool-and-releases.ts'
import { openSqliteRecords } from '../../storage/sql/sqlite.ts'
import { temporaryDirectory } from '../support/server.ts'
import { aSigner } from '../support/signer.ts'
import { aFile, anAddition, anEvent, aRelease, inManifest } from './records.ts'

let directory: string
let path: string
let records: Records | undefined
beforeEach(async () => {
  directory = await temporaryDirectory()
  path = join(directory, 'firn.db')
})
afterEach(async () => {
  await records?.close()
  records = undefined
  await rm(directory, { recursive: true })
})

async function open(): Promise<Records> {
  records = await openSqliteRecords(path, faultAt(undefined), aSigner())
  return records
}

async function freeze(into: Records, ...releases: readonly UnsignedRelease[]): Promise<void> {
  for (const release of releases) {
    await into.freezeRelease(release, anEvent(`${release.name.product}/${release.name.release}`, 'freeze'))
  }
}

function run(statement: string): void {
  const database = new SQLite(path)
  database.exec(statement)
  database.close()
}

function day(number: number): string {
  return `2026-11-${String(number).padStart(2, '0')}T00:00:00.000Z`
}

function names(summaries: readonly ReleaseSummary[] | undefined): readonly string[] {
  return (summaries ?? []).map(({ name }) => `${name.product}/${name.release}`)
}

const wheel = aFile('lxml-4.8-py3-none-any.whl')
const sdist = aFile('lxml-4.8.tar.gz')
const other = aFile('other-1.0.tar.gz')
const base = { product: 'karl', release: '2', digest: 'd'.repeat(64) }

/** Two of a product, a customer's on the second, and one that has nothing of it. */
const four = [
  aRelease('karl', '1', day(1), { files: [wheel].map(inManifest), changes: 'first' }),
  aRelease('karl', '2', day(2), { files: [sdist, wheel].map(inManifest) }),
  aRelease('acme', '1', day(3), { files: [wheel].map(inManifest), base, changes: 'of acme' }),
  aRelease('karl', '3', day(4), { files: [other].map(inManifest), changes: 'third' }),
] as const

async function answers(asked: Records) {
  return {
    releases: await asked.releases(),
    over: await asked.releasesOver({ product: 'karl', release: '2' }),
    of: await asked.releasesOf([wheel, sdist, other].map(({ filename }) => filename)),
    changes: await asked.changesBetween({ product: 'karl', release: '1' }, { product: 'karl', release: '3' }),
  }
}

describe('questions', () => {
  it('are answered by what was kept with the releases', async () => {
    const asked = await open()
    await freeze(asked, ...four)
    const { releases, over, of, changes } = await answers(asked)
    expect(names(releases)).toEqual(['acme/1', 'karl/3', 'karl/2', 'karl/1'])
    expect(over).toEqual([
      {
        name: { product: 'acme', release: '1' },
        digest: four[2].digest,
        frozenAt: day(3),
        frozenBy: 'jan',
        pins: 0,
        files: 1,
        base,
        sequence: 3,
      },
    ])
    expect([...of].map(([filename, found]) => [filename, names(found)])).toEqual([
      [wheel.filename, ['acme/1', 'karl/2', 'karl/1']],
      [sdist.filename, ['karl/2']],
      [other.filename, ['karl/3']],
    ])
    expect(changes).toEqual([{ name: { product: 'karl', release: '3' }, frozenAt: day(4), changes: 'third' }])
    expect(await asked.releasesOf(['unknown.whl', "'; drop table releases; --"])).toEqual(new Map())
  })

  it('read no manifest: none of them needs to be one', async () => {
    const asked = await open()
    await freeze(asked, ...four)
    const before = await answers(asked)
    run(`drop trigger releases_no_update; update releases set manifest = 'no manifest'`)
    expect(await answers(asked)).toEqual(before)
  })

  it('find the releases of a file by an index, and a digest by a range of one', async () => {
    await open()
    const database = new SQLite(path)
    const plan = (query: string) =>
      (database.prepare(`explain query plan ${query}`).all() as { detail: string }[]).map(({ detail }) => detail)
    expect(
      plan(
        `select * from file_numbers join release_files on file = file_numbers.id
         join release_summaries on release_summaries.id = release_files.release where filename in ('a', 'b')`,
      ),
    ).toEqual([
      expect.stringMatching(/^SEARCH file_numbers USING .*INDEX/),
      'SEARCH release_files USING PRIMARY KEY (file=?)',
      'SEARCH release_summaries USING INTEGER PRIMARY KEY (rowid=?)',
    ])
    expect(plan(`select * from distributions where sha256 >= 'a' and sha256 < 'ag'`)).toEqual([
      'SEARCH distributions USING INDEX distributions_sha256 (sha256>? AND sha256<?)',
    ])
    database.close()
  })

  it('give every release once, whatever is frozen between two pages', async () => {
    const asked = await open()
    const many = Array.from({ length: 30 }, (_, at) => aRelease('karl', `${at}`, day(1 + (at % 3))))
    await freeze(asked, ...many, aRelease('zope', '1', day(1)))
    const expected = names(await asked.releases())
    const seen: string[] = []
    for (let page = await asked.releases({ limit: 7 }); page.length > 0;) {
      seen.push(...names(page))
      await freeze(asked, aRelease('karl', `new-${seen.length}`, day(28)), aRelease('acme', `${seen.length}`))
      const last = page.at(-1)
      page = last ? await asked.releases({ limit: 7, after: { ...last, product: last.name.product } }) : []
    }
    expect(seen).toEqual(expected)
    expect(names(await asked.releases({ product: 'zope' }))).toEqual(['zope/1'])
  })

  it('find a digest by its first digits', async () => {
    const asked = await open()
    for (const file of [wheel, sdist])
      await asked.addDistribution(anAddition(file, Buffer.from('x')), anEvent(file.filename))
    expect(await asked.distributionsByDigest(wheel.sha256.slice(0, 12))).toEqual([wheel])
    expect(await asked.distributionsByDigest(wheel.sha256)).toEqual([wheel])
    expect(await asked.distributionsByDigest('%')).toEqual([])
  })
})

it('a data directory from before has its questions answered too', async () => {
  const database = new SQLite(path)
  const db = new Kysely<unknown>({ dialect: new SqliteDialect({ database }) })
  await poolAndReleases(db, sqliteDialect)
  database.exec(`create table kysely_migration (name varchar(255) primary key, timestamp varchar(255) not null);
    create table kysely_migration_lock (id varchar(255) primary key, is_locked integer not null default 0);
    insert into kysely_migration_lock values ('migration_lock', 0);
    insert into kysely_migration values ('0001-pool-and-releases', '2026-01-01T00:00:00.000Z')`)
  const insert = database.prepare('insert into releases values (?, ?, ?, ?, ?)')
  // Not in the order of freezing.
  for (const { name, digest, manifest, frozenAt } of four.toReversed()) {
    insert.run(name.product, name.release, digest, manifest, frozenAt)
  }
  await db.destroy()
  const older = await answers(await open())
  await records?.close()
  await rm(path)
  const asked = await open()
  await freeze(asked, ...four)
  expect(older).toEqual(await answers(asked))
})
