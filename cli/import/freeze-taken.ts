import { RegistryError } from '../../pool/errors.ts'
import { printReleaseName, type ReleaseName } from '../../pool/release-name.ts'
import { compareCodePoints, compareVersionTexts, isPrerelease, parseVersion, sameVersion } from '../../pool/version.ts'
import type { Waiver } from '../../pool/waivers.ts'
import { freezeRelease, type FreezeAnswer } from '../calls/releases.ts'
import type { Uploaded } from '../calls/upload.ts'
import type { Connection } from '../connection.ts'

export interface FreezeTaken {
  readonly name: ReleaseName
  readonly targets: readonly string[]
  readonly waivers: readonly Waiver[]
  /** Of several versions of a project, take the newest; else they are refused. */
  readonly latest: boolean
}

/** Freezes a release of what was taken in: these very files. Throws `import-refused`, and all that a freeze does. */
export function freezeTaken(
  connection: Connection,
  taken: readonly Uploaded[],
  { name, targets, waivers, latest }: FreezeTaken,
): Promise<FreezeAnswer> {
  const pins = [...byProject(taken).values()].map((files) => ({ files, versions: versionsOf(files) }))
  const several = latest ? [] : pins.filter(({ versions }) => versions.length > 1)
  if (several.length > 0) throw severalVersions(name, several)
  const text = pins.map(({ files, versions }) => pinOf(files, newest(versions))).join('\n')
  const sources = [{ name: 'what was imported', text }]
  return freezeRelease(connection, name, { sources, targets, waivers, dryRun: false })
}

function byProject(taken: readonly Uploaded[]): ReadonlyMap<string, readonly Uploaded[]> {
  const found = new Map<string, Uploaded[]>()
  for (const file of taken.toSorted((a, b) => compareCodePoints(a.filename, b.filename))) {
    const known = found.get(file.project)
    if (known) known.push(file)
    else found.set(file.project, [file])
  }
  return new Map([...found].toSorted(([a], [b]) => compareCodePoints(a, b)))
}

/** Ascending, each once. */
function versionsOf(files: readonly Uploaded[]): readonly string[] {
  const sorted = files.map(({ version }) => version).toSorted(compareVersionTexts)
  return sorted.filter((version, at) => at === 0 || !sameVersion(sorted[at - 1] ?? '', version))
}

/** As an installer chooses: no pre-release while there is another. */
function newest(versions: readonly string[]): string {
  const final = versions.filter((version) => {
    const parsed = parseVersion(version)
    return parsed === undefined || !isPrerelease(parsed)
  })
  return final.at(-1) ?? versions.at(-1) ?? ''
}

/** With the hashes of what was taken in, so that other files of the version, from elsewhere, stay out. */
function pinOf(files: readonly Uploaded[], version: string): string {
  const own = files.filter((file) => sameVersion(file.version, version))
  return [`${own[0]?.name}==${version}`, ...own.map(({ sha256 }) => `--hash=sha256:${sha256}`)].join(' ')
}

function severalVersions(
  name: ReleaseName,
  several: readonly { readonly files: readonly Uploaded[]; readonly versions: readonly string[] }[],
): RegistryError {
  const problems = several.map(({ files, versions }) => ({ message: `${files[0]?.name}: ${versions.join(', ')}` }))
  return new RegistryError(
    'import-refused',
    { release: printReleaseName(name), problems },
    {
      detail: 'a release has one version of a project',
      hint: 'take the newest of each with --latest, or name the files that the release is to have',
    },
  )
}
