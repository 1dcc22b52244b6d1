import type { Manifest, ManifestPin } from '../pool/manifest.ts'
import { printReleaseName } from '../pool/release-name.ts'
import type { ShownRelease } from './calls/questions.ts'
import { count, printBytes } from './io.ts'
import { printMoment, tableLines } from './table.ts'
import { printSections, section } from './text-sections.ts'

/** All that a release is, for people. */
export function describeRelease(
  shown: ShownRelease,
  { url, width }: { readonly url: string; readonly width?: number | undefined },
): string {
  const { manifest } = shown
  return printSections([
    heading(shown, url),
    pins(shown, width),
    section('instead of what the base has', manifest.overrides.map(override)),
    section('waivers', shown.waivers.map(waiver)),
    section('dependencies unknown, as they are stated only in code', manifest.unknown),
    section('yanked by now', shown.later.yanked.map(reasoned)),
    section('said of its projects by now', shown.later.projects.map(said)),
    section('removed from the pool: the release can no longer be installed whole', shown.later.removed.map(reasoned)),
    section('changes', manifest.changes?.trimEnd().split('\n') ?? []),
  ])
}

function heading(shown: ShownRelease, url: string): readonly string[] {
  const { release, digest, path, manifest } = shown
  const index = `${url}${path}`
  const newer = shown['newer-base']
  const facts: readonly (readonly [string, string | null])[] = [
    ['frozen', `${printMoment(manifest['frozen-at'])} UTC by ${manifest['frozen-by']}`],
    ['digest', `sha256:${digest}`],
    ['base', manifest.base && `${printReleaseName(manifest.base)}${newer === null ? '' : ` (${newer} is newer)`}`],
    ['targets', manifest.targets.join(', ')],
    ['source', sourceText(manifest)],
    ['index', index],
    ['install', `pip install --index-url ${index} --require-hashes -r ${index}requirements.txt`],
  ]
  return [release, ...facts.flatMap(([name, value]) => (value === null ? [] : `  ${name.padEnd(7)}  ${value}`))]
}

function sourceText({ source }: Manifest): string | null {
  if (!source) return null
  const tag = source.tag === null ? '' : ` (${source.tag})`
  return `${source.url === null ? '' : `${source.url} `}${source.revision}${tag}`
}

function pins({ manifest, origins }: ShownRelease, width: number | undefined): readonly string[] {
  const bytes = manifest.files.reduce((total, { size }) => total + size, 0)
  const indexes = new Map(origins.flatMap(({ index, files }) => files.map((filename) => [filename, index] as const)))
  const conditional = manifest.pins.some(({ marker }) => marker !== null)
  const rows = manifest.pins.map((pin) => pinRow(pin, manifest, indexes))
  const columns = conditional ? 6 : 5
  const table = {
    head: ['PROJECT', 'VERSION', 'FILES', 'FROM', 'SINCE (UTC)', 'WHERE'].slice(0, columns),
    rows: rows.map((row) => row.slice(0, columns)),
  }
  const attested = manifest.files.filter((file) => file['provenance-sha256'] !== undefined).length
  const files = `${count(manifest.files.length, 'file')}${attested === 0 ? '' : ` (${attested} attested)`}`
  const title = `${count(rows.length, 'project')}, ${files}, ${printBytes(bytes)}`
  return [title, ...tableLines(table, width === undefined ? width : width - 2).map((line) => `  ${line}`)]
}

function pinRow(
  { project, name, version, marker }: ManifestPin,
  manifest: Manifest,
  indexes: ReadonlyMap<string, string | null>,
): readonly string[] {
  const files = manifest.files.filter((file) => file.project === project)
  const kinds = new Map<string, number>()
  for (const { kind } of files) kinds.set(kind, (kinds.get(kind) ?? 0) + 1)
  const from = [...new Set(files.map(({ filename }) => indexes.get(filename) ?? 'upload'))]
  // The first of its files to come: since then the version can be installed.
  const [since = ''] = files.map((file) => file['upload-time']).toSorted()
  return [
    name,
    version,
    [...kinds].map(([kind, number]) => (number === 1 ? kind : `${number} ${kind}s`)).join(', '),
    from.join(', '),
    printMoment(since),
    marker ?? '',
  ]
}

function override({ name, from, to }: Manifest['overrides'][number]): string {
  return to === null ? `${name} ${from} is left out` : `${name} ${from} -> ${to}`
}

function waiver({ rule, project, reason, by, until, expired }: ShownRelease['waivers'][number]): string {
  const end = until === null ? '' : expired ? `, expired on ${until}` : ` until ${until}`
  return `${rule} ${project}: ${reason} (${by}${end})`
}

function reasoned({ filename, reason }: ShownRelease['later']['yanked'][number]): string {
  return reason === '' ? filename : `${filename}: ${reason}`
}

function said({ project, status, reason }: ShownRelease['later']['projects'][number]): string {
  return `${project} is ${status}${reason === null ? '' : `: ${reason}`}`
}
