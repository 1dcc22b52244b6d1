import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { describe, expect, it } from 'vitest'
import { errors } from '../../pool/errors.ts'
import { root } from '../support/server.ts'

interface Source {
  /** From the root, with `/`. */
  readonly path: string
  readonly text: string
  /** What it imports: paths from the root, or names of packages. */
  readonly imports: readonly string[]
}

const areas = ['pool', 'storage', 'server', 'cli', 'tour']
const importing = /^(?:import|export) [^'"`;=()]*from '([^']+)'|^import '([^']+)'|\bimport\('([^']+)'\)/gm

function readSource(path: string): Source {
  const text = readFileSync(path, 'utf8')
  const named = [...text.matchAll(importing)].map(([, from, bare, dynamic]) => from ?? bare ?? dynamic ?? '')
  const imports = named.map((name) => (name.startsWith('.') ? fromRoot(join(dirname(path), name)) : name))
  return { path: fromRoot(path), text, imports }
}

function fromRoot(path: string): string {
  return relative(root, path).replaceAll('\\', '/')
}

function sourcesBelow(area: string): readonly Source[] {
  const names = readdirSync(join(root, area), { recursive: true, encoding: 'utf8' })
  return names.filter((name) => name.endsWith('.ts')).map((name) => readSource(join(root, area, name)))
}

const sources = areas.flatMap(sourcesBelow)
const tests = sourcesBelow('test')

/** Where a file stands: the folder that its rules go by. */
function areaOf(path: string): string {
  const [area = '', below = ''] = path.split('/')
  return area === 'server' && ['actions', 'routes'].includes(below) ? `${area}/${below}` : area
}

/** Who may import from where: `pool <- storage <- server/actions <- server/routes`, `pool <- cli <- tour`. */
const allowed: Readonly<Record<string, readonly string[]>> = {
  pool: ['pool'],
  storage: ['pool', 'storage'],
  'server/actions': ['pool', 'storage', 'server', 'server/actions'],
  'server/routes': ['pool', 'storage', 'server', 'server/actions', 'server/routes'],
  server: ['pool', 'storage', 'server', 'server/actions', 'server/routes'],
  cli: ['pool', 'cli'],
  tour: ['pool', 'cli', 'tour'],
}

function mayImport({ path }: Source, imported: string): boolean {
  if (!areas.includes(imported.split('/')[0] ?? '') || !imported.endsWith('.ts')) return true
  // The command that runs a server is where the CLI meets it; that of the store's upkeep opens the store itself.
  if (/^cli\/commands\/(?:serve|store)/.test(path)) return true
  if (areaOf(path) === 'cli' && imported === 'server/version.ts') return true
  return allowed[areaOf(path)]?.includes(areaOf(imported)) === true
}

/** The file itself, if its imports lead back to it. */
function cyclesFrom(start: string, graph: ReadonlyMap<string, readonly string[]>): readonly string[] {
  const seen = new Set<string>()
  const open = [...(graph.get(start) ?? [])]
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (next === start) return [start]
    if (seen.has(next)) continue
    seen.add(next)
    open.push(...(graph.get(next) ?? []))
  }
  return []
}

describe('imports', () => {
  it('are found in every file that has any', () => {
    const unread = sources.filter(({ text, imports }) => /^import /m.test(text) && imports.length === 0)
    expect(unread.map(({ path }) => path)).toEqual([])
    expect(sources.length).toBeGreaterThan(80)
  })

  it('go in one direction', () => {
    const wrong = sources.flatMap((source) =>
      source.imports.filter((name) => !mayImport(source, name)).map((name) => `${source.path} imports ${name}`),
    )
    expect(wrong).toEqual([])
  })

  it('have no cycles, not even of types', () => {
    const graph = new Map(sources.map(({ path, imports }) => [path, imports]))
    expect(sources.flatMap(({ path }) => cyclesFrom(path, graph))).toEqual([])
  })

  it('of the core are of the core and of calculators alone: no file system, network or clock', () => {
    const core = sources.filter(({ path }) => path.startsWith('pool/'))
    const calculators = new Set([
      'node:crypto',
      'smol-toml',
      'spdx-expression-parse',
      'packageurl-js',
      '@cyclonedx/cyclonedx-library',
      'zod',
    ])
    const others = core.flatMap(({ imports }) =>
      imports.filter((name) => !name.startsWith('pool/') && !calculators.has(name)),
    )
    expect([...new Set(others)]).toEqual([])
    const impure = core.filter(({ text }) =>
      /\bDate\.now\b|\bnew Date\(\)|\bprocess\.|\bMath\.random\b|\brandom(?:Bytes|UUID|Int)\b|\bfetch\(/.test(text),
    )
    expect(impure.map(({ path }) => path)).toEqual([])
  })

  it('name files as they are', () => {
    const known = new Set([...sources, ...tests].map(({ path }) => path))
    const dead = [...sources, ...tests].flatMap(({ path, imports }) =>
      imports
        .filter((name) => areas.includes(name.split('/')[0] ?? '') && name.includes('/') && !known.has(name))
        .map((name) => `${path} imports ${name}`),
    )
    expect(dead).toEqual([])
  })
})

describe('files', () => {
  it('have no default exports', () => {
    const found = [...sources, ...tests].filter(({ text }) =>
      /^export default\b|^export \{[^}]*\bas default\b/m.test(text),
    )
    expect(found.map(({ path }) => path)).toEqual([])
  })

  it('have 250 lines at most', () => {
    const long = sources.map(({ path, text }) => ({ path, lines: text.split('\n').length - 1 }))
    expect(long.filter(({ lines }) => lines > 250)).toEqual([])
  })

  it('are named after what is in them', () => {
    const vague = /(?:^|[/-])(?:utils?|helpers?|managers?|services?|common|misc|index)(?:[/.-]|$)/
    const vagueNames = sources
      .map(({ path }) => path)
      .filter((path) => vague.test(path.replace('frozen-index', '').replace('pip-index', '')))
    expect(vagueNames).toEqual([])
  })
})

function quoted(code: string): RegExp {
  return new RegExp(`['"]${code}['"]`)
}

describe('error codes', () => {
  it('are each thrown somewhere', () => {
    const throwing = sources.filter(({ path }) => path !== 'pool/errors.ts')
    const unused = Object.keys(errors).filter((code) => !throwing.some(({ text }) => quoted(code).test(text)))
    expect(unused).toEqual([])
  })

  it('are each provoked by a test', () => {
    const provoking = tests.filter(({ path }) => path.endsWith('.test.ts') || path.startsWith('test/contract/'))
    const unproven = Object.keys(errors).filter((code) => !provoking.some(({ text }) => quoted(code).test(text)))
    expect(unproven).toEqual([])
  })
})
