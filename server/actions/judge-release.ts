import type { Distribution, Iso, Sha256 } from '../../pool/distribution.ts'
import type { DistributionFacts } from '../../pool/facts.ts'
import type { Finding } from '../../pool/findings.ts'
import { readManifest, sameContent, type Manifest } from '../../pool/manifest.ts'
import type { Policy } from '../../pool/policy/policy.ts'
import { statusFindings } from '../../pool/policy/status-findings.ts'
import { waiveByPolicies } from '../../pool/policy/waive-by-policies.ts'
import type { Waived, Waiver } from '../../pool/waivers.ts'
import type { Deps } from '../deps.ts'

export interface JudgeRequest {
  readonly manifest: Manifest
  /** Of the manifest's files. */
  readonly facts: ReadonlyMap<Sha256, DistributionFacts>
  /** What speaks against the release besides the policies. */
  readonly findings: readonly Finding[]
  /** Of who freezes. */
  readonly policy?: Policy | undefined
  readonly waivers?: readonly Waiver[]
  /** What the base was waived. */
  readonly inherited?: readonly Waiver[]
  readonly at: Iso
  readonly by: string
}

type JudgeDeps = Pick<Deps, 'records' | 'policy'>

/**
 * Judges a release that is about to be frozen by the server's policy and by that of who freezes. What was frozen once
 * with this content is not judged again, whatever the policies say today: its waivers are those that it has.
 */
export async function judgeRelease({ records, policy }: JudgeDeps, request: JudgeRequest): Promise<Waived> {
  const { manifest, facts, at } = request
  const existing = await records.release(manifest)
  const frozen = existing && readManifest(existing.manifest)
  if (frozen && sameContent(frozen, { ...manifest, waivers: frozen.waivers }))
    return { findings: [], kept: frozen.waivers, unused: [] }
  const distributions = await distributionsOf(records, manifest)
  const findings = [...request.findings, ...statusFindings(await records.projectStatuses(), manifest.pins)]
  return waiveByPolicies(
    { server: policy, client: request.policy ?? null },
    { manifest, facts, distributions, at },
    { ...request, findings, waivers: request.waivers ?? [] },
  )
}

async function distributionsOf(
  records: JudgeDeps['records'],
  { pins }: Pick<Manifest, 'pins'>,
): Promise<ReadonlyMap<Sha256, Distribution>> {
  const held = await records.distributionsOfPins(pins)
  return new Map([...held.values()].flat().map((file) => [file.sha256, file]))
}
