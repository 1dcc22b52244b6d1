import { isProjectName } from '../project-name.ts'
import {
  findPin,
  gather,
  makePin,
  quoted,
  type Finding,
  type PinLine,
  type Place,
  type Problem,
  type ReadSource,
  type Source,
} from './pin.ts'

/**
 * Reads the pins of a zc.buildout configuration: the section that `[buildout] versions` names, else `[versions]`.
 * Source: zc.buildout's manual, "Pinning versions". An empty value takes a pin away, in buildout as here.
 */
export function readVersionsCfg(source: Source): ReadSource {
  const { entries, findings } = readEntries(source)
  const named = entries.findLast(({ section, key }) => section === 'buildout' && key === 'versions')
  const section = named?.value ?? 'versions'
  return gather([...findings, ...entries.flatMap((entry) => judge(entry, section) ?? [])])
}

const longestLine = 10_000

interface Entry {
  readonly section: string
  readonly key: string
  readonly operator: string
  readonly value: string
  readonly place: Place
}

function readEntries(source: Source): { entries: readonly Entry[]; findings: readonly Finding[] } {
  const entries: Entry[] = []
  const findings: Finding[] = []
  let section = ''
  for (const [index, raw] of source.text.split(/\r\n|\r|\n/).entries()) {
    const place = { source: source.name, line: index + 1 }
    const line = raw.replace(/(?:^|\s)[#;].*$/, '').trimEnd()
    if (line === '') continue
    if (line.length > longestLine) {
      findings.push({ problem: { place, message: `this line is longer than ${longestLine} characters` } })
      continue
    }
    const header = sectionName(line)
    const entry = keyAndValue(line)
    const last = entries.at(-1)
    if (header !== undefined) section = header
    else if (/^\s/.test(line) && last) entries[entries.length - 1] = { ...last, value: `${last.value}\n${line.trim()}` }
    else if (entry && section !== '') {
      entries.push({ section, ...entry, place })
    } else findings.push({ problem: { place, message: `${quoted(line)} is no line of a buildout configuration` } })
  }
  return { entries, findings }
}

/** Of `[name]`. By hand, as `keyAndValue` is: a pattern with blanks on both sides takes minutes for a line of them. */
function sectionName(line: string): string | undefined {
  return line.startsWith('[') && line.endsWith(']') ? line.slice(1, -1).trim() : undefined
}

/** Of `key = value`, `key += value`, `key -= value`; a key starts the line. */
function keyAndValue(line: string): Pick<Entry, 'key' | 'operator' | 'value'> | undefined {
  const at = line.indexOf('=')
  if (at < 1 || /^[\s=+<>-]/.test(line)) return undefined
  const sign = line[at - 1] === '+' || line[at - 1] === '-' ? 1 : 0
  return {
    key: line.slice(0, at - sign).trim(),
    operator: line.slice(at - sign, at + 1),
    value: line.slice(at + 1).trim(),
  }
}

/** What an entry means for the pins; `undefined` if nothing. */
function judge(entry: Entry, section: string): Finding | undefined {
  const { place, key, value, operator } = entry
  if (entry.section === 'buildout' && key === 'extends') {
    const message = `extends = ${value.split('\n').join(' ')} is not followed`
    return { problem: { place, message, hint: 'give each file with a -r of its own' } }
  }
  if (entry.section.startsWith(`${section}:`)) {
    const message = `the section [${entry.section}] has a condition`
    return { problem: { place, message, hint: 'give the pins of your target in a file of their own' } }
  }
  if (entry.section !== section) return undefined
  if (value === '' && operator === '=') {
    return { notice: { place, message: `${key} has no version here: it is left out` } }
  }
  return findPin(place, () => pinOf(entry))
}

/** Throws `version-invalid`. */
function pinOf({ place, key, value, operator }: Entry): PinLine | Problem {
  const text = `${key} ${operator} ${value}`
  const none = { place, message: `${quoted(text)} is no pin`, hint: 'write name = version' }
  if (operator !== '=' || !isProjectName(key)) return none
  if (/[<>~!*$\s,]/.test(value)) {
    return { place, message: `${quoted(text)} is not one version`, hint: `write ${key} = VERSION` }
  }
  const version = value.replace(/^={2,3}/, '')
  return makePin({ text: `${key} = ${value}`, place, hashes: [], name: key, version, marker: undefined }) ?? none
}
