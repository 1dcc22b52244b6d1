import type { DocumentedRelease, Surroundings } from './document.ts'
import { pylockToml } from './pylock-toml.ts'
import { constraintsTxt, requirementsTxt } from './requirements-txt.ts'
import { versionsCfg } from './versions-cfg.ts'

/** One form of a release that some tool reads. */
export interface ReleaseDocument {
  /** Its name in the release's URL and in an export. */
  readonly name: string
  readonly type: string
  /** What its text depends on besides the manifest; if on nothing, it never changes. */
  readonly variesBy: keyof Surroundings | null
  readonly print: (release: DocumentedRelease, surroundings: Surroundings) => string
}

const text = 'text/plain; charset=utf-8'

/** The documents beside a release's pages: served, exported and shown from here alone. */
export const releaseDocuments: readonly ReleaseDocument[] = [
  { name: 'manifest.json', type: 'application/json', variesBy: null, print: (release) => release.text },
  { name: 'requirements.txt', type: text, variesBy: null, print: requirementsTxt },
  { name: 'constraints.txt', type: text, variesBy: null, print: constraintsTxt },
  { name: 'versions.cfg', type: text, variesBy: 'base', print: versionsCfg },
  { name: 'pylock.toml', type: 'application/toml', variesBy: 'base', print: pylockToml },
]

export function releaseDocument(name: string): ReleaseDocument | undefined {
  return releaseDocuments.find((each) => each.name === name)
}
