import type { Claim } from '../../pool/admit.ts'
import type { Origin } from '../../pool/distribution.ts'
import { RegistryError } from '../../pool/errors.ts'
import type { ProjectName } from '../../pool/project-name.ts'
import type { Staged } from '../../storage/ports.ts'
import { takeIn, type TakeInDeps, type TakenIn } from './take-in.ts'

export interface Upload {
  readonly staged: Staged
  readonly filename: string
  readonly claim: Claim
  /** Digests that the uploader states, by algorithm, in lower-case hex. */
  readonly stated: Readonly<Record<string, string>>
  /** The attestations that come with it (PEP 740), JSON. */
  readonly attestations: string | undefined
  /** Where a release that is imported had it from; `null`: it is the uploader's. */
  readonly origin: Origin | null
  readonly actor: string
  /** The product that the file is to be private to. */
  readonly product: string | null
  /** Throws unless the one who uploads may do so for the project that is in the file. */
  readonly mayUpload: (project: ProjectName) => void
}

/** Takes an uploaded file into the pool. Throws `digest-mismatch` and what `takeIn` throws; nothing stays staged. */
export async function uploadDistribution(deps: TakeInDeps, upload: Upload): Promise<TakenIn> {
  const { staged, filename, claim, attestations, origin, actor, product } = upload
  deps.fault('upload:staged')
  try {
    await checkDigests(deps, upload)
  } catch (error) {
    await deps.staging.discard(staged)
    throw error
  }
  return takeIn(deps, {
    staged,
    filename,
    claim,
    attestations,
    origin,
    // Who imports a release has all its files go together by name.
    fromUpstream: true,
    product,
    actor,
    verb: 'upload',
    mayEnter: upload.mayUpload,
  })
}

/** What was stated only after the file, as Python 2 may do, is not among the digests that were made while it came. */
async function checkDigests({ staging }: TakeInDeps, { staged, stated, filename }: Upload): Promise<void> {
  for (const [algorithm, expected] of Object.entries(stated)) {
    const found = staged.digests[algorithm] ?? (await staging.digest(staged, algorithm))
    if (expected === found) continue
    throw new RegistryError(
      'digest-mismatch',
      { filename: filename.slice(0, 200), algorithm, expected, found },
      { detail: `the form's ${algorithm} is not that of the file that arrived`, hint: 'upload the file again' },
    )
  }
}
