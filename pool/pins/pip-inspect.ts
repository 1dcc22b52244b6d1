import { normaliseName } from '../project-name.ts'
import { directOf } from './direct.ts'
import { findAt, gather, makePin, type LineFinding, type Place, type ReadSource, type Source } from './pin.ts'
import { isTable, tableAt, tablesAt, textAt, textsAt, type Table } from './toml-table.ts'

/**
 * Reads what `pip inspect` prints. Source: pip's manual, "pip inspect JSON output format"; PEP 610 for what was not
 * installed from an index. What pip brings along by itself is left out, as `pip freeze` does, unless something needs it.
 */
export function readInspect(source: Source): ReadSource {
  const report = readJson(source)
  if ('problem' in report) return gather([report])
  const { table } = report
  const needed = namesNeeded(table)
  const brought = new Set(pipsOwn(textAt(tableAt(table, 'environment'), 'python_version') ?? ''))
  const lines = nameLines(source.text)
  return gather(
    tablesAt(table, 'installed').flatMap((item) => {
      const name = textAt(tableAt(item, 'metadata'), 'name') ?? ''
      const place = { source: source.name, line: lines.get(name) ?? 1 }
      return brought.has(normaliseName(name)) && !needed.has(normaliseName(name))
        ? []
        : [findAt(place, () => installed(item, name, place))]
    }),
  )
}

function readJson({
  name,
  text,
}: Source): { readonly table: Table } | { readonly problem: { place: Place; message: string } } {
  const place = { source: name, line: 1 }
  const report = parseJson(text)
  if (report === undefined) return { problem: { place, message: 'it is no JSON' } }
  if (isTable(report) && report['version'] === '1') return { table: report }
  return { problem: { place, message: 'it is not what pip inspect prints (version 1)' } }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}

/** Virtualenvs of Python before 3.12 have setuptools and wheel in them from the start. */
function pipsOwn(python: string): readonly string[] {
  const minor = Number(/^3\.(\d{1,3})$/.exec(python)?.[1] ?? 0)
  return minor < 12 ? ['pip', 'setuptools', 'wheel'] : ['pip']
}

/** What the installed projects require without being asked for an extra. */
function namesNeeded(report: Table): ReadonlySet<string> {
  const texts = tablesAt(report, 'installed').flatMap(
    (item) => textsAt(tableAt(item, 'metadata'), 'requires_dist') ?? [],
  )
  const always = texts.filter((text) => !/;.*\bextra\b/.test(text))
  const names = always.flatMap((text) => /^[A-Za-z0-9._-]+/.exec(text)?.[0] ?? [])
  return new Set(names.map(normaliseName))
}

function nameLines(text: string): ReadonlyMap<string, number> {
  const lines = new Map<string, number>()
  for (const [index, line] of text.split('\n').entries()) {
    const name = /^\s*"name": "([^"\\]+)"/.exec(line)?.[1]
    if (name !== undefined && !lines.has(name)) lines.set(name, index + 1)
  }
  return lines
}

/** Throws `version-invalid`. */
function installed(item: Table, name: string, place: Place): LineFinding {
  const version = textAt(tableAt(item, 'metadata'), 'version') ?? ''
  const origin = tableAt(item, 'direct_url')
  if (origin) {
    const location = originOf(origin)
    const text = `${name} @ ${location}`
    return { direct: directOf({ place, text, name, version, extras: [], marker: undefined }, location) }
  }
  const pin = makePin({ place, text: `${name}==${version}`, name, version })
  return pin ? { pin } : { problem: { place, message: `${JSON.stringify(name.slice(0, 100))} is no project name` } }
}

function originOf(origin: Table): string {
  const url = textAt(origin, 'url') ?? ''
  const vcs = tableAt(origin, 'vcs_info')
  return vcs ? `${textAt(vcs, 'vcs') ?? 'git'}+${url}@${textAt(vcs, 'commit_id') ?? ''}` : url
}
