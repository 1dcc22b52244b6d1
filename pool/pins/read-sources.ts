import { readBuildout } from './buildout.ts'
import { includesOf } from './includes.ts'
import { readLock } from './lock.ts'
import { gather, type Problem, type ReadSource, type Source } from './pin.ts'
import { readInspect } from './pip-inspect.ts'
import { boundsProblem, openInclude, type Reading } from './reading.ts'
import { readRequirementsTxt } from './requirements-txt.ts'
import { kindOf } from './source-kind.ts'

/** What all sources say, with what they name. */
export interface ReadSources {
  readonly asked: ReadSource
  /** Of files that `-c` names: what holds for a project if something asks for it. */
  readonly constraining: ReadSource
}

type Part = keyof ReadSources

/** Reads every source that is not there for others alone, and what it names by `-r` and `-c`, each once. */
export function readSources(reading: Reading): ReadSources {
  const seen = new Set<string>()
  const read: Record<Part, ReadSource[]> = { asked: [], constraining: [] }
  for (const source of reading.given) {
    const before = count(read)
    follow(source, source.as === 'constraints' ? 'constraining' : 'asked', [source.name])
    if (source.as !== 'constraints' && count(read) === before) read.asked.push(gather([{ problem: empty(source) }]))
  }
  return { asked: together(read.asked), constraining: together(read.constraining) }

  function follow(source: Source, part: Part, chain: readonly string[]): void {
    seen.add(`${part} ${source.name}`)
    const refused = boundsProblem(source)
    read[part].push(refused ? gather([{ problem: refused }]) : readSource(source, reading))
    for (const include of refused ? [] : includesOf(source)) {
      if (include.as === 'extends') continue
      const found = openInclude(reading, include, chain)
      const its = include.as === 'constraints' ? 'constraining' : part
      if ('message' in found) read[part].push(gather([{ problem: found }]))
      else if (!seen.has(`${its} ${found.name}`)) follow(found, its, [...chain, found.name])
    }
  }
}

function count({ asked, constraining }: Record<Part, ReadSource[]>): number {
  return [...asked, ...constraining].reduce(
    (total, { pins, loose, direct, problems }) => total + pins.length + loose.length + direct.length + problems.length,
    0,
  )
}

function readSource(source: Source, reading: Reading): ReadSource {
  const kind = kindOf(source)
  switch (kind) {
    case 'requirements':
      return readRequirementsTxt(source)
    case 'buildout':
      return readBuildout(source, reading)
    case 'lock':
      return readLock(source, reading)
    case 'inspect':
      return readInspect(source)
    default:
      return kind satisfies never
  }
}

function empty({ name }: Source): Problem {
  return {
    place: { source: name, line: 1 },
    message: 'no pin is in it',
    hint: 'give requirements, constraints, a buildout configuration, the lock of uv, poetry, pdm or pip, or a virtualenv',
  }
}

function together(parts: readonly ReadSource[]): ReadSource {
  return {
    pins: parts.flatMap(({ pins }) => pins),
    loose: parts.flatMap(({ loose }) => loose),
    direct: parts.flatMap(({ direct }) => direct),
    problems: parts.flatMap(({ problems }) => problems),
    notices: parts.flatMap(({ notices }) => notices),
  }
}
