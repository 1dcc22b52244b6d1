import type { Distribution, Iso, Origin, Sha256 } from './distribution.ts'
import { RegistryError } from './errors.ts'
import { isFileOf, type DistributionFilename } from './filename.ts'
import type { CoreMetadata } from './metadata.ts'
import { isProjectName, normaliseName } from './project-name.ts'
import { sameVersion } from './version.ts'

/** What the one who brings a file claims of it. What is left out is not compared. */
export interface Claim {
  readonly name?: string | undefined
  readonly version?: string | undefined
}

export interface Arrival {
  readonly file: DistributionFilename
  readonly metadata: CoreMetadata
  readonly claim: Claim
  readonly size: number
  readonly sha256: Sha256
  readonly metadataSha256: Sha256
  readonly origin: Origin | null
  readonly product: string | null
  readonly provenanceSha256: Sha256 | null
  readonly at: Iso
}

/**
 * The distribution that an arrived file is. What is inside the archive decides; the filename and the claim must agree
 * with it. Throws `metadata-mismatch`.
 */
export function admit(arrival: Arrival): Distribution {
  const { file, metadata, claim } = arrival
  if (!isFileOf(file, metadata.project, metadata.version)) {
    throw mismatch('filename', file.filename, `${metadata.name} ${metadata.version}`)
  }
  if (claim.name !== undefined && !claimsProject(claim.name, metadata))
    throw mismatch('name', claim.name, metadata.name)
  if (claim.version !== undefined && !sameVersion(claim.version, metadata.version)) {
    throw mismatch('version', claim.version, metadata.version)
  }
  return {
    filename: file.filename,
    project: metadata.project,
    name: metadata.name,
    version: metadata.version,
    kind: file.kind,
    size: arrival.size,
    sha256: arrival.sha256,
    metadataSha256: arrival.metadataSha256,
    requiresPython: metadata.requiresPython ?? null,
    uploadTime: arrival.at,
    origin: arrival.origin,
    product: arrival.product,
    yanked: arrival.origin?.yanked ?? null,
    provenanceSha256: arrival.provenanceSha256,
  }
}

function claimsProject(name: string, metadata: CoreMetadata): boolean {
  return isProjectName(name) && normaliseName(name) === metadata.project
}

function mismatch(field: string, claimed: string, inside: string): RegistryError {
  const said = claimed.slice(0, 200)
  return new RegistryError(
    'metadata-mismatch',
    { field, claimed: said, metadata: inside },
    {
      detail: `the ${field} says ${JSON.stringify(said)}, the metadata inside the archive says ${JSON.stringify(inside)}`,
    },
  )
}
