/** What somebody does to the database of a data directory, what a check finds of it, and what a repair mends. */
import SQLite from 'better-sqlite3'
import { createHash } from 'node:crypto'
import { rm, writeFile } from 'node:fs/promises'
import { expect, it } from 'vitest'
import { join } from 'node:path'
import { layout } from '../../storage/layout.ts'
import {
  bfg,
  courseOf,
  edit,
  expectedCourse,
  flip,
  karl,
  overwrite,
  pathIn,
  placeOf as at,
  zodb,
  zope,
  sharedData,
  type Damage,
} from '../support/damaged.ts'

const kept = sharedData()

const sql = (text: string) => (data: string) => edit(data, text)

const both = `where product = 'karl' and release = '3.30'`

const damages: Readonly<Record<string, Damage>> = {
  'metadata is another': {
    does: sql(`update metadata set bytes = 'x' where sha256 =
      (select metadata_sha256 from distributions where filename = '${karl.filename}')`),
    found: [`metadata-damaged ${karl.filename}`],
    mended: [`metadata-damaged ${karl.filename}`],
  },
  'metadata is gone, and its file too': {
    does: async (data) => {
      edit(
        data,
        `delete from metadata where sha256 =
        (select metadata_sha256 from distributions where filename = '${zope.filename}')`,
      )
      await rm(pathIn(data, zope))
    },
    found: [`file-missing ${at(zope)}`, `metadata-damaged ${zope.filename}`],
    mended: [`file-missing ${at(zope)}`, `metadata-damaged ${zope.filename}`],
  },
  'attestations are gone': {
    does: sql(`update distributions set provenance_sha256 = 'x' where filename = '${karl.filename}'`),
    found: [`provenance-damaged ${karl.filename}`],
    mended: [],
  },
  'attestations are others': {
    does: sql(`update provenance set json = '{}'`),
    found: [`provenance-damaged ${bfg.filename}`],
    mended: [],
  },
  'attestations are hidden': {
    does: sql('update distributions set provenance_sha256 = null'),
    found: [`row-differs ${bfg.filename}`],
    mended: [],
  },
  'facts are others': {
    does: sql(`update facts set facts = '{}'`),
    found: [karl, bfg, zodb, zope].map(({ filename }) => `facts-differ ${filename}`).toSorted(),
    mended: [karl, bfg, zodb, zope].map(({ filename }) => `facts-differ ${filename}`).toSorted(),
  },
  'facts of a damaged file are others': {
    does: async (data) => {
      edit(
        data,
        `update facts set facts = '{}' where sha256 =
        (select sha256 from distributions where filename = '${zope.filename}')`,
      )
      await overwrite(pathIn(data, zope), flip)
    },
    found: [`file-damaged ${at(zope)}`],
    mended: [`file-damaged ${at(zope)}`, `facts-differ ${zope.filename}`],
  },
  'versions are gone or others': {
    does: sql(`delete from versions where filename = '${karl.filename}';
      update versions set pin = 'x==1' where filename = '${bfg.filename}';
      insert into versions values ('y==1', 'nothing.zip')`),
    found: [karl.filename, 'nothing.zip', bfg.filename].map((name) => `versions-differ ${name}`),
    mended: [karl.filename, 'nothing.zip', bfg.filename].map((name) => `versions-differ ${name}`),
  },
  'lists say other things of a release': {
    does: sql(`update release_summaries set frozen_by = 'mallory'; delete from release_files;
      insert into release_summaries (product, release, digest, frozen_at, frozen_by, pins, files)
      values ('ghost', '1', '', '', '', 0, 0)`),
    found: ['summary-differs ghost/1', 'summary-differs karl/3.30'],
    mended: ['summary-differs ghost/1', 'summary-differs karl/3.30'],
  },
  'a release is in no list': {
    does: sql('delete from release_summaries; delete from release_files; delete from file_numbers'),
    found: ['summary-differs karl/3.30'],
    mended: ['summary-differs karl/3.30'],
  },
  'a row says other bytes': {
    does: sql(`update distributions set sha256 = '${'0'.repeat(64)}', size = 1 where filename = '${zope.filename}'`),
    found: [`row-differs ${zope.filename}`, 'release-lacks karl/3.30'],
    mended: [],
  },
  'a row says another project': {
    does: sql(`update distributions set project = 'karl' where filename = '${bfg.filename}'`),
    found: [`row-differs ${bfg.filename}`],
    mended: [],
  },
  'a row says a project outside of the pool': {
    does: async (data) => {
      edit(data, `update distributions set project = '../..' where filename = '${bfg.filename}'`)
      await writeFile(join(data, '..', 'outside.zip'), 'x')
    },
    found: [`row-differs ${bfg.filename}`],
    mended: [],
  },
  'a row says another Python': {
    does: sql(`update distributions set requires_python = null where filename = '${zope.filename}'`),
    found: [`row-differs ${zope.filename}`, 'release-lacks karl/3.30'],
    mended: [],
  },
  'a row is gone': {
    does: sql(`delete from distributions where filename = '${bfg.filename}';
      delete from versions where filename = '${bfg.filename}'`),
    found: [`row-missing ${bfg.filename}`],
    mended: [],
  },
  'a row was put there': {
    does: sql(`insert into distributions select 'evil.zip', 'karl', name, version, kind, size, sha256, metadata_sha256,
      requires_python, upload_time, null, null, null, null, null, null from distributions
      where filename = '${karl.filename}'; insert into versions values ('karl==3.30', 'evil.zip')`),
    found: ['event-missing evil.zip', 'file-missing pool/karl/evil.zip'],
    mended: [],
  },
  'a manifest is another': {
    does: sql(`update releases set manifest = replace(manifest, 'zope.interface==8.5', 'zope.interface==8.6')`),
    found: ['release-damaged karl/3.30'],
    mended: [],
  },
  'a manifest is another, with its digest': {
    does: (data) =>
      edit(data, (database) => {
        const manifest = database.prepare('select manifest from releases').pluck().get() as string
        const other = manifest.replace('"roots":[', '"roots":["evil",')
        const digest = createHash('sha256').update(other).digest('hex')
        database.prepare(`update releases set manifest = ?, digest = ? ${both}`).run(other, digest)
      }),
    found: ['release-damaged karl/3.30'],
    mended: [],
  },
  'a release is not signed any more': {
    does: sql(`delete from release_signatures ${both}`),
    found: ['release-damaged karl/3.30'],
    mended: [],
  },
  'a release is gone': {
    does: sql(`delete from releases ${both}`),
    found: ['row-missing karl/3.30', 'summary-differs karl/3.30'],
    mended: ['summary-differs karl/3.30'],
  },
  'a line of the log is another': {
    does: sql(`update events set actor = 'nobody' where sequence = 3`),
    found: ['log-broken line 3'],
    mended: [],
  },
  'a line of the log is gone': {
    does: sql(`delete from events where subject = '${bfg.filename}'`),
    found: ['log-broken line 3', `event-missing ${bfg.filename}`],
    mended: [],
  },
  'the signature of a line is gone': {
    does: sql('delete from event_signatures where sequence = 2'),
    found: ['log-broken line 2'],
    mended: [],
  },
  'triggers and an index are gone, and one was made': {
    does: (data) => {
      const database = new SQLite(layout(data).database)
      database.exec(`drop trigger events_no_update; drop trigger metadata_no_delete; drop index distributions_project;
        create trigger evil after insert on events begin select 1; end`)
      database.close()
    },
    found: [
      'schema-differs index distributions_project',
      'schema-differs trigger events_no_update',
      'schema-differs trigger evil',
      'schema-differs trigger metadata_no_delete',
    ],
    mended: [
      'schema-differs index distributions_project',
      'schema-differs trigger events_no_update',
      'schema-differs trigger metadata_no_delete',
    ],
  },
  'a row names one that is not there': {
    does: sql(`pragma foreign_keys = off; insert into yanks (filename, reason, at) values ('no.zip', null, '')`),
    found: ['database-damaged firn.db', 'event-missing no.zip'],
    mended: [],
  },
  'the database is no database': {
    does: (data) => writeFile(layout(data).database, Buffer.alloc(8192, 'x')),
    found: ['database-damaged firn.db'],
    mended: [],
  },
}

it.each(Object.entries(damages))('%s', async (_name, damage) => {
  expect(await courseOf(kept.data, damage)).toEqual(expectedCourse(damage))
})
