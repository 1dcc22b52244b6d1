import { printEnvelope } from '../proof/envelope.ts'
import { documentNames, type DocumentName } from './document-names.ts'
import type { DocumentedRelease, Surroundings } from './document.ts'
import { pylockToml } from './pylock-toml.ts'
import { constraintsTxt, requirementsTxt } from './requirements-txt.ts'
import { sbomJson } from './sbom/sbom-json.ts'
import { versionsCfg } from './versions-cfg.ts'

/** One form of a release that some tool reads. */
export interface ReleaseDocument {
  readonly name: DocumentName
  readonly type: string
  /** What its text depends on besides the manifest; if on nothing, it never changes. */
  readonly variesBy: keyof Surroundings | null
  readonly print: (release: DocumentedRelease, surroundings: Surroundings) => string
}

const text = 'text/plain; charset=utf-8'

const printers: Readonly<Record<DocumentName, Omit<ReleaseDocument, 'name'>>> = {
  'manifest.json': { type: 'application/json', variesBy: null, print: (release) => release.text },
  'manifest.json.sig': {
    type: 'application/vnd.dsse+json',
    variesBy: null,
    print: (release) => printEnvelope(release.text, release.signatures),
  },
  'requirements.txt': { type: text, variesBy: null, print: requirementsTxt },
  'constraints.txt': { type: text, variesBy: null, print: constraintsTxt },
  'versions.cfg': { type: text, variesBy: 'base', print: versionsCfg },
  'pylock.toml': { type: 'application/toml', variesBy: 'base', print: pylockToml },
  'sbom.cdx.json': { type: 'application/vnd.cyclonedx+json; version=1.6', variesBy: 'factsOf', print: sbomJson },
}

/** The documents beside a release's pages: served, exported and shown from here alone. */
export const releaseDocuments: readonly ReleaseDocument[] = documentNames.map((name) => ({ name, ...printers[name] }))

export function releaseDocument(name: string): ReleaseDocument | undefined {
  return releaseDocuments.find((each) => each.name === name)
}
