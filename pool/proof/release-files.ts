import { digestOf } from '../digest.ts'
import { releaseDirectory, releaseTree, type TreeEntry } from '../export/tree.ts'
import type { Sha256 } from '../distribution.ts'
import { indexUrl } from '../documents/document.ts'
import { releaseDocuments } from '../documents/documents.ts'
import { serialNumber } from '../documents/sbom/sbom-json.ts'
import { normaliseName } from '../project-name.ts'
import type { ReleaseProblem } from './release-problem.ts'
import type { ProvenManifest } from './signed-manifest.ts'

/** What is to lie at a path. */
export interface ExpectedFile {
  readonly path: string
  readonly what: TreeEntry['what']
  readonly sha256: Sha256
  /** `undefined`: it is not known, but the file is small. */
  readonly size: number | undefined
  /** What it would be if the release were served where its own documents say. */
  readonly elsewhere?: { readonly sha256: Sha256; readonly said: string }
}

/** What lies there. */
export type FoundFile =
  | { readonly state: 'read'; readonly sha256: Sha256; readonly size: number }
  | { readonly state: 'missing' }
  /** It has more bytes than it may, and was read no further. */
  | { readonly state: 'longer' }
  | { readonly state: 'unreadable'; readonly message: string }

/** What the documents that do not follow from the manifest alone are held against. */
export interface Surrounding {
  /** URL of where the release is served, with a slash at its end; `undefined`: its documents are to name none. */
  readonly base: string | undefined
  /** The URL that its documents name. */
  readonly named: string | undefined
  /** The bill of materials as it was found: what is in it, the pool's files say. */
  readonly sbom: string | undefined
}

/** Every file that a release has, ascending by path: its pages and documents as its manifest makes them. */
export function expectedFiles(
  release: ProvenManifest,
  { base, named, sbom = '' }: Surrounding,
): readonly ExpectedFile[] {
  const at = (where: string | undefined) =>
    new Map(
      releaseDocuments.map(({ name, variesBy, print }) => [
        name,
        variesBy === 'factsOf' ? sbom : print(release, { base: where }),
      ]),
    )
  const others = new Map<string, string>(base === named ? [] : [...at(named)])
  const said = `names ${named ?? 'no host'}, not ${base ?? 'none'}`
  const directory = releaseDirectory(release.manifest)
  return releaseTree({ ...release, documents: at(base) }).map((entry) => {
    if (entry.what !== 'page') return { ...entry, path: entry.path }
    const other = others.get(entry.path.slice(directory.length + 1))
    const expected = { ...entry, sha256: digestOf(entry.text), size: Buffer.byteLength(entry.text) }
    return other === undefined || other === entry.text
      ? expected
      : { ...expected, elsewhere: { sha256: digestOf(other), said } }
  })
}

/** Whether it is the page of a project under another name than its normal one, which a server redirects. */
export function isAlias({ path, what }: ExpectedFile): boolean {
  const [, , , name = '', page] = path.split('/')
  return what === 'page' && page !== undefined && name !== normaliseName(name)
}

/** Core metadata is text that people write: longer is no metadata. */
const longestUnstated = 16 * 1024 * 1024
/** How much longer than it should be a page is read, to see what it is instead. */
const pageSlack = 64 * 1024

/** As many bytes are read of it; whatever has more is another file. */
export function longestOf({ what, size }: ExpectedFile): number {
  if (size === undefined) return longestUnstated
  return what === 'page' ? size + pageSlack : size
}

/** What is wrong with a file; `undefined` if it is the one that is expected. */
export function fileProblem(expected: ExpectedFile, found: FoundFile): ReleaseProblem | undefined {
  const { path, what, sha256, size, elsewhere } = expected
  if (found.state === 'missing') return { path, message: 'is missing' }
  if (found.state === 'unreadable') return { path, message: `cannot be read: ${found.message}` }
  if (found.state === 'longer') return { path, message: `has more than ${bytes(longestOf(expected))}` }
  if (found.sha256 === sha256) return undefined
  if (found.sha256 === elsewhere?.sha256)
    return { path, message: elsewhere.said, hint: 'if that is where it is served, say so with --base-url' }
  if (what === 'page') return { path, message: 'is not what the manifest makes of it' }
  if (size !== undefined && found.size !== size) return { path, message: `has ${bytes(found.size)}, not ${size}` }
  return { path, message: `holds other bytes: sha256 ${found.sha256}, not ${sha256}` }
}

function bytes(size: number): string {
  return `${size} byte${size === 1 ? '' : 's'}`
}

/** The URL that a release's documents name, read from its `versions.cfg`. */
export function namedBase({ manifest }: ProvenManifest, versionsCfg: string | undefined): string | undefined {
  const [, index = ''] = /^index = (\S+)$/m.exec(versionsCfg ?? '') ?? []
  const below = indexUrl('', manifest)
  return index.endsWith(`/${below}`) && URL.canParse(index) ? index.slice(0, -below.length) : undefined
}

/** A bill of materials names the release that it is of: this one, by its digest. None was found: that is told elsewhere. */
export function sbomProblems(release: ProvenManifest, text: string | undefined): readonly ReleaseProblem[] {
  if (text === undefined) return []
  const path = `${releaseDirectory(release.manifest)}/sbom.cdx.json`
  const { serial, digest } = saidBySbom(text)
  if (serial === serialNumber(release.digest) && digest === `sha256:${release.digest}`) return []
  const message = digest === undefined ? 'names no release' : `is that of a release with the digest ${digest}`
  return [{ path, message }]
}

interface Sbom {
  readonly serialNumber?: unknown
  readonly metadata?: { readonly component?: { readonly properties?: unknown } }
}

function saidBySbom(text: string): { readonly serial?: unknown; readonly digest?: string } {
  const bom = parseObject(text) as Sbom
  const properties: unknown = bom.metadata?.component?.properties
  const known = (Array.isArray(properties) ? properties : []) as readonly unknown[]
  const digest = known.map(asProperty).find(({ name }) => name === 'firn:digest')?.value
  return { serial: bom.serialNumber, ...(digest === undefined ? {} : { digest: digest.slice(0, 100) }) }
}

function asProperty(value: unknown): { readonly name?: string; readonly value?: string } {
  if (typeof value !== 'object' || value === null) return {}
  const { name, value: said } = value as Readonly<Record<string, unknown>>
  return typeof name === 'string' && typeof said === 'string' ? { name, value: said } : {}
}

function parseObject(text: string): object {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? value : {}
  } catch {
    return {}
  }
}
