import { digestOf } from '../../pool/digest.ts'
import { admit, type Claim } from '../../pool/admit.ts'
import type { Distribution, Origin } from '../../pool/distribution.ts'
import { isRegistryError, RegistryError } from '../../pool/errors.ts'
import { readFacts } from '../../pool/facts/read-facts.ts'
import { parseFilename } from '../../pool/filename.ts'
import { parseMetadata } from '../../pool/metadata.ts'
import { readArchive } from '../../storage/archives/read-archive.ts'
import type { Addition, Staged } from '../../storage/ports.ts'
import type { AuditEvent } from '../../storage/ports/events.ts'
import type { ProjectName } from '../../pool/project-name.ts'
import { removedError } from '../../pool/removal.ts'
import type { Deps } from '../deps.ts'

export interface Delivery {
  readonly staged: Staged
  readonly filename: string
  readonly claim: Claim
  readonly origin: Origin | null
  /** The product that it is private to. */
  readonly product: string | null
  readonly actor: string
  /** Throws unless files of the project may come in; not asked: they may. */
  readonly mayEnter?: (project: ProjectName) => void
  readonly verb: Extract<AuditEvent['verb'], 'upload' | 'fetch'>
}

export interface TakenIn {
  readonly distribution: Distribution
  /** `same`: the pool held these bytes under this name already. */
  readonly outcome: 'added' | 'same'
}

/**
 * Takes a staged file into the pool: archive read, names agreed, bytes adopted, then the row. The staged file is gone
 * afterwards, however it ends. Throws `filename-invalid`, `archive-invalid`, `metadata-missing`, `metadata-invalid`,
 * `metadata-mismatch`, `distribution-exists`, `distribution-removed`,
 * `project-closed`, `storage-full`.
 */
export async function takeIn(deps: Deps, delivery: Delivery): Promise<TakenIn> {
  try {
    const addition = await inspect(deps, delivery)
    delivery.mayEnter?.(addition.distribution.project)
    deps.fault('upload:checked')
    return await deps.lock(addition.distribution.filename.toLowerCase(), () => enter(deps, delivery, addition))
  } finally {
    await deps.staging.discard(delivery.staged)
  }
}

async function inspect({ now }: Deps, { staged, filename, claim, origin, product }: Delivery): Promise<Addition> {
  const file = parseFilename(filename)
  const parts = await readArchive(staged.path, file)
  const { metadata } = parts
  const distribution = admit({
    file,
    metadata: parseMetadata(metadata),
    claim,
    size: staged.size,
    sha256: staged.sha256,
    metadataSha256: digestOf(metadata),
    origin,
    product,
    provenanceSha256: null,
    at: now(),
  })
  return { distribution, metadata, facts: readFacts(file.kind, distribution.project, parts) }
}

/** Bytes before rows: a crash between the two leaves a file that nothing names. */
async function enter(deps: Deps, delivery: Delivery, addition: Addition): Promise<TakenIn> {
  const { distribution } = addition
  const { filename, sha256, size, project, version } = distribution
  const held = await deps.records.distribution(filename)
  if (held) refuseTakenPrivately(held, distribution)
  if (!held) {
    await refuseRemoved(deps, filename)
    await refuseClosed(deps, project)
    await refuseOtherCase(deps, distribution)
    await adopt(deps, delivery.staged, distribution)
  }
  deps.fault('upload:adopted')
  const { actor, verb } = delivery
  const facts = { project, version, sha256, size, ...(delivery.origin ? { url: delivery.origin.url } : {}) }
  const event: AuditEvent = { at: distribution.uploadTime, actor, verb, subject: filename, facts }
  const outcome = await deps.records.addDistribution(addition, event)
  return { distribution: held && outcome === 'same' ? held : distribution, outcome }
}

/** What is private to one product cannot become another's, or everybody's, by an upload. Throws `distribution-exists`. */
function refuseTakenPrivately(held: Distribution, { filename, product }: Distribution): void {
  if (held.product === null || held.product === product) return
  throw new RegistryError('distribution-exists', { filename }, { detail: `${filename} is private to a product` })
}

/** Throws `distribution-removed`. */
async function refuseRemoved({ records }: Deps, filename: string): Promise<void> {
  const removal = await records.removal(filename)
  if (removal) throw removedError(removal)
}

/** Source: PEP 792: no new files of what is archived or quarantined. Throws `project-closed`. */
async function refuseClosed({ records }: Deps, project: ProjectName): Promise<void> {
  const said = await records.projectStatus(project)
  if (said?.status !== 'archived' && said?.status !== 'quarantined') return
  const why = said.reason === null ? '' : `: ${said.reason}`
  const hint = `lift it first: firn project status ${project} active`
  throw new RegistryError('project-closed', { ...said }, { detail: `${project} is ${said.status}${why}`, hint })
}

/** On a file system that ignores case, `App-1.0.zip` and `app-1.0.zip` are one file. Throws `distribution-exists`. */
async function refuseOtherCase({ records }: Deps, { filename, project }: Distribution): Promise<void> {
  const files = await records.distributionsOf(project)
  const other = files.find((file) => file.filename.toLowerCase() === filename.toLowerCase())
  if (!other) return
  throw new RegistryError(
    'distribution-exists',
    { filename },
    { detail: `${filename} differs from ${other.filename} by case alone` },
  )
}

/** No row names this file: other bytes found under its name were left by a crash before they were acknowledged. */
async function adopt({ files }: Deps, staged: Staged, distribution: Distribution): Promise<void> {
  try {
    await files.adopt(staged, distribution)
  } catch (error) {
    if (!isRegistryError(error, 'distribution-exists')) throw error
    await files.setAside(distribution)
    await files.adopt(staged, distribution)
  }
}
