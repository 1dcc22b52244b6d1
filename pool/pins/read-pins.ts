import { compareCodePoints } from '../version.ts'
import { normaliseName, type ProjectName } from '../project-name.ts'
import type { Target } from '../target.ts'
import { readUses, settleDirect } from './direct.ts'
import { inOrder } from './in-order.ts'
import { heldLines, type Held } from './held-lines.ts'
import { mergePins } from './merge.ts'
import {
  gather,
  printPin,
  quoted,
  type DirectRequirement,
  type LooseRequirement,
  type Notice,
  type Pin,
  type PinLine,
  type Problem,
  type ReadSource,
  type Source,
} from './pin.ts'
import { readSources } from './read-sources.ts'
import { reading, type Reading, type ReadOptions } from './reading.ts'
import { settle } from './settle.ts'
import { kindOf } from './source-kind.ts'

export interface ReadPins {
  /** Ascending by project. */
  readonly pins: readonly Pin[]
  /** What was asked for, one text a pin line, ascending. */
  readonly roots: readonly string[]
  /** What is asked for without a version that anything here makes exact. See `looseProblem`. */
  readonly loose: readonly LooseRequirement[]
  /** What constraints say of projects: no pins, but what is to be taken if something needs the project. Ascending. */
  readonly constraints: readonly Pin[]
  /** What constraints say of projects without a version. */
  readonly bounds: readonly LooseRequirement[]
  readonly problems: readonly Problem[]
  readonly notices: readonly Notice[]
}

/**
 * Takes all sources together into one pin a project. A pin whose marker holds on no target is left out; two different
 * versions that both hold are a problem, as is a source without any pin.
 */
export function readPins(sources: readonly Source[], targets: readonly Target[], options: ReadOptions = {}): ReadPins {
  const context = reading(sources, targets, options)
  const { asked, constraining } = readSources(context)
  const { uses, problems: unread } = readUses(options.use ?? [])
  const idle = [...unread, ...unusedUses(uses, asked.direct), ...extrasWithoutLock(context)]
  const direct = gather(asked.direct.map((each) => settleDirect(each, uses)))
  const pins = heldLines([...asked.pins, ...direct.pins], context)
  const loose = heldLines(asked.loose, context)
  const limits = { pins: heldLines(constraining.pins, context), loose: heldLines(constraining.loose, context) }
  const settled = settle({ pins: pins.held, loose: loose.held }, { pins: limits.pins.held, loose: limits.loose.held })
  const lines = [...pins.held, ...settled.pins]
  const merged = mergePins(lines)
  const constraints = mergePins(limits.pins.held)
  const parts: readonly Partial<Pick<ReadSource, 'problems' | 'notices'>>[] = [
    asked,
    { problems: constraining.problems },
    { problems: idle },
    direct,
    pins,
    loose,
    settled,
    merged,
    { problems: limits.pins.problems },
    { problems: limits.loose.problems },
    constraints,
    { problems: gather(constraining.direct.map((each) => settleDirect(each, uses))).problems },
  ]
  return {
    pins: merged.pins,
    roots: rootsOf({ pins: pins.held, settled: settled.pins }, sources),
    loose: settled.left,
    constraints: constraints.pins,
    bounds: limits.loose.held.map(({ line }) => line),
    problems: inOrder(
      parts.flatMap(({ problems = [] }) => problems),
      sources,
    ),
    notices: parts.flatMap(({ notices = [] }) => notices),
  }
}

/** Where a resolver has chosen, what was asked for is what it has chosen for. */
function rootsOf(
  { pins, settled }: Readonly<Record<'pins' | 'settled', readonly Held<PinLine>[]>>,
  sources: readonly Source[],
): readonly string[] {
  const resolved = new Set(sources.flatMap(({ name, as }) => (as === 'resolved' ? name : [])))
  const asked = pins.filter(({ line }) => !resolved.has(line.place.source))
  const texts = [
    ...asked.map(({ line }) => printPin(line)),
    ...settled.map(({ line }) => (resolved.size > 0 ? line.text : printPin(line))),
  ]
  return [...new Set(texts)].toSorted(compareCodePoints)
}

function unusedUses(uses: ReadonlyMap<ProjectName, PinLine>, direct: readonly DirectRequirement[]): readonly Problem[] {
  const named = new Set<string>(direct.map(({ name = '' }) => normaliseName(name)))
  const unused = [...uses.values()].filter(({ project }) => !named.has(project))
  return unused.map(({ text }) => ({
    message: `--use ${text}: nothing is asked for by path, repository or URL under that name`,
    hint: 'a version that is on an index is asked for as NAME==VERSION',
  }))
}

function extrasWithoutLock({ sources, options }: Reading): readonly Problem[] {
  const { extras = [], groups = [] } = options
  if ([...sources.values()].some((source) => kindOf(source) === 'lock')) return []
  return [...extras, ...groups].map((name) => ({
    message: `extra or group ${quoted(name)}: no lock that could have it is among the sources`,
    hint: 'extras of a project are asked for as NAME[extra]==VERSION',
  }))
}

/** What to say of a requirement that stays loose. */
export function looseProblem({ place, text, name }: LooseRequirement): Problem {
  const hint = `write ${name}==VERSION, give constraints with -c, or have versions chosen with --resolve`
  return { place, message: `${quoted(text)} is not pinned`, hint }
}
