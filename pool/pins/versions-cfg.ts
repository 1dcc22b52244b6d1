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
    const header = /^\[\s*([^\]]+?)\s*\]$/.exec(line)
    const entry = /^([^\s=+<>-][^=]*?)\s*([+-]?=)\s*(.*)$/.exec(line)
    const last = entries.at(-1)
    if (header) section = header[1] ?? ''
    else if (/^\s/.test(line) && last) entries[entries.length - 1] = { ...last, value: `${last.value}\n${line.trim()}` }
    else if (entry && section !== '') {
      const [, key = '', operator = '', value = ''] = entry
      entries.push({ section, key: key.trim(), operator, value: value.trim(), place })
    } else findings.push({ problem: { place, message: `${quoted(line)} is no line of a buildout configuration` } })
  }
  return { entries, findings }
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
