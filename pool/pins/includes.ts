import { configurationEntries, type Entry } from './buildout-entries.ts'
import type { Place, Source } from './pin.ts'
import { logicalLines } from './requirement-lines.ts'
import { kindOf } from './source-kind.ts'

/** Another text that a source names, to be read with it. */
export interface Include {
  readonly place: Place
  /** As it is written there: a path or a URL, relative to the source. */
  readonly reference: string
  readonly as: 'pins' | 'constraints' | 'extends'
}

/** What a source names: `-r` and `-c` of requirements, `extends` of a buildout configuration. Never throws. */
export function includesOf(source: Source): readonly Include[] {
  const kind = kindOf(source)
  if (kind === 'requirements') return logicalLines(source).flatMap((line) => nestedFile(line) ?? [])
  if (kind === 'buildout') return configurationEntries(source).entries.flatMap(extended)
  return []
}

const naming = /^(-r|-c|--requirement|--constraint)(?:[ =]|$)(.*)$/

/** Of a line `-r FILE` or `-c FILE`; also without the space, as pip takes it. */
export function nestedFile({ text, place }: { readonly text: string; readonly place: Place }): Include | undefined {
  const [, option = '', rest = ''] = naming.exec(text) ?? /^(-r|-c)(.+)$/.exec(text) ?? []
  const reference = rest.trim().replace(/^(["'])(.*)\1$/, '$2')
  if (reference === '') return undefined
  return { place, reference, as: option.endsWith('r') || option.endsWith('requirement') ? 'pins' : 'constraints' }
}

function extended({ section, key, value, place }: Entry): readonly Include[] {
  if (section !== 'buildout' || key !== 'extends') return []
  return value
    .split(/\s+/)
    .filter((reference) => reference !== '')
    .map((reference) => ({ place, reference, as: 'extends' }))
}

/** Whether a name is that of a text on the web. */
export function isUrl(name: string): boolean {
  return /^https?:\/\//i.test(name)
}

/**
 * The name of the source that `reference` means where it stands in `from`: next to it, as pip and buildout look for it.
 * Paths stay relative if `from` is.
 */
export function locate(from: string, reference: string): string {
  if (isUrl(reference) || isUrl(from)) return publicUrl(reference, from)
  if (/^file:/i.test(reference)) return reference
  if (/^(?:[\\/]|[a-z]:[\\/])/i.test(reference)) return reference
  return joinPath(from.slice(0, from.lastIndexOf('/') + 1), reference)
}

/** Without user and password: it is a name that messages show. */
function publicUrl(reference: string, from: string): string {
  const base = isUrl(from) ? from : undefined
  if (!URL.canParse(reference, base)) return reference
  const url = new URL(reference, base)
  url.username = ''
  url.password = ''
  return url.href
}

function joinPath(directory: string, reference: string): string {
  const parts: string[] = []
  for (const part of `${directory}${reference}`.split('/')) {
    const last = parts.at(-1)
    if (part === '..' && last !== undefined && last !== '..' && last !== '') parts.pop()
    else if (part !== '.' && (part !== '' || parts.length === 0)) parts.push(part)
  }
  return parts.join('/')
}
