import type { MarkerEnvironment } from '../marker.ts'
import { markerEnvironment, type Target } from '../target.ts'
import type { Problem, Source } from './pin.ts'
import { locate, type Include } from './includes.ts'
import { kindOf } from './source-kind.ts'

/** What a reader may ask for of what a source holds. */
export interface ReadOptions {
  /** `name==version` of what the pool holds for a path, VCS or URL requirement of that name. */
  readonly use?: readonly string[]
  /** Extras and dependency groups of the project that a lock was made of. Default: what it needs to run, alone. */
  readonly extras?: readonly string[]
  readonly groups?: readonly string[]
  /** The section of a configuration to read. Default: what `[buildout] versions` names, else `versions`. */
  readonly versionsSection?: string | undefined
}

/** All that a reader knows besides its source. */
export interface Reading {
  readonly targets: readonly Target[]
  /** One a target, in the same order. */
  readonly environments: readonly MarkerEnvironment[]
  /** By name, for those that name each other. */
  readonly sources: ReadonlyMap<string, Source>
  /** What is to be read, without what is there for others alone. */
  readonly given: readonly Source[]
  readonly options: ReadOptions
}

/** Takes together what all readers need. */
export function reading(sources: readonly Source[], targets: readonly Target[], options: ReadOptions): Reading {
  // Editors of some systems begin a text with a byte order mark.
  const plain = sources.map((source) => ({ ...source, text: source.text.replace(/^\uFEFF/, '') }))
  return {
    targets,
    environments: targets.map(markerEnvironment),
    sources: new Map(plain.map((source) => [source.name, source])),
    given: plain.filter(({ as }) => as !== 'included'),
    options,
  }
}

/** The numbers of the targets for which `holds`. */
export function targetsWhere(
  { environments }: Reading,
  holds: (environment: MarkerEnvironment) => boolean,
): readonly number[] {
  return environments.flatMap((environment, index) => (holds(environment) ? index : []))
}

/** The source that `include` names, or why there is none. `chain`: the names that led there, the newest last. */
export function openInclude(
  { sources }: Reading,
  { place, reference }: Include,
  chain: readonly string[],
): Source | Problem {
  const name = locate(place.source, reference)
  if (chain.includes(name)) {
    const circle = [...chain.slice(chain.indexOf(name)), name].join(' -> ')
    return { place, message: `${reference} leads in a circle: ${circle}`, hint: 'take one of them out' }
  }
  const source = sources.get(name)
  if (!source) return { place, message: `${reference} was not given`, hint: 'send it with the others, by that name' }
  if (source.unreadable === undefined) return source
  return { place, message: `${name} cannot be read: ${source.unreadable}` }
}

/** Beyond these no pin list comes, and what is hostile stays cheap. Locks have long lines, and texts in JSON longer ones. */
const most = { lines: 100_000, line: 10_000, characters: 16_000_000 }

/** What speaks against reading a source at all. */
export function boundsProblem(source: Source): Problem | undefined {
  const { name, text } = source
  const kind = kindOf(source)
  const linewise = kind === 'requirements' || kind === 'buildout'
  const at = (line: number, message: string) => ({ place: { source: name, line }, message })
  if (text.length > most.characters) return at(1, `a pin list has ${most.characters} characters at most`)
  let line = 0
  for (let start = 0; start <= text.length; line++) {
    const end = text.indexOf('\n', start)
    const length = (end < 0 ? text.length : end) - start
    if (line >= most.lines) return at(line + 1, `a pin list has ${most.lines} lines at most`)
    if (linewise && length > most.line) return at(line + 1, `a line has ${most.line} characters at most`)
    start += length + 1
  }
  const nul = text.indexOf('\0')
  if (nul >= 0) return at(text.slice(0, nul).split('\n').length, 'there is a NUL character in it: it is no text')
  return undefined
}
