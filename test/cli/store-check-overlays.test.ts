/** Yanks, statuses and removals that somebody laid over the pool past firn, or took away. */
import { cp, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeAll, expect, it } from 'vitest'
import { createToken } from '../../server/actions/tokens.ts'
import {
  check,
  courseOf,
  edit,
  expectedCourse,
  karl,
  pathIn,
  placeOf as at,
  zodb,
  zope,
  sharedData,
  type Damage,
} from '../support/damaged.ts'
import { withServer } from '../support/data-server.ts'
import { firn, temporaryDirectory } from '../support/server.ts'

const kept = sharedData()
let data: string
const codes: number[] = []
const now = () => new Date().toISOString()
beforeAll(async () => {
  data = join(await temporaryDirectory(), 'data')
  await cp(kept.data, data, { recursive: true })
  await withServer(data, async ({ url, store }) => {
    const asked = { name: 'legal', scopes: ['admin'] as const, expiresAt: null, actor: 'legal' }
    const { text } = await createToken({ records: store.records, now }, asked)
    const env = { FIRN_URL: url, FIRN_TOKEN: text }
    for (const command of [
      ['yank', zope.filename, '--reason', 'broken'],
      ['unyank', zope.filename],
      ['yank', karl.filename, '--reason', 'CVE'],
      ['project', 'status', 'karl', '--set', 'deprecated', '--reason', 'old'],
      ['remove', zodb.filename, '--reason', 'a court'],
    ])
      codes.push((await firn(command, env)).code)
  })
})

const sql = (text: string) => (directory: string) => edit(directory, text)

const damages: Readonly<Record<string, Damage>> = {
  'a yank was taken away': {
    does: sql(`delete from yanks where filename = '${karl.filename}'`),
    found: [`row-missing ${karl.filename}`],
    mended: [],
  },
  'a yank has another reason': {
    does: sql(`update yanks set reason = 'spite' where filename = '${karl.filename}'`),
    found: [`row-differs ${karl.filename}`],
    mended: [],
  },
  'a file was yanked that nobody yanked': {
    does: sql(`insert into yanks (filename, reason, at) values ('${zope.filename}', 'x', '2026-01-01T00:00:00.000Z')`),
    found: [`event-missing ${zope.filename}`],
    mended: [],
  },
  'a project has another status': {
    does: sql(`update project_statuses set status = 'active'`),
    found: ['row-differs karl'],
    mended: [],
  },
  'a file was removed, with its bytes, and nobody said so': {
    does: async (directory) => {
      edit(directory, `insert into removals values ('${zope.filename}', 'x', '2026-01-01T00:00:00.000Z')`)
      await rm(pathIn(directory, zope))
    },
    found: [`event-missing ${zope.filename}`],
    mended: [],
  },
  'a file is said not to be removed, and does not come back': {
    does: sql('delete from removals'),
    found: [`row-missing ${zodb.filename}`, `file-missing ${at(zodb)}`, `metadata-damaged ${zodb.filename}`],
    mended: [],
  },
}

it('what is as it was told has no findings', async () => {
  expect(codes).toEqual([0, 0, 0, 0, 0])
  expect(await check(data)).toEqual({ code: 0, findings: [] })
})

it.each(Object.entries(damages))('%s', async (_, damage) => {
  expect(await courseOf(data, damage)).toEqual(expectedCourse(damage))
})
