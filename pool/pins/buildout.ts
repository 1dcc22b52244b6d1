import { isProjectName, normaliseName } from '../project-name.ts'
import { parseSpecifierSet } from '../specifier.ts'
import { parseCondition } from './buildout-condition.ts'
import { configurationEntries, type Configuration, type Entry } from './buildout-entries.ts'
import { includesOf } from './includes.ts'
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
import { openInclude, targetsWhere, type Reading } from './reading.ts'
import { markerOf } from './target-subset.ts'

/**
 * Reads the versions of a zc.buildout configuration and of all that it extends: what it extends in order, then itself,
 * the later over the earlier; a section with a condition counts on the targets where that holds. The section is the one
 * that `[buildout] versions` names, else `[versions]`. Source: zc.buildout's manual, "Pinning versions", "Extending
 * configurations". compoze's section is of the same form, with extras: `name|extra1,extra2 = spec`.
 */
export function readBuildout(source: Source, reading: Reading): ReadSource {
  const problems: LineFinding[] = []
  const layers = layersOf(source, [source.name], reading, { read: new Map(), problems })
  const entries = layers.flatMap((layer) => layer.entries)
  const findings = layers.flatMap((layer) => layer.problems.map((problem): LineFinding => ({ problem })))
  const judged = judgeConditions(entries, reading)
  const chosen = chooseEntries(judged.entries, reading)
  return gather([
    ...problems,
    ...findings,
    ...judged.findings,
    ...chosen.flatMap(({ entry, on }) => findAt(entry.place, () => versionOf(entry, on, reading))),
  ])
}

interface Layers {
  readonly read: Map<string, readonly NamedLayer[]>
  readonly problems: LineFinding[]
}

type NamedLayer = Configuration & { readonly name: string }

/** A configuration with what it extends, the overridden first. A file that is reached twice counts where it is last. */
function layersOf(source: Source, chain: readonly string[], reading: Reading, layers: Layers): readonly NamedLayer[] {
  const known = layers.read.get(source.name)
  if (known) return known
  const below = includesOf(source).flatMap((include) => {
    const found = openInclude(reading, include, chain)
    if (!('message' in found)) return layersOf(found, [...chain, found.name], reading, layers)
    layers.problems.push({ problem: found })
    return []
  })
  const own = { name: source.name, ...configurationEntries(source) }
  const last = new Map([...below, own].map((layer, index) => [layer.name, index]))
  const all = [...below, own].filter((layer, index) => last.get(layer.name) === index)
  layers.read.set(source.name, all)
  return all
}

/** An entry with the numbers of the targets on which it counts. */
interface Counted {
  readonly entry: Entry
  readonly on: readonly number[]
}

function judgeConditions(
  entries: readonly Entry[],
  reading: Reading,
): { readonly entries: readonly Counted[]; readonly findings: readonly LineFinding[] } {
  const everywhere = targetsWhere(reading, () => true)
  const judged = new Map<string, readonly number[]>()
  const findings: LineFinding[] = []
  const judge = ({ condition, place }: Entry): readonly number[] => {
    if (condition === undefined) return everywhere
    const known = judged.get(condition)
    if (known) return known
    const read = findAt(place, () => targetsWhere(reading, parseCondition(condition)))
    if ('problem' in read) findings.push(read)
    const on = 'problem' in read ? [] : read
    judged.set(condition, on)
    return on
  }
  return { entries: entries.map((entry) => ({ entry, on: judge(entry) })), findings }
}

/** The entries that count in the end, a project's on a target being the last one. */
function chooseEntries(entries: readonly Counted[], { environments, options }: Reading): readonly Counted[] {
  const whole = environments.length === 0 ? [undefined] : [...environments.keys()]
  const final = new Map<Entry, number[]>()
  for (const target of whole) {
    const here = entries.filter(({ on }) => target === undefined || on.includes(target)).map(({ entry }) => entry)
    const named = here.findLast(({ section, key }) => section === 'buildout' && key === 'versions')
    const wanted = options.versionsSection ?? named?.value ?? 'versions'
    const last = new Map(here.filter(({ section }) => section === wanted).map((entry) => [keyOf(entry), entry]))
    for (const entry of last.values())
      final.set(entry, [...(final.get(entry) ?? []), ...(target === undefined ? [] : [target])])
  }
  return [...final].map(([entry, on]) => ({ entry, on }))
}

function keyOf({ key }: Entry): string {
  const [name = ''] = key.split('|')
  return isProjectName(name) ? normaliseName(name) : key
}

/** Throws `version-invalid`. */
function versionOf(entry: Entry, on: readonly number[], reading: Reading): LineFinding {
  const { place, key, value, operator } = entry
  const [name = '', listed] = key.split('|').map((part) => part.trim())
  const extras = listed?.split(',').map((extra) => extra.trim()) ?? []
  const text = `${key} ${operator} ${value}`
  if (value === '' && operator === '=' && key !== '<') {
    return { notice: { place, message: `${key} has no version here: it is left out` } }
  }
  if (operator !== '=' || !isProjectName(name) || !extras.every(isProjectName)) {
    const macro = key === '<' ? `${quoted(text)} takes in another section, which is not followed` : undefined
    return { problem: { place, message: macro ?? `${quoted(text)} is no pin`, hint: 'write name = version' } }
  }
  const marker = markerOf(on, reading)
  const version = value.replace(/^={2,3}\s*(?![^,]*,)/, '')
  if (!/[<>~!=*$\s,]/.test(version)) {
    const pin = makePin({ place, text: `${key} = ${value}`, name, version, extras, marker })
    if (pin) return { pin }
  }
  const specifier = /[<>=~!]/.test(value) ? parseSpecifierSet(value) : undefined
  if (!specifier) {
    return { problem: { place, message: `${quoted(text)} is not one version`, hint: `write ${key} = VERSION` } }
  }
  const project = normaliseName(name)
  return { loose: { place, text, project, name, extras: normalisedExtras(extras), marker, specifier } }
}
