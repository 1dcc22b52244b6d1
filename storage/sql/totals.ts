import type SQLite from 'better-sqlite3'
import type { Totals } from '../ports/totals.ts'

type Counted = Pick<Totals, 'files' | 'bytes' | 'projects'>

const nothing = { files: 0, bytes: 0, projects: 0 }

/**
 * Counts the pool once, and after that only what has come since: rows are added and never deleted, and each has a greater
 * rowid than those before it (sqlite.org/autoinc.html). What was removed is few files, and is taken off.
 */
export function totalsOf(reader: SQLite.Database): () => Totals {
  const addedSince = reader.prepare<[{ last: number }], Counted & { last: number }>(`
    select count(*) as files, coalesce(sum(size), 0) as bytes, coalesce(max(rowid), :last) as last,
      count(distinct case when :last = 0 or not exists (
        select 1 from distributions before where before.project = added.project and before.rowid <= :last
      ) then project end) as projects
    from distributions added where rowid > :last`)
  const removed = reader.prepare<[], Counted>(`
    select count(*) as files, coalesce(sum(size), 0) as bytes,
      count(distinct case when not exists (
        select 1 from pool_files kept where kept.project = gone.project
      ) then project end) as projects
    from removals join distributions gone on gone.filename = removals.filename`)
  const releases = reader.prepare<[], number>('select count(*) from release_summaries').pluck()
  const lastEvent = reader.prepare<[], Totals['lastEvent']>(
    'select sequence, at from events order by sequence desc limit 1',
  )
  let [ever, last]: [Counted, number] = [nothing, 0]
  return () => {
    const added = addedSince.get({ last }) ?? { ...nothing, last }
    ;[ever, last] = [plus(ever, added), added.last]
    return {
      ...plus(ever, removed.get() ?? nothing, -1),
      releases: releases.get() ?? 0,
      lastEvent: lastEvent.get() ?? { sequence: 0, at: null },
    }
  }
}

function plus(a: Counted, b: Counted, times = 1): Counted {
  return {
    files: a.files + times * b.files,
    bytes: a.bytes + times * b.bytes,
    projects: a.projects + times * b.projects,
  }
}
