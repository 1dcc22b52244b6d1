import type { LicenceExpression, LicenceTerm } from './expression.ts'
import { looseNames } from './loose.ts'
import { gnuVersions } from './spellings.ts'

/**
 * Whether the use of what is under a licence is granted by licences that pass: AND needs all, OR needs one, `-or-later`
 * any version from there on, and a name that may mean several (`LicenseRef-BSD`) all that it may mean.
 */
export function isGranted(expression: LicenceExpression, passes: (term: LicenceTerm) => boolean): boolean {
  if ('every' in expression) return expression.every.every((each) => isGranted(each, passes))
  if ('some' in expression) return expression.some.some((each) => isGranted(each, passes))
  if (passes(expression)) return true
  const meanings = looseNames[expression.id]
  if (meanings) return meanings.every((id) => passes({ ...expression, id }))
  return laterVersions(expression.id).some((id) => passes({ ...expression, id }))
}

/** Whether a licence is refused whatever one chooses: AND by one, OR by all, a name that may mean several by one of them. */
export function isRefused(expression: LicenceExpression, refused: readonly LicenceTerm[]): boolean {
  if ('every' in expression) return expression.every.some((each) => isRefused(each, refused))
  if ('some' in expression) return expression.some.every((each) => isRefused(each, refused))
  const covered = (id: string) => refused.some((each) => covers(each, { ...expression, id }))
  if (covered(expression.id)) return true
  const versions = laterVersions(expression.id)
  return (looseNames[expression.id] ?? []).some(covered) || (versions.length > 0 && versions.every(covered))
}

/** Whether what is said of licence `entry` holds for `term`: `GPL-2.0-or-later` is said of every later one too. */
export function covers(entry: LicenceTerm, term: LicenceTerm): boolean {
  if (entry.exception !== undefined && entry.exception !== term.exception) return false
  return entry.id === term.id || laterVersions(entry.id).includes(term.id) || laterLater(entry.id).includes(term.id)
}

/** `GPL-2.0-or-later` → `GPL-2.0-only`, `GPL-3.0-only`; `[]` for what is no such name. */
function laterVersions(id: string): readonly string[] {
  return versionsFrom(id).map(([family, version]) => `${family}-${version}-only`)
}

function laterLater(id: string): readonly string[] {
  return versionsFrom(id).map(([family, version]) => `${family}-${version}-or-later`)
}

function versionsFrom(id: string): readonly (readonly [string, string])[] {
  const [, family, least = ''] = /^(GPL|LGPL|AGPL)-(\d\.\d)-or-later$/.exec(id) ?? []
  if (family !== 'GPL' && family !== 'LGPL' && family !== 'AGPL') return []
  return gnuVersions[family].filter((version) => version >= least).map((version) => [family, version])
}
