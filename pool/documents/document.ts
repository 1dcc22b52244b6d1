import type { Sha256 } from '../distribution.ts'
import type { DistributionFacts } from '../facts.ts'
import type { Manifest } from '../manifest.ts'
import type { Signature } from '../proof/envelope.ts'
import { indexPath, printReleaseName } from '../release-name.ts'

/** What every document of a release is made from. */
export interface DocumentedRelease {
  readonly manifest: Manifest
  /** The manifest in its canonical spelling. */
  readonly text: string
  readonly digest: Sha256
  readonly signatures: readonly Signature[]
}

/** What is not in the manifest, and some documents want. */
export interface Surroundings {
  /**
   * URL of the directory that holds `index/` and `pool/`, with a slash at its end: `https://firn.example/`. None: it is
   * not known where the documents will be served, and those that would name it do without.
   */
  readonly base?: string | undefined
  /** What is known of a file by its sha256. */
  readonly factsOf?: ((sha256: Sha256) => DistributionFacts | undefined) | undefined
}

/** Lines under a heading that says which release they are of. */
export function document({ manifest, digest }: DocumentedRelease, lines: readonly string[]): string {
  return [`# ${printReleaseName(manifest)}`, `# sha256:${digest}`, ...lines, ''].map(oneLine).join('\n')
}

/** Whatever a manifest says, it begins no line of its own: Python's `str.splitlines` ends one at all of these. */
function oneLine(text: string): string {
  return text.replaceAll(/[\p{Cc}\u2028\u2029]+/gu, ' ')
}

/** Where a release's index is, seen from `base`. */
export function indexUrl(base: string, release: Pick<Manifest, 'product' | 'release'>): string {
  return base + indexPath(release).slice(1)
}

/** Where a file lies, seen from `base`: `pool/zope-interface/zope.interface-8.5.tar.gz`. */
export function poolPath({ project, filename }: { readonly project: string; readonly filename: string }): string {
  return `pool/${encodeURIComponent(project)}/${encodeURIComponent(filename)}`
}

/** From a document of a release to the directory that holds `index/` and `pool/`. */
export const toRoot = '../../../'
