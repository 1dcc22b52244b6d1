import type { Marker } from '../marker.ts'
import { parseRequirement } from '../requirement.ts'
import { isProjectName, normaliseName } from '../project-name.ts'
import { directOf, isDirect } from './direct.ts'
import { nestedFile } from './includes.ts'
import {
  findAt,
  gather,
  makePin,
  normalisedExtras,
  quoted,
  type LineFinding,
  type ReadSource,
  type Source,
} from './pin.ts'
import { logicalLines, type LogicalLine } from './requirement-lines.ts'

/**
 * Reads a pip requirements or constraints file, or what `pip freeze` prints. Source: pip's manual, "Requirements File
 * Format". Index options are left out, since the release is its own index; files that it names are read by whoever
 * follows `includesOf`.
 */
export function readRequirementsTxt(source: Source): ReadSource {
  return gather(
    logicalLines(source).flatMap((line): readonly LineFinding[] => {
      if (line.text.startsWith('-')) return option(line)
      return [findAt(line.place, () => requirement(line))]
    }),
  )
}

const ignored =
  /^(?:-i|-f|--(?:index-url|extra-index-url|no-index|find-links|trusted-host|pre|no-binary|only-binary|prefer-binary|require-hashes|use-feature))(?=[\s=]|$)/

function option({ text, place }: LogicalLine): readonly LineFinding[] {
  const known = ignored.exec(text)
  if (known) {
    return [{ notice: { place, message: `${known[0]} is left out: a release is installed from its own index alone` } }]
  }
  const editable = /^(?:-e|--editable)[ =] ?(.+)$/.exec(text)
  const [, edited] = editable ?? []
  if (edited !== undefined) return [findAt(place, () => direct({ text, place }, edited))]
  const variable = variableIn({ text, place })
  if (variable) return [variable]
  if (nestedFile({ text, place })) return []
  const message = `${quoted(text)} is no option that a pin list can have`
  return [{ problem: { place, message, hint: 'remove it' } }]
}

/** pip puts the environment's value there; a release must not depend on whose environment that was. */
function variableIn({ text, place }: LogicalLine): LineFinding | undefined {
  const [variable] = /\$\{[A-Z0-9_]+\}/.exec(text) ?? []
  if (variable === undefined) return undefined
  const message = `${quoted(text)} has ${variable} in it: what stands in the environment is not read`
  return { problem: { place, message, hint: 'write what it stands for' } }
}

const exact = /^([A-Za-z0-9][A-Za-z0-9._-]*) ?(?:\[([^\]]*)\])? ?\(? ?={2,3} ?([^ ;,*()]+) ?\)? ?(?:;(.+))?$/s

/** Throws `version-invalid`, `requirement-invalid`. */
function requirement(line: LogicalLine): LineFinding {
  const { place } = line
  const variable = variableIn(line)
  if (variable) return variable
  const { text, hashes } = splitOptions(line.text)
  if (line.text.includes(' --hash') && hashes.length === 0) {
    const message = `${quoted(text)} states hashes, but none that is sha256`
    return { problem: { place, message, hint: 'use sha256 hashes' } }
  }
  if (isDirect(text)) return direct({ text, place }, text)
  const [, name, extras, version, marker] = exact.exec(text) ?? []
  const listed = extras?.split(',').map((extra) => extra.trim()) ?? []
  if (name === undefined || version === undefined || !listed.every((extra) => extra === '' || isProjectName(extra)))
    return loose({ text, place })
  const texts = { text, place, name, version, extras: listed.filter((extra) => extra !== ''), marker: marker?.trim() }
  const pin = makePin({ ...texts, hashes })
  return pin ? { pin } : loose({ text, place })
}

/** `name==1.0 --hash=sha256:… --global-option=…`: what is asked for, and the hashes. */
function splitOptions(line: string): { readonly text: string; readonly hashes: readonly string[] } {
  const at = line.indexOf(' --')
  if (at < 0) return { text: line, hashes: [] }
  const stated = line.slice(at).matchAll(/ --hash[= ] ?sha256:([0-9a-f]{64})(?= |$)/gi)
  return { text: line.slice(0, at), hashes: [...stated].map(([, hash = '']) => hash.toLowerCase()) }
}

/** Throws `requirement-invalid`. */
function loose({ text, place }: LogicalLine): LineFinding {
  const { name, extras, specifier, marker, url } = parseRequirement(text)
  if (url !== undefined) return direct({ text, place }, url, { name, extras, marker })
  const project = normaliseName(name)
  return { loose: { place, text, project, name, extras: normalisedExtras(extras), marker, specifier } }
}

interface Said {
  readonly name?: string
  readonly extras?: readonly string[]
  readonly marker?: Marker | undefined
}

/** Throws `requirement-invalid` if it is `name @ location` and not well formed. */
function direct(line: LogicalLine, location: string, said: Said = {}): LineFinding {
  const named = /^[A-Za-z0-9][\w.-]* ?(?:\[[^\]]*\])? ?@ /.test(location) ? parseRequirement(location) : undefined
  const { name, extras, marker, url } = { url: location, ...said, ...named }
  return { direct: directOf({ ...line, name, extras: normalisedExtras(extras ?? []), marker }, url) }
}
