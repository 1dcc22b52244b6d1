import { normaliseName } from '../project-name.ts'
import { contains, parseSpecifierSet } from '../specifier.ts'
import { compareCodePoints } from '../version.ts'
import type { Lock } from './locked.ts'
import { quoted, type Problem } from './pin.ts'
import { targetsWhere } from './reading.ts'

export interface Wanted {
  readonly extras: ReadonlySet<string>
  readonly groups: ReadonlySet<string>
}

/** The wanted extras and groups, normalised; a name that the lock does not have is a problem. */
export function wantedOf(
  { source, reading }: Lock,
  known: { readonly extras: readonly string[]; readonly groups: readonly string[] },
): Wanted & { readonly problems: readonly Problem[] } {
  const { extras = [], groups = [] } = reading.options
  const place = { source: source.name, line: 1 }
  const unknown = (what: string, wanted: readonly string[], has: readonly string[]): readonly Problem[] => {
    const names = new Set(has.map(normaliseName))
    const hint = has.length === 0 ? `it has no ${what}s` : `it has ${[...names].toSorted(compareCodePoints).join(', ')}`
    return wanted
      .filter((each) => !names.has(normaliseName(each)))
      .map((each) => ({ place, message: `this lock has no ${what} ${quoted(each)}`, hint }))
  }
  return {
    extras: new Set(extras.map(normaliseName)),
    groups: new Set(groups.map(normaliseName)),
    problems: [...unknown('extra', extras, known.extras), ...unknown('group', groups, known.groups)],
  }
}

/** Targets whose Python a lock was not made for. `requires`: as `>=3.10`. */
export function pythonProblems({ source, reading }: Lock, requires: string | undefined): readonly Problem[] {
  const specifier = requires === undefined ? undefined : parseSpecifierSet(requires)
  if (!specifier) return []
  const on = targetsWhere(reading, ({ python_full_version }) => contains(specifier, python_full_version))
  const outside = reading.targets.filter((_, index) => !on.includes(index))
  const place = { source: source.name, line: lineOf(source.text, requires ?? '') }
  return outside.map(({ text }) => ({ place, message: `this lock is for Python ${requires}, so not for ${text}` }))
}

function lineOf(text: string, part: string): number {
  const at = text.indexOf(part)
  return at < 0 ? 1 : text.slice(0, at).split('\n').length
}
