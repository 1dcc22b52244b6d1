import type { Sha256 } from '../distribution.ts'
import type { DistributionFacts } from '../facts.ts'
import type { DistributionKind } from '../filename.ts'
import { filesByProject, type Manifest, type ManifestFile } from '../manifest.ts'
import { parseMarker, type Marker } from '../marker.ts'
import type { ProjectName } from '../project-name.ts'
import { installsOf, type Installs } from './installs.ts'

/** A pin of the release, with its files and what is known of them. */
export interface Member {
  readonly project: ProjectName
  readonly name: string
  readonly version: string
  readonly marker: Marker | undefined
  readonly files: readonly MemberFile[]
}

export interface MemberFile {
  readonly filename: string
  readonly kind: DistributionKind
  readonly installs: Installs
  readonly facts: DistributionFacts | undefined
}

/** In the order of the manifest's pins. */
export function readMembers(
  manifest: Pick<Manifest, 'pins' | 'files'>,
  factsOf: (sha256: Sha256) => DistributionFacts | undefined,
): readonly Member[] {
  const filesOf = filesByProject(manifest)
  const memberFile = (file: ManifestFile): MemberFile => {
    const { filename, kind, sha256 } = file
    return { filename, kind, installs: installsOf(file), facts: factsOf(sha256) }
  }
  return manifest.pins.map(({ project, name, version, marker }) => ({
    project,
    name,
    version,
    marker: marker === null ? undefined : parseMarker(marker),
    files: (filesOf.get(project) ?? []).map(memberFile),
  }))
}
