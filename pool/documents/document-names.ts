/** The documents beside a release's pages, by their names in its URL and in an export. Their printers: `documents.ts`. */
export const documentNames = [
  'manifest.json',
  'manifest.json.sig',
  'requirements.txt',
  'constraints.txt',
  'versions.cfg',
  'pylock.toml',
  'sbom.cdx.json',
] as const

export type DocumentName = (typeof documentNames)[number]
