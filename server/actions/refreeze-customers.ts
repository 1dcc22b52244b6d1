import { isRegistryError, RegistryError } from '../../pool/errors.ts'
import { readManifest, type Manifest } from '../../pool/manifest.ts'
import { needless, ownPart, ownSource } from '../../pool/own-part.ts'
import type { Problem } from '../../pool/pins/pin.ts'
import type { Customer, RefreezeEvent, Refrozen } from '../../pool/refreeze-event.ts'
import type { NameTemplate } from '../../pool/refreeze-name.ts'
import { printReleaseName, splitReleaseName, type ReleaseName } from '../../pool/release-name.ts'
import { parseTarget } from '../../pool/target.ts'
import type { ReleaseSummary } from '../../storage/ports.ts'
import { freezeRelease, type FreezeRequest } from './freeze-release.ts'

export interface RefreezeRequest {
  readonly base: ReleaseName
  /** None: every product whose newest release is laid over one of the base's product. */
  readonly products: readonly string[]
  readonly template: NameTemplate
  readonly dryRun: boolean
  readonly actor: string
  /** Throws if whoever asks may not freeze releases of the product; then that customer fails, and no other. */
  readonly permit: (product: string) => void
  readonly signal: AbortSignal
}

type RefreezeDeps = Parameters<typeof freezeRelease>[0]

/**
 * Lays what each customer has of its own over a new base, under a new name. One that fails stops no other, and what is
 * frozen stays: asked again, those that are on the base already are passed by. Throws `release-unknown` for the base.
 */
export async function refreezeCustomers(
  deps: RefreezeDeps,
  request: RefreezeRequest,
  tell: (event: RefreezeEvent) => void,
): Promise<void> {
  const base = await openRelease(deps, request.base)
  const chosen = await customersOf(deps, request)
  tell({ event: 'plan', base: printReleaseName(request.base), customers: chosen.map(({ customer }) => customer) })
  const counts = { frozen: 0, same: 0, checked: 0, failed: 0 }
  for (const one of chosen) {
    if (request.signal.aborted) return
    const refrozen = await refreeze(deps, { request, base }, one)
    counts[refrozen.outcome]++
    tell({ event: 'customer', ...refrozen })
  }
  tell({ event: 'done', ...counts })
}

interface Chosen {
  readonly customer: Customer
  readonly newest: ReleaseSummary | undefined
  /** Why there is no name for what it becomes. */
  readonly problem?: Problem
}

async function customersOf({ records }: RefreezeDeps, request: RefreezeRequest): Promise<readonly Chosen[]> {
  const newest = new Map<string, ReleaseSummary>()
  for (const summary of await records.releases()) {
    if (!newest.has(summary.name.product)) newest.set(summary.name.product, summary)
  }
  const { product } = request.base
  const found = [...newest.values()].filter(({ name, base }) => base?.product === product && name.product !== product)
  const products = request.products.length > 0 ? request.products : found.map(({ name }) => name.product)
  return [...new Set(products)].toSorted().map((each) => choose(each, newest.get(each), request))
}

function choose(product: string, newest: ReleaseSummary | undefined, { base, template }: RefreezeRequest): Chosen {
  const hint = 'freeze it with --base once; from then on it can be frozen anew'
  if (!newest) return { customer: { product, from: null, to: null }, newest, problem: { message: 'it has no release' } }
  const from = printReleaseName(newest.name)
  if (!newest.base) {
    const problem = { message: `${from} is laid over no release`, hint }
    return { customer: { product, from, to: null }, newest, problem }
  }
  if (isOver(newest, base)) return { customer: { product, from, to: from }, newest }
  try {
    return { customer: { product, from, to: printReleaseName(template(newest.name, newest.base, base)) }, newest }
  } catch (error) {
    return { customer: { product, from, to: null }, newest, problem: problemOf(error) }
  }
}

function isOver({ base }: ReleaseSummary, { product, release }: ReleaseName): boolean {
  return base?.product === product && base.release === release
}

interface Job {
  readonly request: RefreezeRequest
  readonly base: Manifest
}

async function refreeze(deps: RefreezeDeps, job: Job, { customer, newest, problem }: Chosen): Promise<Refrozen> {
  const nothing = { problems: [], notes: [] }
  if (!newest || problem) return { ...customer, ...nothing, outcome: 'failed', problems: problem ? [problem] : [] }
  if (isOver(newest, job.request.base)) return { ...customer, ...nothing, outcome: 'same' }
  try {
    job.request.permit(customer.product)
    const { freezing, notes } = await layOverNew(deps, job, { customer, newest })
    const { outcome } = await freezeRelease(deps, freezing)
    return { ...customer, outcome, problems: [], notes }
  } catch (error) {
    return { ...customer, ...nothing, outcome: 'failed', problems: problemsOf(error) }
  }
}

/** Throws `release-unknown` if the base that it was laid over is not here. */
async function layOverNew(
  deps: RefreezeDeps,
  { request, base }: Job,
  { customer, newest }: Pick<Chosen, 'customer' | 'newest'>,
): Promise<{ readonly freezing: FreezeRequest; readonly notes: readonly string[] }> {
  if (!newest?.base || customer.to === null) throw new RegistryError('internal')
  const before = await openRelease(deps, newest.name)
  const own = ownPart(before, await openRelease(deps, newest.base))
  const has = new Set(base.pins.map(({ project }) => project))
  const freezing: FreezeRequest = {
    name: splitReleaseName(customer.to),
    base: request.base,
    sources: ownSource(before, newest.digest, own),
    without: own.without.filter((project) => has.has(project)),
    waivers: own.waivers,
    targets: before.targets.map(parseTarget),
    source: before.source,
    changes: before.changes,
    dryRun: request.dryRun,
    actor: request.actor,
  }
  return { freezing, notes: needless(own, base) }
}

async function openRelease({ records }: RefreezeDeps, name: ReleaseName): Promise<Manifest> {
  const frozen = await records.release(name)
  const release = printReleaseName(name)
  if (!frozen) throw new RegistryError('release-unknown', { release }, { detail: release })
  return readManifest(frozen.manifest)
}

/** What kept one customer from being frozen. What nobody foresaw is passed on: it is no customer's. */
function problemsOf(error: unknown): readonly Problem[] {
  if (!isRegistryError(error)) throw error
  const { problems, differences } = error.facts
  if (Array.isArray(problems)) return problems as Problem[]
  const lines = Array.isArray(differences) ? (differences as string[]) : []
  return [problemOf(error), ...lines.map((message) => ({ message }))]
}

function problemOf(error: unknown): Problem {
  if (!isRegistryError(error)) throw error
  return { message: error.message, ...(error.hint === undefined ? {} : { hint: error.hint }) }
}
