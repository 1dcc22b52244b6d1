import { parseAttestations } from '../../pool/attestations/attestation.ts'
import { printProvenance } from '../../pool/attestations/provenance.ts'
import { digestOf } from '../../pool/digest.ts'
import { admit, type Claim } from '../../pool/admit.ts'
import type { Distribution, Origin } from '../../pool/distribution.ts'
import { RegistryError } from '../../pool/errors.ts'
import { readFacts } from '../../pool/facts/read-facts.ts'
import { parseFilename } from '../../pool/filename.ts'
import { parseMetadata } from '../../pool/metadata.ts'
import { refusedAsOwn } from '../../pool/own-project.ts'
import { readArchive } from '../../storage/archives/read-archive.ts'
import type { Addition, Staged } from '../../storage/ports.ts'
import type { AuditEvent } from '../../storage/ports/events.ts'
import type { ProjectName } from '../../pool/project-name.ts'
import { isClosed } from '../../pool/project-status.ts'
import { removedError } from '../../pool/removal.ts'
import type { Deps } from '../deps.ts'
import { adopt, adoptIfLost } from './adopt.ts'
import { isOwn } from './own-projects.ts'
import { refuseOtherCase, refuseTaken } from './taken-name.ts'

export interface Delivery {
  readonly staged: Staged
  readonly filename: string
  readonly claim: Claim
  readonly origin: Origin | null
  /** The product that it is private to. */
  readonly product: string | null
  /** The attestations that came with it (PEP 740), JSON. */
  readonly attestations?: string | undefined
  /** Of a file with an origin: whether it may be mixed with what the team has uploaded of the project. */
  readonly fromUpstream?: boolean
  /** What else its audit event tells. */
  readonly facts?: Readonly<Record<string, unknown>>
  readonly actor: string
  /** Throws unless files of the project may come in; not asked: they may. */
  readonly mayEnter?: (project: ProjectName) => void
  readonly verb: Extract<AuditEvent['verb'], 'upload' | 'fetch' | 'pull'>
}

export interface TakenIn {
  readonly distribution: Distribution
  /** `same`: the pool held these bytes under this name already. */
  readonly outcome: 'added' | 'same'
  /** Whether this is the first file that the team uploads of a project that the pool had from upstreams alone. */
  readonly becomesOwn: boolean
  /** Whether it came with attestations that are not kept, since the pool had the file before, without these. */
  readonly dropsAttestations: boolean
}

export type TakeInDeps = Pick<Deps, 'records' | 'files' | 'staging' | 'ready' | 'fault' | 'now' | 'lock'>

/**
 * Takes a staged file into the pool: archive read, names agreed, bytes adopted, then the row. The staged file is gone
 * afterwards, however it ends. Throws `filename-invalid`, `archive-invalid`, `metadata-missing`, `metadata-invalid`,
 * `metadata-mismatch`, `attestation-invalid`, `distribution-exists`, `filename-taken`, `distribution-removed`,
 * `project-closed`, `project-own`, `storage-full`.
 */
export async function takeIn(deps: TakeInDeps, delivery: Delivery): Promise<TakenIn> {
  try {
    const addition = await inspect(deps, delivery)
    delivery.mayEnter?.(addition.distribution.project)
    deps.fault('upload:checked')
    const { project, filename } = addition.distribution
    // Whose a project is stays as it is until the row is written, or an upload and a fetch of it could slip in together.
    return await deps.lock(`project ${project}`, () =>
      deps.lock(filename.toLowerCase(), () => enter(deps, delivery, addition)),
    )
  } finally {
    await deps.staging.discard(delivery.staged)
  }
}

async function inspect({ now }: TakeInDeps, delivery: Delivery): Promise<Addition> {
  const { staged, filename, claim, origin, product, attestations } = delivery
  const file = parseFilename(filename)
  const parts = await readArchive(staged.path, file)
  const { metadata } = parts
  const provenance =
    attestations === undefined ? undefined : printProvenance(parseAttestations(attestations, { file, ...staged }))
  const distribution = admit({
    file,
    metadata: parseMetadata(metadata),
    claim,
    size: staged.size,
    sha256: staged.sha256,
    metadataSha256: digestOf(metadata),
    origin,
    product,
    provenanceSha256: provenance === undefined ? null : digestOf(provenance),
    at: now(),
  })
  return { distribution, metadata, facts: readFacts(file.kind, distribution.project, parts), provenance }
}

/** Bytes before rows: a crash between the two leaves a file that nothing names. */
async function enter(deps: TakeInDeps, delivery: Delivery, addition: Addition): Promise<TakenIn> {
  const { project, filename } = addition.distribution
  const held = await deps.records.distribution(filename)
  const others = held ? [] : await deps.records.distributionsOf(project)
  const owned = await isOwn(deps.records, project)
  if (held) {
    refuseTaken(held, addition.distribution)
    await adoptIfLost(deps, delivery.staged, { held, by: { ...delivery, at: addition.distribution.uploadTime } })
  } else {
    await refuseRemoved(deps, filename)
    await refuseClosed(deps, project)
    if (owned) refuseMixing(delivery, project)
    refuseOtherCase(others, addition.distribution)
    await adopt(deps, delivery.staged, addition.distribution)
  }
  deps.fault('upload:adopted')
  // The index as it was before an instant is final soon after: nothing enters the pool at a time long gone by.
  const distribution = { ...addition.distribution, uploadTime: deps.now() }
  const becomesOwn = delivery.origin === null && others.length > 0 && !owned
  const whose = becomesOwn ? { becomesOwn } : delivery.origin !== null && owned ? { mixesWithOwn: true } : {}
  const event = eventOf(delivery, distribution, whose)
  const outcome = await deps.records.addDistribution({ ...addition, distribution }, event)
  const { provenanceSha256: came } = distribution
  const dropsAttestations = held !== undefined && came !== null && came !== held.provenanceSha256
  return { distribution: held && outcome === 'same' ? held : distribution, outcome, becomesOwn, dropsAttestations }
}

/** `whose`: what is to be known of whose the project is. */
function eventOf(
  { actor, verb, origin, facts }: Delivery,
  { filename, project, version, sha256, size, uploadTime, provenanceSha256 }: Distribution,
  whose: Readonly<Record<string, boolean>>,
): AuditEvent {
  const proven = provenanceSha256 === null ? {} : { provenance: provenanceSha256 }
  const about = { project, version, sha256, size, ...(origin ? { url: origin.url } : {}), ...proven }
  return { at: uploadTime, actor, verb, subject: filename, facts: { ...about, ...facts, ...whose } }
}

/** Throws `project-own`. */
function refuseMixing({ origin, fromUpstream = false }: Delivery, project: ProjectName): void {
  if (origin !== null && !fromUpstream) throw refusedAsOwn(project)
}

/** Throws `distribution-removed`. */
async function refuseRemoved({ records }: Pick<Deps, 'records'>, filename: string): Promise<void> {
  const removal = await records.removal(filename)
  if (removal) throw removedError(removal)
}

/** Throws `project-closed`. */
async function refuseClosed({ records }: Pick<Deps, 'records'>, project: ProjectName): Promise<void> {
  const said = await records.projectStatus(project)
  if (!said || !isClosed(said.status)) return
  const why = said.reason === null ? '' : `: ${said.reason}`
  const hint = `lift it first: firn project status ${project} active`
  throw new RegistryError('project-closed', { ...said }, { detail: `${project} is ${said.status}${why}`, hint })
}
