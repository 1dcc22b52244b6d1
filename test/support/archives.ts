import { createHash } from 'node:crypto'
import { bzip2Of, gzipOf, tarOf } from './tar-of.ts'
import { zipOf } from './zip-of.ts'

/** What a distribution is to be. `metadata` stands in for the whole generated METADATA or PKG-INFO. */
export interface Wanted {
  readonly name: string
  readonly version: string
  readonly requires?: readonly string[]
  readonly requiresPython?: string
  readonly metadata?: string | Buffer
  /** More files, by their path: in a wheel or egg from its root, in an sdist from its top directory; `undefined`: not there. */
  readonly files?: Readonly<Record<string, string | Buffer | undefined>>
}

export interface Built {
  readonly filename: string
  readonly bytes: Buffer
}

type Files = ReadonlyMap<string, Buffer>

/** A wheel that pip installs: one module named after the project, with METADATA, WHEEL and a right RECORD. */
export function makeWheel({ tag = 'py3-none-any', ...wanted }: Wanted & { readonly tag?: string }): Built {
  const stem = `${escaped(wanted.name)}-${wanted.version}`
  const info = `${stem}.dist-info`
  const files = filesOf({
    [`${moduleName(wanted)}.py`]: moduleText(wanted),
    ...wanted.files,
    [`${info}/METADATA`]: metadataOf(wanted),
    [`${info}/WHEEL`]: `Wheel-Version: 1.0\nGenerator: firn-test\nRoot-Is-Purelib: true\nTag: ${tag}\n`,
  })
  const record = [...files].map(([name, data]) => `${name},sha256=${urlSafeSha256(data)},${data.length}\n`).join('')
  const recorded = new Map([...files, [`${info}/RECORD`, Buffer.from(`${record}${info}/RECORD,,\n`)]])
  return { filename: `${stem}-${tag}.whl`, bytes: zipFiles(recorded) }
}

/** An sdist that pip builds with setuptools: PKG-INFO, setup.py, pyproject.toml and one module. */
export function makeSdist({
  format = 'tar.gz',
  ...wanted
}: Wanted & { readonly format?: 'tar.gz' | 'tgz' | 'zip' | 'tar.bz2' }): Built {
  const stem = `${escaped(wanted.name)}-${wanted.version}`
  const files = filesOf({
    'PKG-INFO': metadataOf(wanted),
    'pyproject.toml': '[build-system]\nrequires = ["setuptools"]\nbuild-backend = "setuptools.build_meta"\n',
    'setup.py': setupText(wanted),
    [`${moduleName(wanted)}.py`]: moduleText(wanted),
    ...wanted.files,
  })
  const inside = new Map([...files].map(([name, data]) => [`${stem}/${name}`, data]))
  const filename = `${stem}.${format}`
  if (format === 'zip') return { filename, bytes: zipFiles(inside) }
  const tar = tarOf([...inside].map(([name, data]) => ({ name, data })))
  return { filename, bytes: format === 'tar.bz2' ? bzip2Of(tar) : gzipOf(tar) }
}

/** An egg, as `setup.py bdist_egg` made it. */
export function makeEgg({ python = '2.7', ...wanted }: Wanted & { readonly python?: string }): Built {
  const stem = `${wanted.name.replaceAll('-', '_')}-${wanted.version}-py${python}`
  const files = filesOf({
    'EGG-INFO/PKG-INFO': metadataOf(wanted),
    'EGG-INFO/dependency_links.txt': '\n',
    'EGG-INFO/requires.txt': (wanted.requires ?? []).map((line) => `${line}\n`).join(''),
    'EGG-INFO/top_level.txt': `${moduleName(wanted)}\n`,
    'EGG-INFO/zip-safe': '\n',
    [`${moduleName(wanted)}.py`]: moduleText(wanted),
    ...wanted.files,
  })
  return { filename: `${stem}.egg`, bytes: zipFiles(files) }
}

/** The METADATA or PKG-INFO that the builders write where none is given. */
export function metadataOf({ name, version, requires = [], requiresPython, metadata }: Wanted): string | Buffer {
  if (metadata !== undefined) return metadata
  const lines = ['Metadata-Version: 2.1', `Name: ${name}`, `Version: ${version}`, 'Summary: Made for a test']
  if (requiresPython !== undefined) lines.push(`Requires-Python: ${requiresPython}`)
  return [...lines, ...requires.map((requirement) => `Requires-Dist: ${requirement}`), '', ''].join('\n')
}

/** PEP 427 and PEP 625: the name as filenames have it. */
function escaped(name: string): string {
  return name.replace(/[-_.]+/g, '_').toLowerCase()
}

function moduleName({ name }: Wanted): string {
  return escaped(name)
}

function moduleText({ version }: Wanted): string {
  return `__version__ = ${JSON.stringify(version)}\n`
}

function setupText(wanted: Wanted): string {
  const { name, version, requires = [], requiresPython } = wanted
  const python = requiresPython === undefined ? 'None' : JSON.stringify(requiresPython)
  return [
    'from setuptools import setup',
    '',
    'setup(',
    `    name=${JSON.stringify(name)},`,
    `    version=${JSON.stringify(version)},`,
    `    py_modules=[${JSON.stringify(moduleName(wanted))}],`,
    `    install_requires=${JSON.stringify(requires)},`,
    `    python_requires=${python},`,
    ')',
    '',
  ].join('\n')
}

function filesOf(files: NonNullable<Wanted['files']>): Files {
  return new Map(
    Object.entries(files).flatMap(([name, data]) => (data === undefined ? [] : [[name, Buffer.from(data)] as const])),
  )
}

function zipFiles(files: Files): Buffer {
  return zipOf([...files].map(([name, data]) => ({ name, data })))
}

function urlSafeSha256(data: Buffer): string {
  return createHash('sha256').update(data).digest('base64url')
}

/** So much text, and a little more, that does not compress to nothing and is the same each time. */
export function noise(bytes: number): string {
  let [text, seed] = ['', 1]
  const parts: string[] = []
  for (let size = 0; size < bytes; size += text.length) {
    seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648
    text = seed.toString(36)
    parts.push(text)
  }
  return parts.join('')
}

export { tarOf, type TarItem } from './tar-of.ts'
export { zipOf, type ZipItem, type ZipQuirks } from './zip-of.ts'
