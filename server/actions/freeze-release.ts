import { changesOf } from '../../pool/changelog.ts'
import { RegistryError, isRegistryError } from '../../pool/errors.ts'
import { digestOf } from '../../pool/digest.ts'
import type { Finding } from '../../pool/findings.ts'
import { freeze } from '../../pool/freeze.ts'
import {
  describeDifference,
  printManifest,
  readManifest,
  sameContent,
  type Manifest,
  type ManifestSource,
} from '../../pool/manifest.ts'
import { legacyPins } from '../../pool/legacy-pins.ts'
import type { Notice, Problem, Source } from '../../pool/pins/pin.ts'
import { inOrder } from '../../pool/pins/in-order.ts'
import { looseProblem, readPins, type ReadPins } from '../../pool/pins/read-pins.ts'
import type { ReadOptions } from '../../pool/pins/reading.ts'
import type { Policy } from '../../pool/policy/policy.ts'
import type { ProjectName } from '../../pool/project-name.ts'
import { printReleaseName, type ReleaseName } from '../../pool/release-name.ts'
import { parseTarget, type Target } from '../../pool/target.ts'
import type { Signature } from '../../pool/proof/envelope.ts'
import { verdictOf } from '../../pool/verdict.ts'
import { waiversOf, type Waiver } from '../../pool/waivers.ts'
import type { FrozenRelease, UnsignedRelease } from '../../storage/ports.ts'
import type { Deps } from '../deps.ts'
import { closeRelease, type ClosedRelease } from './close-release.ts'
import { holdable } from './holdable.ts'
import { judgeRelease } from './judge-release.ts'

export interface FreezeRequest extends ReadOptions {
  readonly name: ReleaseName
  readonly sources: readonly Source[]
  /** None: those of the base. */
  readonly targets: readonly Target[]
  readonly base?: ReleaseName | undefined
  /** Projects of the base that are left out. */
  readonly without?: readonly ProjectName[]
  /** The rules of who freezes, besides the server's. */
  readonly policy?: Policy | undefined
  readonly waivers?: readonly Waiver[]
  /** Where the section of this release becomes its changes. */
  readonly changelog?: Source | undefined
  /** The changes themselves, where they are known already. */
  readonly changes?: string | null
  readonly source?: ManifestSource | null
  readonly dryRun: boolean
  readonly actor: string
}

export interface Freezing {
  /** `same`: it was frozen with this content already. `checked`: a dry run. */
  readonly outcome: 'frozen' | 'same' | 'checked'
  readonly digest: string
  readonly manifest: Manifest
  /** None on a dry run. */
  readonly signatures: readonly Signature[]
  readonly notices: readonly Notice[]
}

type FreezeDeps = Pick<Deps, 'policy' | 'records' | 'files' | 'staging' | 'fault' | 'now'>

/**
 * Freezes a release from the pins of its sources: after this its index never changes. Everything that is wrong is said
 * at once, and then nothing is made. Throws `freeze-refused` (fact `problems`), `release-frozen` (fact `differences`).
 */
export async function freezeRelease(deps: FreezeDeps, request: FreezeRequest): Promise<Freezing> {
  const { name, actor } = request
  const at = deps.now()
  const base = await openBase(deps, request)
  const targets = request.targets.length > 0 ? request.targets : (base?.manifest.targets ?? []).map(parseTarget)
  const read = readPins(request.sources, targets, request)
  const told = readChanges(request)
  const changes = told.changes ?? request.changes ?? null
  const closed = await closeRead(deps, request, { base, targets, read, changes, at })
  const findings = findingsOf(read, closed)
  const inherited = base ? waiversOf(base.manifest) : []
  const waived = await judgeRelease(deps, { ...request, ...closed, findings, inherited, at, by: actor })
  const verdict = verdictOf(waived)
  const found = [
    ...read.problems,
    ...read.loose.map(looseProblem),
    ...closed.problems,
    ...told.problems,
    ...nothingAsked(request),
    ...nothingHeld(request, read),
    ...verdict.problems,
  ]
  refuse(name, inOrder(found, request.sources))
  const manifest = { ...closed.manifest, waivers: waived.kept }
  deps.fault('freeze:checked')
  const text = printManifest(manifest)
  const frozen = { name, digest: digestOf(text), manifest: text, frozenAt: at }
  const kept = request.dryRun ? await check(deps, frozen) : await keep(deps, frozen, actor)
  const { outcome, digest, signatures } = kept
  const notices = [...read.notices, ...verdict.notices, ...legacyPins(manifest.files)]
  return { outcome, digest, manifest: readManifest(kept.manifest), signatures, notices }
}

/** A release that is laid under another. */
type Base = Pick<FrozenRelease, 'digest'> & { readonly manifest: Manifest }

interface ToClose {
  readonly base: Base | undefined
  readonly targets: readonly Target[]
  readonly read: ReadPins
  readonly changes: string | null
  readonly at: string
}

async function closeRead(
  { records, ...deps }: FreezeDeps,
  { name, actor, without = [], source = null }: FreezeRequest,
  { base, targets, read: { pins, constraints, roots }, changes, at }: ToClose,
): Promise<ClosedRelease> {
  return closeRelease(
    { ...deps, records: holdable(records, name.product, base?.manifest.product) },
    {
      pins,
      constraints,
      roots: [...roots, ...(base?.manifest.roots ?? [])],
      targets,
      fill: (pins, filesOf) =>
        freeze({ name, base, pins, roots, targets, filesOf, at, by: actor, without, source, changes }),
    },
  )
}

/** What speaks against the release. Of pins that cannot be read nobody knows what they would have filled. */
function findingsOf({ problems, loose }: ReadPins, closed: ClosedRelease): readonly Finding[] {
  return problems.length + loose.length > 0 ? [] : closed.findings
}

/** Throws `release-unknown`. */
async function openBase({ records }: FreezeDeps, { base }: FreezeRequest): Promise<Base | undefined> {
  if (!base) return undefined
  const frozen = await records.release(base)
  if (!frozen)
    throw new RegistryError('release-unknown', { release: printReleaseName(base) }, { detail: printReleaseName(base) })
  return { manifest: readManifest(frozen.manifest), digest: frozen.digest }
}

function readChanges({ changelog, name }: FreezeRequest): {
  readonly changes?: string
  readonly problems: readonly Problem[]
} {
  if (!changelog) return { problems: [] }
  const told = changesOf(changelog, name.release)
  return 'problem' in told ? { problems: [told.problem] } : { ...told, problems: [] }
}

/** A customer may be all that its base is; what is laid over nothing has pins and targets of its own. */
function nothingAsked({ base, sources, targets }: FreezeRequest): readonly Problem[] {
  if (base) return []
  const hint = 'give them, or the release that this one is laid over, which they are taken from'
  return [
    ...(sources.length > 0 ? [] : [{ message: 'no pins were given', hint }]),
    ...(targets.length > 0 ? [] : [{ message: 'no target was given', hint }]),
  ]
}

/** Every pin was left out: nobody means an index of nothing, and it could never be mended. */
function nothingHeld(
  { base, sources, targets }: FreezeRequest,
  { pins, loose, problems, constraints }: ReadPins,
): readonly Problem[] {
  if (base || sources.length === 0 || targets.length === 0) return []
  if (pins.length + loose.length + problems.length + constraints.length > 0) return []
  return [
    {
      message: `no pin holds on ${targets.map(({ text }) => text).join(', ')}: the release would be empty`,
      hint: 'look at the markers of the pins, or give the --target that they are for',
    },
  ]
}

function refuse(name: ReleaseName, problems: readonly Problem[]): void {
  if (problems.length === 0) return
  const detail = problems.length === 1 ? '1 problem' : `${problems.length} problems`
  throw new RegistryError('freeze-refused', { release: printReleaseName(name), problems }, { detail })
}

type Kept = { readonly outcome: Freezing['outcome'] } & Pick<FrozenRelease, 'digest' | 'manifest' | 'signatures'>

async function check({ records }: FreezeDeps, frozen: UnsignedRelease): Promise<Kept> {
  const existing = await records.release(frozen.name)
  return existing ? sameOrConflict(existing, frozen) : { ...frozen, signatures: [], outcome: 'checked' }
}

async function keep({ records }: FreezeDeps, frozen: UnsignedRelease, actor: string): Promise<Kept> {
  const { name, digest, frozenAt: at } = frozen
  try {
    const event = { at, actor, verb: 'freeze', subject: printReleaseName(name), facts: { digest } } as const
    return { ...(await records.freezeRelease(frozen, event)), outcome: 'frozen' }
  } catch (error) {
    if (!isRegistryError(error, 'release-frozen')) throw error
    const existing = await records.release(name)
    if (!existing) throw error
    return sameOrConflict(existing, frozen)
  }
}

function sameOrConflict(existing: FrozenRelease, asked: UnsignedRelease): Kept {
  const [before, after] = [readManifest(existing.manifest), readManifest(asked.manifest)]
  if (sameContent(before, after)) return { ...existing, outcome: 'same' }
  const release = printReleaseName(existing.name)
  throw new RegistryError(
    'release-frozen',
    { release, digest: existing.digest, differences: describeDifference(before, after) },
    { detail: release, hint: 'a frozen release never changes: freeze under a new name' },
  )
}
