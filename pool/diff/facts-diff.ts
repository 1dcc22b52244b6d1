import { isRegistryError } from '../errors.ts'
import type { DistributionFacts, LicenceStatement } from '../facts.ts'
import { parseRequirement, printRequirement } from '../requirement.ts'
import { compareCodePoints } from '../version.ts'
import { isEmpty, listChange, type ListChange } from './list-diff.ts'

export interface Changed {
  readonly from: string | null
  readonly to: string | null
}

export interface DependenciesChange extends ListChange {
  /** The side whose files state their dependencies only in code; then nothing can be said of what changed. */
  readonly unknown: 'from' | 'to' | null
}

/** How dependencies of two versions differ; `null` if they do not, or if nothing was read of the files of a side. */
export function dependenciesChange(
  from: readonly DistributionFacts[],
  to: readonly DistributionFacts[],
): DependenciesChange | null {
  if (from.length === 0 || to.length === 0) return null
  const [before, after] = [requirementsOf(from), requirementsOf(to)]
  if (!before || !after) return !before && !after ? null : { added: [], removed: [], unknown: before ? 'to' : 'from' }
  const change = listChange(before, after)
  return isEmpty(change) ? null : { ...change, unknown: null }
}

/** Of any of the files; `undefined` if none says. */
function requirementsOf(facts: readonly DistributionFacts[]): readonly string[] | undefined {
  const stated = facts.flatMap(({ requires }) => (requires === null ? [] : [requires]))
  return stated.length === 0 ? undefined : stated.flat().map(oneSpelling)
}

/** Of two spellings of one requirement, as two build tools write them, none is a change. */
function oneSpelling(text: string): string {
  try {
    return printRequirement(parseRequirement(text))
  } catch (error) {
    if (!isRegistryError(error)) throw error
    return text
  }
}

/** How licences differ; `null` if they do not, or if nothing was read of the files of a side. */
export function licenceChange(from: readonly DistributionFacts[], to: readonly DistributionFacts[]): Changed | null {
  if (from.length === 0 || to.length === 0) return null
  const [before, after] = [licenceOf(from), licenceOf(to)]
  return before === after ? null : { from: before, to: after }
}

function licenceOf(facts: readonly DistributionFacts[]): string | null {
  const said = new Set(facts.flatMap(({ licence }) => printLicence(licence) ?? []))
  return said.size === 0 ? null : [...said].toSorted(compareCodePoints).join(' / ')
}

/** In words, the most exact statement first: an expression (PEP 639), else classifiers, else free text. */
function printLicence({ expression, text, classifiers }: LicenceStatement): string | null {
  const named = classifiers.map((classifier) => classifier.replace(/^License :: (?:OSI Approved :: )?/, ''))
  return expression ?? (named.length > 0 ? named.join(', ') : text)
}
