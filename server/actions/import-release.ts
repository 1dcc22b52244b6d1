import { digestOf, sha256Pattern } from '../../pool/digest.ts'
import { RegistryError, isRegistryError } from '../../pool/errors.ts'
import { holdAgainst } from '../../pool/imports/manifest-problems.ts'
import { parseManifest } from '../../pool/imports/parse-manifest.ts'
import { describeDifference, readManifest, type Manifest, type ManifestFile } from '../../pool/manifest.ts'
import type { Problem } from '../../pool/pins/pin.ts'
import { parseEnvelope, releaseMessage, releaseType, type Signature } from '../../pool/proof/envelope.ts'
import { isSignedBy } from '../../pool/proof/public-key.ts'
import { parseReleaseName, printReleaseName, type ReleaseName } from '../../pool/release-name.ts'
import type { FrozenRelease, UnsignedRelease } from '../../storage/ports.ts'
import type { Deps } from '../deps.ts'
import { holdable } from './holdable.ts'

export interface ImportRequest {
  /** As it stands: its bytes are what the release's digest is of. */
  readonly manifest: string
  /** The envelope that it came with, a `manifest.json.sig`. */
  readonly envelope: string | undefined
  readonly dryRun: boolean
  readonly actor: string
  /** Throws unless the one who imports may freeze releases of the product. */
  readonly mayFreeze: (product: string, base: string | undefined) => void
}

export interface Imported {
  readonly name: ReleaseName
  /** `same`: the release is here already. `checked`: a dry run. */
  readonly outcome: 'imported' | 'same' | 'checked'
  readonly digest: string
  /** Files of the release that the pool does not have; only of a dry run. */
  readonly lacking: readonly ManifestFile[]
}

type ImportDeps = Pick<Deps, 'records' | 'now'>

/**
 * Takes a release that was frozen elsewhere, manifest and all: its digest is the same here as there. The pool must have
 * its files. Throws `manifest-invalid`, `import-refused` (fact `problems`), `release-frozen` (fact `differences`).
 */
export async function importRelease(deps: ImportDeps, request: ImportRequest): Promise<Imported> {
  const manifest = parseManifest(request.manifest)
  const brought = await originalSignature(deps, request)
  const name = parseReleaseName(manifest.product, manifest.release)
  request.mayFreeze(name.product, manifest.base?.product)
  const digest = digestOf(request.manifest)
  const existing = await deps.records.release(name)
  if (existing) return sameOrConflict(existing, manifest, digest)
  const lacking = await checkFiles(deps, manifest, request.dryRun)
  if (request.dryRun) return { name, outcome: 'checked', digest, lacking }
  return keep(
    deps,
    { name, digest, manifest: request.manifest, frozenAt: manifest['frozen-at'] },
    { brought, actor: request.actor },
  )
}

/**
 * The first signature of the envelope: that of whoever froze the release, since each server that takes it in puts its
 * own behind. Whose it is, is not known here, and who has the key can verify it; a key that is known here is held to
 * its word, since a signature stays for ever. Throws `manifest-invalid`.
 */
async function originalSignature(
  { records }: ImportDeps,
  { manifest, envelope: text }: ImportRequest,
): Promise<readonly Signature[]> {
  if (text === undefined) return []
  const envelope = parseEnvelope(text)
  const [first] = envelope?.signatures ?? []
  const fits = envelope?.payloadType === releaseType && envelope.payload.equals(Buffer.from(manifest))
  const wellFormed = first !== undefined && sha256Pattern.test(first.key) && /^[\w+/-]{86}={0,2}$/.test(first.signature)
  const known = wellFormed ? (await records.keys()).find(({ id }) => id === first.key) : undefined
  const refuted = known && first && !isSignedBy(known, releaseMessage(manifest), first.signature)
  if (fits && wellFormed && refuted !== true) return [first]
  const problems = [
    {
      message: 'manifest.json.sig is no signature of this manifest',
      hint: 'take it away to import the release without',
    },
  ]
  throw new RegistryError('manifest-invalid', { problems }, { detail: '1 problem' })
}

/** What the pool does not have of a release. Throws `import-refused` on what it has otherwise; on a dry run only on that. */
async function checkFiles(
  { records }: ImportDeps,
  manifest: Manifest,
  dryRun: boolean,
): Promise<readonly ManifestFile[]> {
  const own = holdable(records, manifest.product, manifest.base?.product)
  const held = await own.distributionsOfAll(manifest.pins.map(({ project }) => project))
  const byName = new Map([...held.values()].flat().map((file) => [file.filename, file]))
  const { lacking, problems } = holdAgainst(manifest, ({ filename }) => byName.get(filename))
  const missing = dryRun ? [] : lacking.map(({ filename }) => ({ message: `${filename}: the pool does not have it` }))
  refuse(manifest, [...problems, ...missing])
  return lacking
}

function refuse(name: ReleaseName, problems: readonly Problem[]): void {
  if (problems.length === 0) return
  const detail = problems.length === 1 ? '1 problem' : `${problems.length} problems`
  throw new RegistryError('import-refused', { release: printReleaseName(name), problems }, { detail })
}

interface Keeping {
  readonly brought: readonly Signature[]
  readonly actor: string
}

async function keep(
  { records, now }: ImportDeps,
  frozen: UnsignedRelease,
  { brought, actor }: Keeping,
): Promise<Imported> {
  const { name, digest } = frozen
  const event = { at: now(), actor, verb: 'import', subject: printReleaseName(name), facts: { digest } } as const
  try {
    await records.freezeRelease(frozen, event, brought)
    return { name, outcome: 'imported', digest, lacking: [] }
  } catch (error) {
    const existing = isRegistryError(error, 'release-frozen') ? await records.release(name) : undefined
    if (!existing) throw error
    return sameOrConflict(existing, readManifest(frozen.manifest), digest)
  }
}

/** Unlike a freeze, an import means these very bytes: who froze it and when is part of it. */
function sameOrConflict(existing: FrozenRelease, manifest: Manifest, digest: string): Imported {
  if (existing.digest === digest) return { name: existing.name, outcome: 'same', digest, lacking: [] }
  const [release, before] = [printReleaseName(existing.name), readManifest(existing.manifest)]
  const differences = describeDifference(before, manifest)
  throw new RegistryError(
    'release-frozen',
    { release, digest: existing.digest, differences },
    {
      detail:
        differences.length > 0 ? release : `${release} was frozen at ${before['frozen-at']} by ${before['frozen-by']}`,
      hint: 'a frozen release never changes: it stays as it is here',
    },
  )
}
