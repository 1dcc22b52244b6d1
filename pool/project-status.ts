import type { Iso } from './distribution.ts'
import type { ProjectName } from './project-name.ts'

/**
 * What PEP 792 lets an index say of a project. `archived`: no more files are expected, nor taken in; `quarantined`: no file
 * is offered in the live index, nor taken in; `deprecated`: use something else.
 */
export const projectStates = ['active', 'archived', 'quarantined', 'deprecated'] as const

export type ProjectState = (typeof projectStates)[number]

/** Whether no file of a project comes in any more, by whatever way. Source: PEP 792. */
export function isClosed(status: ProjectState | undefined): boolean {
  return status === 'archived' || status === 'quarantined'
}

export interface ProjectStatus {
  readonly project: ProjectName
  readonly status: ProjectState
  readonly reason: string | null
  /** Since when. */
  readonly at: Iso
}

/** Whether what was said last of a project, if anything was, says the same. */
export function saysSame(
  held: ProjectStatus | undefined,
  { status, reason }: Pick<ProjectStatus, 'status' | 'reason'>,
): boolean {
  return (held?.status ?? 'active') === status && (held?.reason ?? null) === reason
}
