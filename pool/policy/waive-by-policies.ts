import type { Iso } from '../distribution.ts'
import type { Finding } from '../findings.ts'
import { applyWaivers, byProjectAndRule, isExpired, type Waived, type Waiver } from '../waivers.ts'
import { compareCodePoints } from '../version.ts'
import type { Policy } from './policy.ts'
import { judge, type Judged } from './judge.ts'

/** Whose rules a release must meet: the server's, and those of who freezes, if there are any. */
export interface Policies {
  readonly server: Policy
  readonly client: Policy | null
}

export interface Given {
  /** Those of the command line. They, and those of the client's policy, are the client's. */
  readonly waivers: readonly Waiver[]
  /** What the base was waived is waived here too, and nobody need hear if it is not needed any more. */
  readonly inherited?: readonly Waiver[]
  /** What else speaks against the release; the client's waivers count for it. */
  readonly findings: readonly Finding[]
  readonly at: Iso
  readonly by: string
}

/**
 * What speaks against a release by both policies, after waivers. Of two outcomes the stricter counts. The server's
 * waivers count for its own rules; the client's for all, unless the server keeps its own to itself (`client-waivers`).
 */
export function waiveByPolicies({ server, client }: Policies, judged: Judged, given: Given): Waived {
  const waive = (findings: readonly Finding[], waivers: readonly Waiver[]) => applyWaivers(findings, waivers, given)
  const own = waive(judge(server, judged), server.waivers)
  const both = merge(own.findings, client ? judge(client, judged) : [])
  const reserved = ({ of }: Sided) => of !== 'client' && !server.clientWaivers
  const waivers = [...given.waivers, ...(client?.waivers ?? []), ...(given.inherited ?? [])]
  const left = waive([...given.findings, ...both.filter((each) => !reserved(each)).map(labelled)], waivers)
  const expired = [...server.waivers, ...waivers].filter((waiver) => isExpired(waiver, given.at))
  return {
    findings: [...left.findings, ...both.filter(reserved).map(labelled).map(forServerOnly)].map((finding) =>
      hinted(finding, expired),
    ),
    kept: [...own.kept, ...left.kept].toSorted(byProjectAndRule),
    // A waiver of a policy is about many releases, and need not be needed by this one.
    unused: left.unused.filter(({ waiver }) => given.waivers.includes(waiver)),
  }
}

interface Sided extends Finding {
  readonly of: 'server' | 'client' | 'server and client'
}

function merge(server: readonly Finding[], client: readonly Finding[]): readonly Sided[] {
  const rest = new Map(client.map((finding) => [key(finding), finding]))
  const first = server.map((finding): Sided => {
    const same = rest.get(key(finding))
    rest.delete(key(finding))
    if (!same) return { ...finding, of: 'server' }
    const severity = [finding.severity, same.severity].includes('refuse') ? 'refuse' : 'warn'
    return { ...finding, severity, of: 'server and client' }
  })
  const others = [...rest.values()].map((finding): Sided => ({ ...finding, of: 'client' }))
  return [...first, ...others].toSorted(
    (a, b) => compareCodePoints(a.project, b.project) || compareCodePoints(a.message, b.message),
  )
}

function key({ rule, message }: Finding): string {
  return `${rule} ${message}`
}

function labelled({ of, ...finding }: Sided): Finding {
  return { ...finding, message: `${finding.message} (${of} policy)` }
}

function forServerOnly(finding: Finding): Finding {
  return { ...finding, hint: 'the server takes no waivers but its own: [[policy.waivers]] in its firn.toml' }
}

/** How to let a refusal pass, and that a waiver of it has ended. */
function hinted(finding: Finding, expired: readonly Waiver[]): Finding {
  const { rule, project, severity } = finding
  if (rule === 'closure' || severity === 'warn') return finding
  const ended = expired.find((waiver) => waiver.project === project && (waiver.rule ?? rule) === rule)
  const way = finding.hint ?? `take another version, or let it pass: --waive "${rule} ${project}: REASON"`
  return { ...finding, hint: ended ? `its waiver ended on ${ended.until}; ${way}` : way }
}
