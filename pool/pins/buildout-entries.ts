import { quoted, type Place, type Problem, type Source } from './pin.ts'

export interface Entry {
  readonly section: string
  /** Of `[versions:python_version < "3.8"]`. */
  readonly condition: string | undefined
  readonly key: string
  readonly operator: '=' | '+=' | '-='
  /** Continued lines are joined by a newline. */
  readonly value: string
  readonly place: Place
}

export interface Configuration {
  readonly entries: readonly Entry[]
  readonly problems: readonly Problem[]
}

/** The entries of a zc.buildout configuration, in order. Source: zc.buildout's manual, "Configuration file syntax". */
export function configurationEntries({ name, text }: Source): Configuration {
  const entries: Entry[] = []
  const problems: Problem[] = []
  let header: Header | undefined
  let open: { readonly entry: Entry; readonly values: string[] } | undefined
  const close = () => {
    if (open) entries.push({ ...open.entry, value: open.values.join('\n') })
    open = undefined
  }
  for (const [index, raw] of text.split(/\r\n|\r|\n/).entries()) {
    const place = { source: name, line: index + 1 }
    const line = withoutComment(raw)
    if (line === '') continue
    const section = readHeader(line)
    const entry = keyAndValue(line)
    if (section) {
      close()
      header = section
    } else if (/^\s/.test(line) && open) open.values.push(line.trim())
    else if (entry && header) {
      close()
      open = { entry: { ...header, ...entry, place }, values: [entry.value] }
    } else if (entry) {
      // What is lacking is lacking once, however many versions stand below.
      if (problems.length === 0)
        problems.push({ place, message: `${quoted(line)} stands in no section`, hint: 'write [versions] above it' })
    } else problems.push({ place, message: `${quoted(line)} is no line of a buildout configuration` })
  }
  close()
  return { entries, problems }
}

/** `#` and `;` begin a comment at the start of a line or after white space. */
function withoutComment(raw: string): string {
  for (let at = 0; at < raw.length; at++) {
    const character = raw[at]
    if ((character === '#' || character === ';') && (at === 0 || /\s/.test(raw[at - 1] ?? ''))) {
      return raw.slice(0, at).trimEnd()
    }
  }
  return raw.trimEnd()
}

type Header = Pick<Entry, 'section' | 'condition'>

/** Of `[name]`, `[name: condition]`. By hand, as `keyAndValue`: patterns with blanks on both sides take minutes for a line of them. */
function readHeader(line: string): Header | undefined {
  if (!line.startsWith('[') || !line.endsWith(']')) return undefined
  const inner = line.slice(1, -1)
  const colon = inner.indexOf(':')
  if (colon < 0) return { section: inner.trim(), condition: undefined }
  return { section: inner.slice(0, colon).trim(), condition: inner.slice(colon + 1).trim() }
}

/** Of `key = value`, `key += value`, `key -= value`, `<= section`; a key starts the line. */
function keyAndValue(line: string): Pick<Entry, 'key' | 'operator' | 'value'> | undefined {
  const at = line.indexOf('=')
  if (at < 1 || /^[\s=+-]/.test(line)) return undefined
  const sign = line[at - 1]
  const key = line.slice(0, sign === '+' || sign === '-' ? at - 1 : at).trim()
  return { key, operator: sign === '+' || sign === '-' ? `${sign}=` : '=', value: line.slice(at + 1).trim() }
}
