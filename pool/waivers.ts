import type { Iso } from './distribution.ts'
import { RegistryError } from './errors.ts'
import { rules, type Finding, type Rule } from './findings.ts'
import type { Manifest, ManifestWaiver } from './manifest.ts'
import { isProjectName, normaliseName, type ProjectName } from './project-name.ts'
import { compareCodePoints } from './version.ts'

/** What someone lets pass, and why. */
export interface Waiver {
  /** `null`: whatever rule speaks against the project. */
  readonly rule: Rule | null
  readonly project: ProjectName
  readonly reason: string
  /** The day after which it no longer holds, `2027-01-31`; `null`: no end. */
  readonly until: string | null
  /** Who gave it; `null`: whoever freezes. */
  readonly by: string | null
}

const shape = '[RULE ]NAME[ until YYYY-MM-DD]: REASON'

/**
 * Reads `lxml: built on the hosts`, `yanked lxml until 2027-01-31: no other fits`. Throws `waiver-invalid` on anything else: a
 * waiver without a reason is none.
 */
export function parseWaiver(text: string): Waiver {
  const colon = text.indexOf(':')
  const reason = text.slice(colon + 1).trim()
  const [, rule, name = '', until] =
    /^(?:(\S+)\s+)?(\S+?)(?:\s+until\s+(\d{4}-\d{2}-\d{2}))?$/.exec(text.slice(0, Math.max(colon, 0)).trim()) ?? []
  const known = rules.find((each) => each === rule)
  if (reason === '' || !isProjectName(name) || (rule !== undefined && !known) || !isDay(until)) {
    throw new RegistryError(
      'waiver-invalid',
      { waiver: text.slice(0, 200) },
      { detail: JSON.stringify(text.slice(0, 200)), hint: `write "${shape}"; rules are ${rules.join(', ')}` },
    )
  }
  return { rule: known ?? null, project: normaliseName(name), reason, until: until ?? null, by: null }
}

function isDay(text: string | undefined): boolean {
  return text === undefined || (!Number.isNaN(Date.parse(text)) && new Date(text).toISOString().startsWith(text))
}

/** The waivers of a frozen release, as they are given for another. */
export function waiversOf({ waivers }: Pick<Manifest, 'waivers'>): readonly Waiver[] {
  return waivers.map(({ rule, project, reason, until, by }) => ({ rule, project, reason, until, by }))
}

/** Whether its day has gone by. */
export function isExpired({ until }: Pick<Waiver, 'until'>, at: Iso): boolean {
  return until !== null && until < at.slice(0, 10)
}

export interface Waived {
  /** What still speaks against the release: refusals and warnings that no waiver lets pass. */
  readonly findings: readonly Finding[]
  /** The waivers that were needed, for the manifest; ascending by project and rule. */
  readonly kept: readonly ManifestWaiver[]
  /** Waivers that nothing needed, or whose day has gone by. */
  readonly unused: readonly { readonly waiver: Waiver; readonly why: 'not-needed' | 'expired' }[]
}

/** Lets waivers take findings away. One whose day is before `at` takes none. */
export function applyWaivers(
  findings: readonly Finding[],
  waivers: readonly Waiver[],
  { at, by }: { readonly at: Iso; readonly by: string },
): Waived {
  const valid = waivers.filter((waiver) => !isExpired(waiver, at))
  const used = new Map<Waiver, Finding[]>()
  const left = findings.filter((finding) => {
    const waiver = valid.find(
      ({ rule, project }) => project === finding.project && (rule ?? finding.rule) === finding.rule,
    )
    if (waiver) used.set(waiver, [...(used.get(waiver) ?? []), finding])
    return waiver === undefined
  })
  return {
    findings: left,
    kept: [...used].flatMap(([waiver, found]) => keptOf(waiver, found, by)).toSorted(byProjectAndRule),
    unused: waivers
      .filter((waiver) => !used.has(waiver))
      .map((waiver) => ({ waiver, why: valid.includes(waiver) ? 'not-needed' : 'expired' })),
  }
}

/** One entry a rule, with all that it lets pass. */
function keptOf(waiver: Waiver, found: readonly Finding[], by: string): readonly ManifestWaiver[] {
  const { project, reason, until } = waiver
  return [...new Set(found.map(({ rule }) => rule))].map((rule) => ({
    rule,
    project,
    reason,
    until,
    by: waiver.by ?? by,
    waived: found
      .filter((each) => each.rule === rule)
      .map(({ message }) => message)
      .toSorted(compareCodePoints),
  }))
}

/** The order of a manifest's waivers. */
export function byProjectAndRule(a: ManifestWaiver, b: ManifestWaiver): number {
  return compareCodePoints(a.project, b.project) || compareCodePoints(a.rule, b.rule)
}
