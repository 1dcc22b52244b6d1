import { isProjectName, normaliseName } from '../project-name.ts'

export interface StatedRequirements {
  readonly requires: readonly string[]
  /** Normalised, ascending. */
  readonly extras: readonly string[]
}

/**
 * Reads setuptools' `requires.txt`: one requirement a line; below `[extra:marker]`, either part of which may be lacking,
 * those of an extra and of where the marker holds. They come out as PEP 508 has them. Source: setuptools, "Internal
 * Structure of Python Eggs", `setuptools/command/egg_info.py`. An extra that PEP 508 cannot ask for is left out.
 */
export function readRequiresTxt(text: string): StatedRequirements {
  const extras = new Set<string>()
  const requires: string[] = []
  let condition: string | undefined = ''
  for (const line of text.split(/\r\n|\r|\n/).map((raw) => raw.trim())) {
    if (line === '' || line.startsWith('#')) continue
    if (!line.startsWith('[')) {
      if (condition !== undefined) requires.push(conditional(line, condition))
      continue
    }
    const section = readSection(line)
    condition = section?.condition
    if (section !== undefined && section.extra !== '') extras.add(section.extra)
  }
  return { requires, extras: [...extras].toSorted() }
}

function readSection(line: string): { readonly extra: string; readonly condition: string } | undefined {
  const inside = line.endsWith(']') ? line.slice(1, -1) : line.slice(1)
  const colon = inside.indexOf(':')
  const [name, marker] = colon < 0 ? [inside, ''] : [inside.slice(0, colon), inside.slice(colon + 1)]
  const [asked, where] = [name.trim(), marker.trim()]
  if (asked !== '' && !isProjectName(asked)) return undefined
  const extra = asked === '' ? '' : normaliseName(asked)
  const conditions = [where === '' ? '' : `(${where})`, extra === '' ? '' : `extra == "${extra}"`]
  return { extra, condition: conditions.filter((each) => each !== '').join(' and ') }
}

/** `foo>=1; os_name == "nt"` with another condition. In a URL a `;` is a part of it, unless a blank comes before. */
export function conditional(line: string, condition: string): string {
  if (condition === '') return line
  const at = line.includes('@') ? line.search(/\s;/) : line.indexOf(';')
  if (at < 0) return `${line} ; ${condition}`
  const own = line.slice(line.indexOf(';', at) + 1).trim()
  return `${line.slice(0, at).trim()} ; (${own}) and ${condition}`
}
