import type { ProjectName } from '../../pool/project-name.ts'
import type { ListedFile } from '../../pool/upstream-file.ts'
import type { Deps } from '../deps.ts'
import { fetchFile, type FetchFileDeps, type FileRequest } from './fetch-file.ts'

export interface PullRequest {
  readonly project: ProjectName
  readonly listed: ListedFile
  readonly actor: string
  /** What the bytes go through on their way. */
  readonly tap?: FileRequest['tap']
}

export type PullFileDeps = FetchFileDeps & Pick<Deps, 'intake'>

/**
 * Takes a file that the live index shows of the upstream into the pool, held against the sha256 that the index showed.
 * Throws what `fetchFile` throws, and `server-busy`.
 */
export async function pullFile(deps: PullFileDeps, { project, listed, actor, tap }: PullRequest): Promise<void> {
  const leave = deps.intake.enter()
  try {
    const place = await deps.upstream.defaultIndex()
    const { file, version, sha256 } = listed
    // By the hash that clients were shown, whatever stronger ones the upstream states besides.
    const pinned = { ...file, hashes: { sha256 } }
    const asked = { file: pinned, place, name: project, version, allowUnhashed: false, fromUpstream: false }
    await fetchFile(deps, { ...asked, actor, tap, verb: 'pull' })
  } finally {
    leave()
  }
}
