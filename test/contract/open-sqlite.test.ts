import SQLite from 'better-sqlite3'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { abortsOnCollection, withoutCollection } from '../../storage/sql/open-sqlite.ts'

it.each([
  ['20.20.2', false],
  ['22.23.2', false],
  ['24.18.0', false],
  ['24.19.0', true],
  ['25.0.0', true],
])('of Node %s is known whether it aborts on a collected statement', (version, aborts) => {
  expect(abortsOnCollection(version)).toBe(aborts)
})

let database: SQLite.Database
beforeEach(() => {
  database = withoutCollection(new SQLite(':memory:'))
  database.exec('create table numbers (number integer); insert into numbers values (1), (2), (3)')
})
afterEach(() => database.close())

it('has one statement for each text, with the values of each call', () => {
  const sql = 'select number from numbers where number > ?'
  expect(database.prepare(sql)).toBe(database.prepare(sql))
  expect([1, 2].map((least) => database.prepare(sql).all(least))).toEqual([
    [{ number: 2 }, { number: 3 }],
    [{ number: 3 }],
  ])
})

it('steps through one text within another of the same', () => {
  const sql = 'select number from numbers order by number'
  const pairs: number[][] = []
  for (const { number } of database.prepare<[], { number: number }>(sql).iterate())
    pairs.push([number, database.prepare(sql).all().length])
  expect(pairs).toEqual([
    [1, 3],
    [2, 3],
    [3, 3],
  ])
})

it('has pragmas that are set, asked, and asked for their value alone', () => {
  database.pragma('user_version = 7')
  expect(database.pragma('user_version')).toEqual([{ user_version: 7 }])
  expect(database.pragma('user_version', { simple: true })).toBe(7)
  expect(database.pragma('user_version')).toEqual([{ user_version: 7 }])
})

it('has transactions', () => {
  const add = database.transaction((number: number) => database.prepare('insert into numbers values (?)').run(number))
  add(4)
  expect(database.prepare('select count(*) as count from numbers').get()).toEqual({ count: 4 })
})
