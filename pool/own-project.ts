import { RegistryError } from './errors.ts'
import type { ProjectName } from './project-name.ts'

/**
 * A project is the team's own as soon as one file of it was uploaded, for whatever product (`ownProjects` of the
 * records). What an upstream has under that name may be anybody's (dependency confusion), so that it does not come in.
 * This tells nothing of the files that there are.
 */
export function refusedAsOwn(project: ProjectName): RegistryError {
  return new RegistryError('project-own', { project }, { detail: `${ownReason(project)}; ${ownHint(project)}` })
}

export function ownReason(project: ProjectName): string {
  return `${project} is the team's own: files of it were uploaded here`
}

export function ownHint(project: ProjectName): string {
  return `upload the version that is lacking; or, if an upstream's files are to be mixed with the team's: --from-upstream ${project}`
}

/** What an uploader is told whose file is the first of the team's beside an upstream's. */
export function becomesOwnNotice(project: ProjectName): string {
  return (
    `${project}: the pool had it from an upstream alone; from now on it is the team's own, and firn fetch brings no more ` +
    `of its files, unless told to with --from-upstream ${project}`
  )
}
