import { RegistryError } from '../../pool/errors.ts'
import type { ProjectName } from '../../pool/project-name.ts'
import type { ListedFile } from '../../pool/upstream-file.ts'
import type { Deps } from '../deps.ts'
import { fetchFile, type FetchFileDeps, type FileRequest } from './fetch-file.ts'

export interface PullRequest extends Pick<FileRequest, 'onBegun' | 'onBytes'> {
  readonly project: ProjectName
  readonly listed: ListedFile
  readonly actor: string
}

export type PullFileDeps = FetchFileDeps & Pick<Deps, 'intake'>

/**
 * Takes a file that the live index shows of the upstream into the pool, held against the sha256, and the size, that the
 * index showed. Throws what `fetchFile` throws, and `server-busy`.
 */
export async function pullFile(deps: PullFileDeps, { project, listed, ...told }: PullRequest): Promise<void> {
  const leave = deps.intake.enter()
  try {
    const { file, version, sha256 } = listed
    refuseTooLarge(deps, listed)
    const place = await deps.upstream.defaultIndex()
    // By the hash that clients were shown, whatever stronger ones the upstream states besides.
    const pinned = { ...file, hashes: { sha256 } }
    const asked = { file: pinned, place, name: project, version, allowUnhashed: false, fromUpstream: false }
    await fetchFile(deps, { ...asked, ...told, tap: (bytes) => ofStatedSize(listed, bytes), verb: 'pull' })
  } finally {
    leave()
  }
}

/** Before anything of it is given to anybody. Throws `upload-too-large`. */
function refuseTooLarge({ uploadLimit }: Pick<Deps, 'uploadLimit'>, { file: { size } }: ListedFile): void {
  if (size === null || size <= uploadLimit) return
  throw new RegistryError('upload-too-large', { limit: uploadLimit }, { detail: `the limit is ${uploadLimit} bytes` })
}

/**
 * Whoever is given the file while it comes is told its length first: more than that would be taken for the beginning of
 * the next answer (RFC 9112, 6.3). Throws `digest-mismatch`.
 */
async function* ofStatedSize(
  { file: { filename, size } }: ListedFile,
  bytes: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  let found = 0
  const refused = () => {
    const detail = `${filename} is not of the ${size} bytes that the upstream says`
    return new RegistryError('digest-mismatch', { filename, size }, { detail })
  }
  for await (const chunk of bytes) {
    found += chunk.length
    if (size !== null && found > size) throw refused()
    yield chunk
  }
  if (size !== null && found < size) throw refused()
}
