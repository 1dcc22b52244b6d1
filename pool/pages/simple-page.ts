import { limitedTo, type Client } from '../clients.ts'
import type { Distribution, Iso, Sha256 } from '../distribution.ts'
import { realName } from '../distribution.ts'
import type { ManifestFile } from '../manifest.ts'
import type { ProjectName } from '../project-name.ts'
import type { ProjectStatus } from '../project-status.ts'
import type { ListedFile } from '../upstream-file.ts'
import { compareCodePoints, compareVersionTexts } from '../version.ts'

/**
 * The pages of a simple index as values, before they become HTML or JSON.
 * Essential reading: packaging.python.org "Simple repository API" (PEP 503, 592, 629, 658, 691, 700, 714, 792).
 */

/** PEP 629. 1.4 adds nothing that must be there: `project-status` is left out where a project is active. */
export const apiVersion = '1.4'

/** One file of a project page. */
export interface PageFile {
  readonly filename: string
  readonly project: ProjectName
  readonly version: string
  readonly sha256: Sha256
  /** `null` of an upstream's file that it does not state of; the same goes for the time. */
  readonly size: number | null
  readonly uploadTime: Iso | null
  readonly requiresPython: string | null
  /** PEP 658: digest of the metadata that is served beside the file; `null` if none is. */
  readonly metadataSha256: Sha256 | null
  /** PEP 592: the reason, `''` for none; `null` if not yanked. */
  readonly yanked: string | null
  /** PEP 740: whether its attestations stand beside it. */
  readonly provenance: boolean
  /** On the live index, where not all that install today can use the file: those that can. */
  readonly clients: readonly Client[] | null
}

export interface ProjectPage {
  readonly project: ProjectName
  readonly name: string
  /** Ascending by version, then by filename. */
  readonly files: readonly PageFile[]
  /** From the page to the directory that holds `pool/`: `../../`. */
  readonly toRoot: string
  /** That directory's URL, on a page that is made for the one who asks; `null` on pages that never change. */
  readonly base: string | null
  /** Digest of the release that the page belongs to; `null` on the live index. */
  readonly release: Sha256 | null
  /** PEP 792; `null` where a project is active, and in a release: later knowledge is laid over it, never written in. */
  readonly status: Pick<ProjectStatus, 'status' | 'reason'> | null
}

export interface RootPage {
  /** Ascending by normalised name. */
  readonly projects: readonly { readonly project: ProjectName; readonly name: string }[]
  readonly release: Sha256 | null
}

/** A project's page of a frozen index, `/index/<product>/<release>/<project>/`. `files` must not be empty. */
export function frozenProjectPage(release: Sha256, files: readonly ManifestFile[]): ProjectPage {
  const pages = files.map((file) => ({
    filename: file.filename,
    project: file.project,
    version: file.version,
    sha256: file.sha256,
    size: file.size,
    uploadTime: file['upload-time'],
    requiresPython: file['requires-python'],
    metadataSha256: file.kind === 'wheel' ? file['metadata-sha256'] : null,
    // Later knowledge is laid over a release, never written in: what is yanked today was not when it was frozen.
    yanked: null,
    provenance: file['provenance-sha256'] !== undefined,
    // Nor does a page of a release change when firn knows more of clients.
    clients: null,
  }))
  return projectPage(realName(files), pages, { toRoot: '../../../../', base: null, release, status: null })
}

export interface LivePage {
  readonly project: ProjectName
  readonly files: readonly Distribution[]
  /** What an upstream has besides, that the pool would take in if it were asked for. */
  readonly upstream: readonly ListedFile[]
  readonly status: ProjectStatus | undefined
  readonly toRoot: string
  /** The URL that the server is asked under, with a slash at its end, if the page may name it. */
  readonly base?: string | undefined
  /**
   * Whether a file that came from an upstream keeps the upstream's time. Where the upstream's files are shown beside, one
   * that is taken in must not become a younger one by that, or what a date admits would change with every installation.
   */
  readonly upstreamTimes: boolean
  /** Whether it says who can use a file. What is known of that changes; a page of the past does not. */
  readonly saysClients: boolean
}

/**
 * A project's page of the live index, `/simple/<project>/`, or of what it was; there is one file at least. A quarantined
 * project offers none (PEP 792: "the index MUST NOT offer").
 */
export function liveProjectPage(live: LivePage): ProjectPage {
  const { project, files, upstream, status, toRoot, base = null, saysClients, upstreamTimes } = live
  const held = files.map((file) => ({
    ...file,
    uploadTime: (upstreamTimes ? file.origin?.uploadTime : null) ?? file.uploadTime,
    metadataSha256: file.kind === 'wheel' ? file.metadataSha256 : null,
    provenance: file.provenanceSha256 !== null,
    clients: saysClients ? limitedTo(file) : null,
  }))
  const shown = status === undefined || status.status === 'active' ? null : status
  const name = files.length > 0 ? realName(files) : project
  const pages = [...held, ...upstream.map((file) => listedPage(project, file))]
  const page = projectPage(name, pages, { toRoot, base, release: null, status: shown })
  return shown?.status === 'quarantined' ? { ...page, files: [] } : page
}

function listedPage(project: ProjectName, { file, version, sha256 }: ListedFile): PageFile {
  const { filename, size, uploadTime, requiresPython, metadataSha256, yanked } = file
  const clients = limitedTo({ filename, name: project, version, requiresPython })
  const known = { size, uploadTime, requiresPython, metadataSha256, yanked }
  return { filename, project, version, sha256, ...known, provenance: false, clients }
}

function projectPage(
  name: string,
  files: readonly PageFile[],
  rest: Pick<ProjectPage, 'toRoot' | 'base' | 'release' | 'status'>,
): ProjectPage {
  const [first] = files
  if (!first) throw new TypeError('a project page has a file at least')
  return { project: first.project, name, files: files.toSorted(byVersionAndFilename), ...rest }
}

function byVersionAndFilename(a: PageFile, b: PageFile): number {
  return compareVersionTexts(a.version, b.version) || compareCodePoints(a.filename, b.filename)
}
