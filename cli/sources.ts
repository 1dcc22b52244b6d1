import { stat } from 'node:fs/promises'
import { RegistryError } from '../pool/errors.ts'
import { includesOf, isUrl, locate } from '../pool/pins/includes.ts'
import type { Problem, Source } from '../pool/pins/pin.ts'
import { readInstalled } from './installed.ts'
import { readTextFile, type Text } from './text-file.ts'
import { textReader } from './text-url.ts'

/** More files than any buildout extends. */
const mostFiles = 200

/**
 * The files and the requirements of a command line as sources of pins, with all that they name by `-r`, `-c` or
 * `extends`: a file, a URL, or a directory where things are installed. Of those that are only named, what cannot be read
 * is left to whoever reads the pins, who knows the line. Throws `input-unreadable`; `usage` if nothing is given.
 */
export async function readSources(
  files: readonly string[],
  requirements: readonly string[],
  constraints: readonly string[] = [],
): Promise<readonly Source[]> {
  if (files.length + requirements.length === 0) {
    throw new RegistryError(
      'usage',
      {},
      { detail: 'no pins were given', hint: 'name them as NAME==VERSION, or give a file with -r' },
    )
  }
  const read = sourceReader()
  const named = await Promise.all(files.map((file) => read(file)))
  const limiting = await Promise.all(constraints.map((file) => read(file)))
  refuseUnreadable([...named, ...limiting])
  return withIncludes(read, [
    ...named,
    ...limiting.map((source) => ({ ...source, as: 'constraints' as const })),
    ...(requirements.length === 0 ? [] : [{ name: 'arguments', text: requirements.join('\n') }]),
  ])
}

/** One text file, as it is. Throws `input-unreadable`. */
export async function readSource(path: string): Promise<Source> {
  const source = toSource(path, await readTextFile(path))
  refuseUnreadable([source])
  return source
}

type ReadSource = (location: string) => Promise<Source>

function sourceReader(): ReadSource {
  const readUrl = textReader()
  return async (location) => {
    if (isUrl(location)) return toSource(locate('', location), await readUrl(location))
    if (/^file:/i.test(location)) return toSource(location, { unreadable: 'write it as a path' })
    const status = await stat(location).catch(() => undefined)
    if (!status?.isDirectory()) return toSource(location, await readTextFile(location))
    const unreadable = 'it is a directory, but nothing is installed in it: it is no virtualenv or site-packages'
    return (await readInstalled(location)) ?? toSource(location, { unreadable })
  }
}

function toSource(name: string, text: Text): Source {
  return { name, text: '', ...text }
}

function refuseUnreadable(sources: readonly Source[]): void {
  const problems = sources.flatMap(({ name, unreadable }): Problem[] =>
    unreadable === undefined ? [] : [{ message: `${name}: ${unreadable}` }],
  )
  const [first, ...others] = problems
  if (!first) return
  if (others.length === 0) throw new RegistryError('input-unreadable', {}, { detail: first.message })
  throw new RegistryError('input-unreadable', { problems }, { detail: `${problems.length} files` })
}

/** The given sources, and each that they name, theirs, and so on, once. */
async function withIncludes(read: ReadSource, given: readonly Source[]): Promise<readonly Source[]> {
  const sources = new Map(given.map((source) => [source.name, source]))
  const included: Source[] = []
  const open = given.flatMap((source) => includesOf(source))
  for (let include = open.shift(); include; include = open.shift()) {
    const name = locate(include.place.source, include.reference)
    if (sources.has(name)) continue
    const found =
      sources.size < mostFiles
        ? await read(isUrl(include.reference) ? include.reference : name)
        : toSource(name, { unreadable: `more than ${mostFiles} files are named` })
    const source = { ...found, name, as: 'included' as const }
    sources.set(name, source)
    included.push(source)
    if (source.unreadable === undefined && sources.size <= mostFiles) open.push(...includesOf(source))
  }
  return [...given, ...included.slice(0, mostFiles - given.length)]
}
