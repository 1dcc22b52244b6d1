import type { Distribution } from '../../pool/distribution.ts'
import type { DistributionKind } from '../../pool/filename.ts'
import type { ProjectName } from '../../pool/project-name.ts'
import type { ProjectState, ProjectStatus } from '../../pool/project-status.ts'
import type { Signature } from '../../pool/proof/envelope.ts'
import type { FrozenRelease } from '../ports.ts'
import type { AuditEvent, LoggedEvent } from '../ports/events.ts'
import type { DistributionRow, EventRow, PoolFileRow, ProjectStatusRow, ReleaseRow } from './schema.ts'

/** Between rows and records. What is read was checked when it was written. */

export function distributionRow({ origin, ...file }: Distribution): DistributionRow {
  return {
    filename: file.filename,
    project: file.project,
    name: file.name,
    version: file.version,
    kind: file.kind,
    size: file.size,
    sha256: file.sha256,
    metadata_sha256: file.metadataSha256,
    requires_python: file.requiresPython,
    upload_time: file.uploadTime,
    origin_index: origin?.index ?? null,
    origin_url: origin?.url ?? null,
    origin_upload_time: origin?.uploadTime ?? null,
    origin_yanked: origin?.yanked ?? null,
    product: file.product,
    provenance_sha256: file.provenanceSha256,
  }
}

export function distribution(row: PoolFileRow): Distribution {
  return {
    filename: row.filename,
    project: row.project as ProjectName,
    name: row.name,
    version: row.version,
    kind: row.kind as DistributionKind,
    size: row.size,
    sha256: row.sha256,
    metadataSha256: row.metadata_sha256,
    requiresPython: row.requires_python,
    uploadTime: row.upload_time,
    product: row.product,
    provenanceSha256: row.provenance_sha256,
    yanked: row.yank === null ? row.origin_yanked : row.yank_reason,
    origin:
      row.origin_index === null || row.origin_url === null
        ? null
        : {
            index: row.origin_index,
            url: row.origin_url,
            uploadTime: row.origin_upload_time,
            yanked: row.origin_yanked,
          },
  }
}

export function frozenRelease(row: ReleaseRow, signatures: readonly Signature[]): FrozenRelease {
  return {
    name: { product: row.product, release: row.release },
    digest: row.digest,
    manifest: row.manifest,
    frozenAt: row.frozen_at,
    signatures,
  }
}

export function statusOf({ project, status, reason, at }: Omit<ProjectStatusRow, 'id'>): ProjectStatus {
  return { project: project as ProjectName, status: status as ProjectState, reason, at }
}

/** An event's row beside its signature's, which an event has that was there before any key. */
export interface LoggedEventRow extends EventRow {
  readonly key: string | null
  readonly signature: string | null
}

export function loggedEvent(row: LoggedEventRow): LoggedEvent {
  return {
    sequence: row.sequence,
    at: row.at,
    actor: row.actor,
    verb: row.verb as AuditEvent['verb'],
    subject: row.subject,
    facts: factsOf(row.facts),
    previous: row.previous,
    digest: row.digest,
    key: row.key,
    signature: row.signature,
  }
}

/** Someone who edits the database may leave what is no JSON; the log is to show that line, not to fail on it. */
function factsOf(text: string): AuditEvent['facts'] {
  try {
    return JSON.parse(text) as AuditEvent['facts']
  } catch {
    return { unreadable: text }
  }
}
