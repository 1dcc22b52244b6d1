import { RegistryError } from './errors.ts'
import { normaliseName, type ProjectName } from './project-name.ts'
import { parseVersion, sameVersion } from './version.ts'

export type DistributionKind = 'sdist' | 'wheel' | 'egg'
export type ArchiveFormat = 'zip' | 'tar.gz' | 'tar.bz2'

/** The tags of a wheel's filename, each set expanded: `py2.py3` is two Python tags (PEP 425). */
export interface WheelTags {
  readonly pythons: readonly string[]
  readonly abis: readonly string[]
  readonly platforms: readonly string[]
}

/** What a filename says by itself. `readings` are the (name, version) pairs that it can mean: `a-b-1.0` has two. */
export interface DistributionFilename {
  readonly filename: string
  readonly kind: DistributionKind
  readonly format: ArchiveFormat
  readonly readings: readonly { readonly name: string; readonly version: string }[]
  readonly tags: WheelTags | undefined
}

const forms: readonly { suffix: string; kind: DistributionKind; format: ArchiveFormat }[] = [
  { suffix: '.whl', kind: 'wheel', format: 'zip' },
  { suffix: '.egg', kind: 'egg', format: 'zip' },
  { suffix: '.tar.gz', kind: 'sdist', format: 'tar.gz' },
  { suffix: '.tgz', kind: 'sdist', format: 'tar.gz' },
  { suffix: '.tar.bz2', kind: 'sdist', format: 'tar.bz2' },
  { suffix: '.tbz', kind: 'sdist', format: 'tar.bz2' },
  { suffix: '.zip', kind: 'sdist', format: 'zip' },
]

export const distributionSuffixes: readonly string[] = forms.map((form) => form.suffix)

/** What a filename may be made of: it becomes a path, a URL and a header. 200 leaves room for what stores add to it. */
const safe = /^[A-Za-z0-9_][A-Za-z0-9._+!-]{0,199}$/

/**
 * Reads the filename of a sdist, wheel or egg. Throws `filename-invalid`.
 * Sources: PEP 427 and PEP 625, packaging.python.org "Binary distribution format"; eggs: setuptools "Internal
 * structure of eggs". Names are not required to be normalised: most of what was published before 2023 is not.
 */
export function parseFilename(filename: string): DistributionFilename {
  if (!safe.test(filename))
    throw refuse(filename, 'only letters, digits and . _ + ! - may be in it, at most 200 of them')
  const form = forms.find(({ suffix }) => filename.endsWith(suffix))
  if (!form) throw refuse(filename, suffixProblem(filename))
  const stem = filename.slice(0, -form.suffix.length)
  const { readings, tags } = read(stem, form.kind)
  if (readings.length === 0) throw refuse(filename, expected[form.kind])
  return { filename, kind: form.kind, format: form.format, readings, tags }
}

/** No client looks for a suffix in capitals. */
function suffixProblem(filename: string): string {
  const meant = distributionSuffixes.find((suffix) => filename.toLowerCase().endsWith(suffix))
  if (meant !== undefined) return `${meant} is written in lower case`
  return `it must end in one of ${distributionSuffixes.join(' ')}`
}

const expected: Readonly<Record<DistributionKind, string>> = {
  sdist: 'a sdist is named NAME-VERSION',
  wheel: 'a wheel is named NAME-VERSION[-BUILD]-PYTHON-ABI-PLATFORM',
  egg: 'an egg is named NAME-VERSION-pyX.Y[-PLATFORM]',
}

function refuse(filename: string, detail: string): RegistryError {
  return new RegistryError('filename-invalid', { filename }, { detail: `${printable(filename)}: ${detail}` })
}

function printable(text: string): string {
  return JSON.stringify(text.slice(0, 120))
}

type Reading = Pick<DistributionFilename, 'readings' | 'tags'>

function read(stem: string, kind: DistributionKind): Reading {
  switch (kind) {
    case 'sdist':
      return { readings: sdistReadings(stem), tags: undefined }
    case 'wheel':
      return readWheel(stem)
    case 'egg':
      return readEgg(stem)
  }
}

function sdistReadings(stem: string): DistributionFilename['readings'] {
  const dashes = [...stem.matchAll(/-/g)].map((match) => match.index)
  return dashes
    .map((at) => ({ name: stem.slice(0, at), version: stem.slice(at + 1) }))
    .filter(({ name, version }) => /^[A-Za-z0-9]/.test(name) && /^[A-Za-z0-9]/.test(version))
}

function readWheel(stem: string): Reading {
  const parts = stem.split('-')
  const [name = '', version = ''] = parts
  const [python = '', abi = '', platform = ''] = parts.slice(-3)
  const build = parts.length === 6 ? (parts[2] ?? '') : undefined
  const wellFormed =
    (parts.length === 5 || (build !== undefined && /^\d/.test(build))) &&
    /^[A-Za-z0-9]/.test(name) &&
    python.split('.').every((each) => /^[A-Za-z_][A-Za-z0-9_]*$/.test(each)) &&
    [version, python, abi, platform].every((part) => part !== '' && !part.split('.').includes(''))
  if (!wellFormed) return { readings: [], tags: undefined }
  const tags = { pythons: python.split('.'), abis: abi.split('.'), platforms: platform.split('.') }
  return { readings: escapedReadings(name, version), tags }
}

function readEgg(stem: string): Reading {
  const match = /^([A-Za-z0-9][^-]*)-([^-]+)-py\d+(?:\.\d+)?(?:-.+)?$/.exec(stem)
  if (!match) return { readings: [], tags: undefined }
  const [, name = '', version = ''] = match
  return { readings: escapedReadings(name, version), tags: undefined }
}

/** In wheels and eggs a `-` inside a version is written `_` (`1.0-osi1` as `1.0_osi1`). */
function escapedReadings(name: string, version: string): DistributionFilename['readings'] {
  const asWritten = { name, version }
  return version.includes('_') ? [asWritten, { name, version: version.replaceAll('_', '-') }] : [asWritten]
}

/** The version that a filename says of a project; the reading that is one of PEP 440 first. `undefined`: it is none of its files. */
export function versionIn(file: DistributionFilename, project: ProjectName): string | undefined {
  const versions = file.readings.flatMap(({ name, version }) => (normaliseName(name) === project ? version : []))
  return versions.find((version) => parseVersion(version)) ?? versions[0]
}

/** Whether a filename can be that of this version of this project. */
export function isFileOf(file: DistributionFilename, project: ProjectName, version: string): boolean {
  return file.readings.some(
    (reading) => normaliseName(reading.name) === project && sameVersion(reading.version, version),
  )
}
