import type { Iso } from '../../pool/distribution.ts'
import type { ProjectName } from '../../pool/project-name.ts'
import type { ProjectStatus } from '../../pool/project-status.ts'
import type { Removal } from '../../pool/removal.ts'
import type { AuditEvent } from './events.ts'

/** One file's yank; a reason of `null` takes it back. */
export interface YankMark {
  readonly filename: string
  readonly reason: string | null
}

/** What is laid over the pool later. Nothing of it changes a file or a release. */
export interface OverlayRecords {
  /**
   * Marks files of the pool as yanked, or no longer (PEP 592), each that this changes with an event of its own, in one
   * commit. Returns the files that it changed. Throws `distribution-unknown`.
   */
  setYanks(marks: readonly YankMark[], eventOf: (mark: YankMark) => AuditEvent): Promise<readonly string[]>
  /** What was said last of a project, or last before an instant; `undefined`: nothing. */
  projectStatus(project: ProjectName, before?: Iso): Promise<ProjectStatus | undefined>
  /** `same`: it was that, for that reason. */
  setProjectStatus(status: ProjectStatus, event: AuditEvent): Promise<'set' | 'same'>
  /** Of every project of which something was said, what was said last; ascending by project. */
  projectStatuses(): Promise<readonly ProjectStatus[]>
  removal(filename: string): Promise<Removal | undefined>
  /** All, ascending by filename. */
  removals(): Promise<readonly Removal[]>
  /**
   * Takes a file out of the pool, and what was read out of it unless another file has the same. Its row stays, so that its
   * name is never given to other bytes; the bytes are to be erased after. `same`: it was removed before.
   * Throws `distribution-unknown`.
   */
  removeDistribution(removal: Omit<Removal, 'product'>, event: AuditEvent): Promise<'removed' | 'same'>
}
