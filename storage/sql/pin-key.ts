import type { ProjectName } from '../../pool/project-name.ts'
import { versionKey } from '../../pool/version.ts'

/** What the files of one version of one project are found by, however each of them spells it. */
export function pinKey({ project, version }: { readonly project: ProjectName; readonly version: string }): string {
  return `${project}==${versionKey(version)}`
}
