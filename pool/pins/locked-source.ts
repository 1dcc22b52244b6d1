import { tableAt, textAt, type Table } from './toml-table.ts'

interface Direct {
  readonly location: string
  readonly root: boolean
}

/** Where a package of a `pylock.toml` comes from if that is no index (PEP 751: `vcs`, `directory`, `archive`). */
export function directLocation(table: Table): Direct | undefined {
  const vcs = tableAt(table, 'vcs')
  const directory = tableAt(table, 'directory')
  const archive = tableAt(table, 'archive')
  if (vcs)
    return repository(textAt(vcs, 'type') ?? 'git', textAt(vcs, 'url') ?? textAt(vcs, 'path'), textAt(vcs, 'commit-id'))
  if (directory) return place(textAt(directory, 'path'))
  if (archive) return place(textAt(archive, 'url') ?? textAt(archive, 'path'))
  return undefined
}

/** The same of a `uv.lock`: `source = { git = "https://…?rev=main#1f0e…" }`. */
export function uvLocation(source: Table | undefined): Direct | undefined {
  const git = textAt(source, 'git')
  if (git !== undefined) return repository('git', git.split(/[?#]/, 1)[0], git.split('#')[1])
  const local = textAt(source, 'virtual') ?? textAt(source, 'editable') ?? textAt(source, 'directory')
  const file = textAt(source, 'url') ?? textAt(source, 'path')
  return local === undefined && file === undefined ? undefined : place(local ?? file)
}

/** The same of a `poetry.lock`: `[package.source] type = "git"`; `legacy` is an index. */
export function poetryLocation(source: Table | undefined): Direct | undefined {
  const type = textAt(source, 'type')
  const url = textAt(source, 'url')
  if (type === 'git') return repository('git', url, textAt(source, 'resolved_reference') ?? textAt(source, 'reference'))
  return type === 'directory' || type === 'file' || type === 'url' ? place(url) : undefined
}

/** The same of a `pdm.lock`. */
export function pdmLocation(table: Table): Direct | undefined {
  const git = textAt(table, 'git')
  if (git !== undefined) return repository('git', git, textAt(table, 'revision') ?? textAt(table, 'ref'))
  const location = textAt(table, 'path') ?? textAt(table, 'url')
  return location === undefined ? undefined : place(location)
}

function repository(type: string, url = '', revision: string | undefined): Direct {
  return { location: `${type}+${url}${revision === undefined ? '' : `@${revision}`}`, root: false }
}

/** `.` is the directory of the lock: what it was made for. */
function place(location = ''): Direct {
  return { location, root: location === '.' || location === './' }
}
