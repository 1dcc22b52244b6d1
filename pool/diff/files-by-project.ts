import type { Manifest, ManifestFile } from '../manifest.ts'
import type { ProjectName } from '../project-name.ts'

export function filesByProject({ files }: Manifest): ReadonlyMap<ProjectName, readonly ManifestFile[]> {
  const found = new Map<ProjectName, ManifestFile[]>()
  for (const file of files) {
    const known = found.get(file.project)
    if (known) known.push(file)
    else found.set(file.project, [file])
  }
  return found
}
