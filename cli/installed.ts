import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { isRegistryError } from '../pool/errors.ts'
import { parseMetadata } from '../pool/metadata.ts'
import { compareCodePoints } from '../pool/version.ts'
import type { Source } from '../pool/pins/pin.ts'

/**
 * What is installed in a virtualenv or a site-packages directory, as `pip inspect` would print it. `undefined` if the
 * directory is neither.
 */
export async function readInstalled(directory: string): Promise<Source | undefined> {
  for (const site of await siteDirectories(directory)) {
    const installed = await installedIn(site)
    if (installed.length > 0) return inspectReport(site, installed, /python(\d\.\d+)/.exec(site)?.[1])
  }
  return undefined
}

/** What is installed in this very directory. */
export async function installedIn(site: string): Promise<readonly Installed[]> {
  const entries = (await readdir(site)).toSorted(compareCodePoints)
  const found = await Promise.all(entries.map((entry) => readDistribution(site, entry)))
  return found.filter((each) => each !== undefined)
}

/** The source that a list of installed distributions is. */
export function inspectReport(name: string, installed: readonly Installed[], python: string | undefined): Source {
  const report = { version: '1', environment: { python_version: python }, installed }
  return { name, text: JSON.stringify(report, undefined, 1) }
}

/** The directory itself, and where a virtualenv has its packages on Linux and macOS, and on Windows. */
async function siteDirectories(directory: string): Promise<readonly string[]> {
  const libraries = await readdir(join(directory, 'lib')).catch(() => [])
  const pythons = libraries.filter((name) => /^(?:python|pypy)\d/.test(name)).toSorted(compareCodePoints)
  const sites = [...pythons.map((python) => ['lib', python, 'site-packages']), ['Lib', 'site-packages']]
  const inside = sites.map((parts) => join(directory, ...parts))
  const exist = await Promise.all(
    inside.map(async (site) => ((await readdir(site).catch(() => [])).length > 0 ? site : '')),
  )
  return [directory, ...exist.filter((site) => site !== '')]
}

export interface Installed {
  readonly metadata: { readonly name: string; readonly version: string }
  readonly direct_url?: unknown
}

/** An entry of site-packages as what it says is installed there; `undefined` for all that is not about a distribution. */
async function readDistribution(site: string, entry: string): Promise<Installed | undefined> {
  if (entry.endsWith('.egg-link')) return developed(site, entry)
  const metadata = await firstText([
    join(site, entry, entry.endsWith('.dist-info') ? 'METADATA' : 'PKG-INFO'),
    join(site, entry, 'EGG-INFO', 'PKG-INFO'),
    join(site, entry),
  ])
  if (!/\.(?:dist-info|egg-info|egg)$/.test(entry) || !metadata) return undefined
  const direct = await readFile(join(site, entry, 'direct_url.json'), 'utf8').catch(() => undefined)
  return { metadata: nameAndVersion(metadata, entry), ...(direct === undefined ? {} : { direct_url: parse(direct) }) }
}

async function firstText(paths: readonly string[]): Promise<Buffer | undefined> {
  for (const path of paths) {
    const bytes = await readFile(path).catch(() => undefined)
    if (bytes) return bytes
  }
  return undefined
}

/** What cannot be read gets no version, so that the reader of the report says so. */
function nameAndVersion(metadata: Uint8Array, entry: string): Installed['metadata'] {
  try {
    const { name, version } = parseMetadata(metadata)
    return { name, version }
  } catch (error) {
    if (isRegistryError(error)) return { name: entry.replace(/\.[a-z-]+$/, ''), version: '' }
    throw error
  }
}

/** `setup.py develop` leaves the path of the source tree. */
async function developed(site: string, entry: string): Promise<Installed> {
  const [path = ''] = (await readFile(join(site, entry), 'utf8')).split('\n')
  return {
    metadata: { name: entry.replace(/\.egg-link$/, ''), version: '' },
    direct_url: { url: path.trim(), dir_info: {} },
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    if (error instanceof SyntaxError) return { url: 'file:direct_url.json' }
    throw error
  }
}
