import type { ProjectState } from '../../pool/project-status.ts'
import type { Connection } from '../connection.ts'

/** The shapes are those of `server/routes/yanks.ts`, `projects.ts` and `files.ts`. */
export interface YankBody {
  readonly wanted: readonly string[]
  readonly reason: string | null
  readonly dryRun: boolean
}

export interface YankedFile {
  readonly filename: string
  readonly changed: boolean
  readonly releases: readonly string[]
}

export async function yankFiles(connection: Connection, body: YankBody): Promise<readonly YankedFile[]> {
  return (await connection.json<{ readonly files: readonly YankedFile[] }>('POST', '/api/v1/yanks', body)).files
}

export interface SaidOfProject {
  readonly project: string
  readonly status: ProjectState
  readonly reason: string | null
  readonly since: string | null
}

export function projectStatus(connection: Connection, project: string): Promise<SaidOfProject> {
  return connection.json('GET', statusPath(project))
}

export async function projectStatuses(connection: Connection): Promise<readonly SaidOfProject[]> {
  const path = '/api/v1/projects/statuses'
  return (await connection.json<{ readonly projects: readonly SaidOfProject[] }>('GET', path)).projects
}

export interface StatusBody {
  readonly status: ProjectState
  readonly reason: string | null
  readonly dryRun: boolean
}

export function setProjectStatus(
  connection: Connection,
  project: string,
  body: StatusBody,
): Promise<Omit<SaidOfProject, 'since'> & { readonly outcome: 'set' | 'same' }> {
  return connection.json('PUT', statusPath(project), body)
}

function statusPath(project: string): string {
  return `/api/v1/projects/${encodeURIComponent(project)}/status`
}

export interface RemoveBody {
  readonly reason: string
  readonly force: boolean
  readonly dryRun: boolean
}

export interface RemovedFile {
  readonly filename: string
  readonly outcome: 'removed' | 'same'
  readonly size: number | null
  readonly releases: readonly string[]
}

export function removeFile(connection: Connection, filename: string, body: RemoveBody): Promise<RemovedFile> {
  return connection.json('DELETE', `/api/v1/files/${encodeURIComponent(filename)}`, body)
}
