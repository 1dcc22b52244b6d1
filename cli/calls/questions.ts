import type { ProjectDiff } from '../../pool/diff/project-diff.ts'
import type { ReleaseDiff } from '../../pool/diff/release-diff.ts'
import type { Manifest, ManifestBase, ManifestWaiver } from '../../pool/manifest.ts'
import type { Notice, Source } from '../../pool/pins/pin.ts'
import type { ReleaseName } from '../../pool/release-name.ts'
import type { Connection } from '../connection.ts'
import { pagesOf, searchOf, type PageQuery } from './pages.ts'
import { releasePath } from './releases.ts'

/** The shapes are those of `server/routes/`: `release-questions.ts`, `diff.ts`, `where-used.ts`. */

export interface ReleaseSummary {
  readonly product: string
  readonly release: string
  readonly digest: string
  readonly 'frozen-at': string
  readonly 'frozen-by': string
  readonly pins: number
  readonly files: number
  readonly base: ManifestBase | null
}

export interface ListedRelease extends ReleaseSummary {
  readonly base: (ManifestBase & { readonly newer: string | null }) | null
}

export interface ReleaseList {
  readonly releases: readonly ListedRelease[]
  readonly next: string | null
}

/** `GET /api/v1/releases`, all of it or a page. */
export async function listReleases(
  connection: Connection,
  query: PageQuery & { readonly product?: string | undefined },
): Promise<ReleaseList> {
  const releases: ListedRelease[] = []
  let next: string | null = null
  for await (const page of pagesOf<ReleaseList>(connection, '/api/v1/releases', { ...query })) {
    releases.push(...page.releases)
    next = page.next
  }
  return { releases, next }
}

export interface ShownRelease {
  readonly release: string
  readonly digest: string
  readonly path: string
  readonly 'newer-base': string | null
  readonly waivers: readonly (ManifestWaiver & { readonly expired: boolean })[]
  readonly origins: readonly { readonly index: string | null; readonly files: readonly string[] }[]
  /** What is said by now; nothing of it changes the release. */
  readonly later: {
    readonly yanked: readonly { readonly filename: string; readonly reason: string }[]
    readonly projects: readonly { readonly project: string; readonly status: string; readonly reason: string | null }[]
    readonly removed: readonly { readonly filename: string; readonly reason: string }[]
  }
  readonly manifest: Manifest
}

/** `GET /api/v1/releases/PRODUCT/RELEASE`. */
export function showRelease(connection: Connection, name: ReleaseName): Promise<ShownRelease> {
  return connection.json('GET', releasePath(name))
}

/** `GET /index/PRODUCT/RELEASE/<document>`, as it is. */
export async function readDocument(
  connection: Connection,
  { product, release }: ReleaseName,
  document: string,
): Promise<string> {
  const path = [product, release, document].map(encodeURIComponent).join('/')
  return (await connection.send('GET', `/index/${path}`)).text()
}

export interface DiffSide {
  readonly release: string
  readonly digest: string
  readonly 'frozen-at': string
}

export interface DiffAnswer extends ReleaseDiff {
  readonly from: DiffSide
  readonly to: DiffSide
  readonly changelog: readonly { readonly release: string; readonly 'frozen-at': string; readonly changes: string }[]
}

/** `GET /api/v1/diff`. */
export function diffReleases(connection: Connection, from: string, to: string): Promise<DiffAnswer> {
  return connection.json('GET', `/api/v1/diff${searchOf({ from, to })}`)
}

export interface PinsDiffAnswer {
  readonly from: DiffSide
  readonly same: boolean
  readonly projects: readonly ProjectDiff[]
  readonly notices: readonly Notice[]
}

/** `POST /api/v1/diff`. */
export function diffWithPins(
  connection: Connection,
  body: { readonly from: string; readonly sources: readonly Source[]; readonly targets: readonly string[] },
): Promise<PinsDiffAnswer> {
  return connection.json('POST', '/api/v1/diff', body)
}

export interface UsedFile {
  readonly filename: string
  readonly project: string
  readonly name: string
  readonly version: string
  readonly kind: string
  readonly sha256: string
  readonly 'upload-time': string
  readonly unjudged: boolean
  readonly releases: readonly ReleaseSummary[]
}

export interface UsageAnswer {
  readonly q: string
  readonly files: readonly UsedFile[]
  readonly next: string | null
}

/** `GET /api/v1/where-used`, all of it or a page. */
export async function whereUsed(
  connection: Connection,
  query: PageQuery & { readonly q: string },
): Promise<UsageAnswer> {
  const files: UsedFile[] = []
  let [q, next]: [string, string | null] = [query.q, null]
  for await (const page of pagesOf<UsageAnswer>(connection, '/api/v1/where-used', { ...query })) {
    files.push(...page.files)
    ;({ q, next } = page)
  }
  return { q, files, next }
}
