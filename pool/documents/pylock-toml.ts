/**
 * The release as a lock file.
 * https://packaging.python.org/en/latest/specifications/pylock-toml/ (PEP 751)
 */
import { stringify, TomlDate, type TomlTable } from 'smol-toml'
import { filesByProject, type Manifest, type ManifestFile, type ManifestPin } from '../manifest.ts'
import { normaliseName } from '../project-name.ts'
import { parseSpecifierSet } from '../specifier.ts'
import { markerEnvironment, parseTarget } from '../target.ts'
import { parseVersion, sameVersion } from '../version.ts'
import { document, indexUrl, poolPath, toRoot, type DocumentedRelease, type Surroundings } from './document.ts'

/**
 * Every pin with its wheels and its sdist, by URL; without a base, by path from where the lock lies. What PEP 751 has no
 * place for is named in a comment instead.
 */
export function pylockToml(release: DocumentedRelease, { base }: Surroundings): string {
  const { manifest } = release
  const filesOf = filesByProject(manifest)
  const packages = manifest.pins.map((pin) => packageOf(pin, filesOf.get(pin.project) ?? []))
  const leftOut = packages.flatMap((each) => each.leftOut)
  const lock = {
    'lock-version': '1.0',
    ...environments(manifest),
    'created-by': 'firn',
    packages: packages.filter(lockable).map((each) => packageTable(each, manifest, base)),
  }
  return `${document(release, comments(leftOut))}\n${stringify(lock)}`
}

interface Package {
  readonly pin: ManifestPin
  readonly wheels: readonly ManifestFile[]
  readonly sdist: ManifestFile | undefined
  readonly leftOut: readonly ManifestFile[]
}

/** "packages.sdist" is one: of several, the form that PEP 625 asks for. */
function packageOf(pin: ManifestPin, files: readonly ManifestFile[]): Package {
  const fitting = files.filter((file) => isLockable(file))
  const wheels = fitting.filter(({ kind }) => kind === 'wheel')
  const sdists = fitting.filter(({ kind }) => kind === 'sdist')
  const sdist = sdists.find(({ filename }) => filename.endsWith('.tar.gz')) ?? sdists[0]
  const taken = new Set([...wheels, sdist])
  return { pin, wheels, sdist, leftOut: files.filter((file) => !taken.has(file)) }
}

function lockable({ wheels, sdist }: Package): boolean {
  return wheels.length > 0 || sdist !== undefined
}

/** Installers read name and version out of the filename, by the letter of PEP 427 and PEP 625, and refuse the whole lock. */
function isLockable({ filename, kind, project, version }: ManifestFile): boolean {
  if (parseVersion(version) === undefined || kind === 'egg') return false
  const [, name = '', stated = ''] =
    (kind === 'wheel' ? /^([A-Za-z0-9._]+)-([^-]+)-.+\.whl$/ : /^(.+)-([^-]+)\.(?:tar\.gz|zip)$/).exec(filename) ?? []
  if (name === '' || (kind === 'wheel' && name.includes('__'))) return false
  return normaliseName(name) === project && parseVersion(stated) !== undefined && sameVersion(stated, version)
}

/** Who asks on another machine than the release is for is told so, instead of getting half of it. */
function environments({ targets }: Manifest): TomlTable {
  const parsed = targets.map(parseTarget)
  const markers = parsed.map((target) => {
    const environment = markerEnvironment(target)
    const names = ['sys_platform', 'platform_machine', 'platform_python_implementation', 'python_version'] as const
    return names.map((name) => `${name} == "${environment[name]}"`).join(' and ')
  })
  const [oldest] = parsed.map(({ python }) => python).toSorted((a, b) => a.major - b.major || a.minor - b.minor)
  if (!oldest) return {}
  return { environments: [...new Set(markers)], 'requires-python': `>=${oldest.major}.${oldest.minor}` }
}

function packageTable({ pin, wheels, sdist }: Package, manifest: Manifest, base: string | undefined): TomlTable {
  const python = requiresPython([...wheels, ...(sdist ? [sdist] : [])])
  return {
    name: pin.project,
    version: pin.version,
    ...(pin.marker === null ? {} : { marker: pin.marker }),
    ...(python === undefined ? {} : { 'requires-python': python }),
    ...(base === undefined ? {} : { index: indexUrl(base, manifest) }),
    ...(sdist ? { sdist: fileTable(sdist, base) } : {}),
    ...(wheels.length > 0 ? { wheels: wheels.map((wheel) => fileTable(wheel, base)) } : {}),
  }
}

/** What all its files state, if they agree and it is a specifier: then a mistaken installer stops before it downloads. */
function requiresPython(files: readonly ManifestFile[]): string | undefined {
  const [stated, ...others] = new Set(files.map((file) => file['requires-python']))
  if (typeof stated !== 'string' || others.length > 0) return undefined
  return parseSpecifierSet(stated) ? stated : undefined
}

function fileTable(file: ManifestFile, base: string | undefined): TomlTable {
  const place =
    base === undefined ? { path: `${toRoot}pool/${file.project}/${file.filename}` } : { url: base + poolPath(file) }
  return {
    name: file.filename,
    'upload-time': new TomlDate(file['upload-time']),
    ...place,
    size: file.size,
    hashes: { sha256: file.sha256 },
  }
}

function comments(leftOut: readonly ManifestFile[]): readonly string[] {
  if (leftOut.length === 0) return []
  return ['# a lock has no place for these files of the release:', ...leftOut.map(({ filename }) => `#   ${filename}`)]
}
