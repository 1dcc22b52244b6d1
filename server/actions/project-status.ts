import { saysSame, type ProjectStatus } from '../../pool/project-status.ts'
import type { Deps } from '../deps.ts'

export interface StatusRequest extends Omit<ProjectStatus, 'at'> {
  /** Says what would change, and changes nothing. */
  readonly dryRun: boolean
  readonly actor: string
}

/** Says of a project what PEP 792 lets an index say. Releases that hold its files do not change. */
export async function setProjectStatus(
  { records, now }: Pick<Deps, 'records' | 'now'>,
  { project, status, reason, dryRun, actor }: StatusRequest,
): Promise<'set' | 'same'> {
  if (dryRun) return saysSame(await records.projectStatus(project), { status, reason }) ? 'same' : 'set'
  const at = now()
  const facts = { status, ...(reason === null ? {} : { reason }) }
  return records.setProjectStatus(
    { project, status, reason, at },
    { at, actor, verb: 'status', subject: project, facts },
  )
}
