import { normaliseVersion, compareVersionTexts } from '../version.ts'
import { fileUrl, provenanceUrl } from './simple-html.ts'
import { apiVersion, type PageFile, type ProjectPage, type RootPage } from './simple-page.ts'

/** A project's page as JSON. Source: PEP 691, 700. */
export function projectPageJson(page: ProjectPage): string {
  const versions = new Set(page.files.map(({ version }) => normaliseVersion(version)))
  return JSON.stringify({
    meta: meta(page.release),
    name: page.project,
    ...(page.status === null ? {} : { 'project-status': statusJson(page.status) }),
    versions: [...versions].toSorted(compareVersionTexts),
    files: page.files.map((file) => fileJson(page, file)),
  })
}

/** The list of projects as JSON. Its `name` is what a client shows, so it is the real one. */
export function rootPageJson(page: RootPage): string {
  return JSON.stringify({ meta: meta(page.release), projects: page.projects.map(({ name }) => ({ name })) })
}

/** PEP 691: "Keys that start with a leading underscore are reserved as private for index server use". */
function meta(release: string | null): Record<string, string> {
  return { 'api-version': apiVersion, ...(release === null ? {} : { _release: `sha256:${release}` }) }
}

/** PEP 792, whose text puts it at the top level. */
function statusJson({ status, reason }: NonNullable<ProjectPage['status']>): Record<string, string> {
  return { status, ...(reason === null ? {} : { reason }) }
}

function fileJson(page: ProjectPage, file: PageFile): Record<string, unknown> {
  const metadata = file.metadataSha256 === null ? undefined : { sha256: file.metadataSha256 }
  return {
    filename: file.filename,
    url: fileUrl(page, file),
    hashes: { sha256: file.sha256 },
    ...(file.requiresPython === null ? {} : { 'requires-python': file.requiresPython }),
    // PEP 714: in JSON without the first name of the key, `dist-info-metadata`, on which pip 22.3 to 23.1 ends with an
    // exception: Debian 12 has such a one, and so have Python 3.10 and 3.11 in their own environments.
    ...(metadata ? { 'core-metadata': metadata } : {}),
    ...(file.yanked === null ? {} : { yanked: file.yanked === '' ? true : file.yanked }),
    ...(file.size === null ? {} : { size: file.size }),
    ...(file.uploadTime === null ? {} : { 'upload-time': file.uploadTime }),
    ...(file.provenance ? provenanceJson(page, file) : {}),
    ...(file.clients === null ? {} : { _clients: file.clients }),
  }
}

/**
 * PEP 740: `provenance` is "a fully qualified URL", and readers refuse a whole page in which it is none. A page that
 * never changes cannot name a host, so there it is a key of our own, relative as all links are.
 */
function provenanceJson(page: ProjectPage, file: PageFile): Record<string, string> {
  return { [page.base === null ? '_provenance' : 'provenance']: provenanceUrl(page, file) }
}
