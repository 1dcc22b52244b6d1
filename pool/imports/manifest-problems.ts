import { canonicalJson, type Json } from '../canonical-json.ts'
import type { Distribution } from '../distribution.ts'
import { isRegistryError } from '../errors.ts'
import { isFileOf, parseFilename } from '../filename.ts'
import { compareFiles, type Manifest, type ManifestFile, type ManifestPin } from '../manifest.ts'
import { parseMarker } from '../marker.ts'
import type { Problem } from '../pins/pin.ts'
import { isProjectName, normaliseName } from '../project-name.ts'
import { parseReleaseName } from '../release-name.ts'
import { parseTarget } from '../target.ts'
import { compareCodePoints, sameVersion } from '../version.ts'
import { parseVersionText } from '../version-text.ts'

/**
 * What keeps a manifest that was made elsewhere from being taken as it is. Its shape is known to be right; here it is
 * about what its parts say of each other. Only one that this firn could have printed itself has no problems.
 */
export function manifestProblems(manifest: Manifest, text: string): readonly Problem[] {
  return [
    ...said('the manifest', () => parseReleaseName(manifest.product, manifest.release)),
    ...said('base', () => manifest.base && parseReleaseName(manifest.base.product, manifest.base.release)),
    ...manifest.targets.flatMap((target) => said('targets', () => parseTarget(target))),
    ...canonicalProblems(text),
    ...manifest.pins.flatMap(pinProblems),
    ...manifest.files.flatMap(fileProblems),
    ...orderProblems(manifest),
    ...coverProblems(manifest),
  ]
}

function said(where: string, parse: () => unknown): readonly Problem[] {
  try {
    parse()
    return []
  } catch (error) {
    if (!isRegistryError(error)) throw error
    return [{ message: `${where}: ${error.message}` }]
  }
}

/** Its digest is that of its bytes, so they are to be the one spelling of what they say; a key given twice is not. */
function canonicalProblems(text: string): readonly Problem[] {
  if (canonicalJson(JSON.parse(text) as Json) === text) return []
  return [{ message: 'the manifest is not in canonical form (RFC 8785)', hint: 'import it as it was exported' }]
}

function pinProblems({ project, name, version, marker }: ManifestPin): readonly Problem[] {
  const at = `pin ${quote(project)}`
  return [
    ...nameProblems(at, project, name),
    ...said(at, () => parseVersionText(version)),
    ...said(at, () => marker !== null && parseMarker(marker)),
  ]
}

function fileProblems({ filename, project, name, version, kind, origin }: ManifestFile): readonly Problem[] {
  const at = `file ${quote(filename)}`
  const problems = [...nameProblems(at, project, name), ...said(at, () => parseVersionText(version))]
  if (origin !== null && !URL.canParse(origin)) problems.push({ message: `${at}: its origin is no URL` })
  const unfit = said(at, () => parseFilename(filename))
  if (unfit.length > 0 || problems.length > 0) return [...problems, ...unfit]
  const file = parseFilename(filename)
  if (file.kind !== kind) problems.push({ message: `${at}: it is no ${kind}` })
  if (!isFileOf(file, project, version)) problems.push({ message: `${at}: it is no file of ${name} ${version}` })
  return problems
}

function nameProblems(at: string, project: string, name: string): readonly Problem[] {
  if (!isProjectName(name)) return [{ message: `${at}: ${quote(name)} is no project name` }]
  return normaliseName(name) === project ? [] : [{ message: `${at}: its name is ${quote(name)}` }]
}

/** Everything stands once, in order. Filenames that differ by case alone are one file on some systems. */
function orderProblems({ pins, files, targets }: Manifest): readonly Problem[] {
  const projects = pins.map(({ project }) => project)
  const names = files.map(({ filename }) => filename.toLowerCase())
  return [
    ...unordered('pins', projects, compareCodePoints),
    ...unordered('targets', targets, compareCodePoints),
    ...unordered('files', files, compareFiles),
    ...[...twice(projects)].map((project) => ({ message: `pin ${quote(project)}: it is there more than once` })),
    ...[...twice(names)].map((name) => ({ message: `file ${quote(name)}: it is there more than once` })),
  ]
}

function unordered<T>(what: string, items: readonly T[], compare: (a: T, b: T) => number): readonly Problem[] {
  const sorted = items.every((item, at) => at === 0 || compare(items[at - 1] ?? item, item) <= 0)
  return sorted ? [] : [{ message: `${what} are not in order` }]
}

function twice(items: readonly string[]): ReadonlySet<string> {
  const seen = new Set<string>()
  return new Set(items.filter((item) => seen.size === seen.add(item).size))
}

/** Each pin has a file, and each file is one of its project's pin. */
function coverProblems({ pins, files }: Manifest): readonly Problem[] {
  const versions = new Map<string, string>(pins.map(({ project, version }) => [project, version]))
  const filled = new Set<string>(files.map(({ project }) => project))
  return [
    ...pins
      .filter(({ project }) => !filled.has(project))
      .map(({ project }) => ({ message: `pin ${quote(project)}: it has no file` })),
    ...files
      .filter(({ project, version }) => !sameVersion(versions.get(project) ?? '', version))
      .map(({ filename }) => ({ message: `file ${quote(filename)}: no pin is of its version` })),
  ]
}

export interface HeldAgainst {
  /** Files that the pool does not have, as the manifest has them. */
  readonly lacking: readonly ManifestFile[]
  /** Files that the pool has otherwise. */
  readonly problems: readonly Problem[]
}

/** A manifest's files beside what the pool holds under their names. */
export function holdAgainst({ files }: Manifest, held: (file: ManifestFile) => Distribution | undefined): HeldAgainst {
  return {
    lacking: files.filter((file) => !held(file)),
    problems: files.flatMap((file) => {
      const differing = differences(file, held(file))
      return differing.length === 0 ? [] : [{ message: `${file.filename}: the pool has ${differing.join(', ')}` }]
    }),
  }
}

function differences(file: ManifestFile, held: Distribution | undefined): readonly string[] {
  if (!held) return []
  if (held.sha256 !== file.sha256) return [`other bytes under this name, sha256 ${held.sha256}`]
  const pairs = [
    ['project', file.project, held.project],
    ['name', file.name, held.name],
    ['version', file.version, held.version],
    ['size', file.size, held.size],
    ['metadata-sha256', file['metadata-sha256'], held.metadataSha256],
    ['requires-python', file['requires-python'], held.requiresPython],
  ] as const
  const differing = pairs
    .filter(([, stated, known]) => stated !== known)
    .map(([field, stated, known]) => `${field} ${JSON.stringify(known)}, not ${JSON.stringify(stated)}`)
  return [...differing, ...otherAttestations(file, held)]
}

/** A release that does not speak of attestations is as good where the file has some. */
function otherAttestations(file: ManifestFile, { provenanceSha256 }: Distribution): readonly string[] {
  const stated = file['provenance-sha256'] ?? provenanceSha256
  if (stated === provenanceSha256) return []
  return [provenanceSha256 === null ? 'it without the attestations of the release' : 'it with other attestations']
}

function quote(text: string): string {
  return JSON.stringify(text.slice(0, 120))
}
