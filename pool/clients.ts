import { parseFilename, type DistributionFilename } from './filename.ts'
import { parseSpecifierSet } from './specifier.ts'
import { parseVersion } from './version.ts'

/**
 * Installers that differ in the files they can use. Each rule below is what the tool was seen to do: every row is run
 * against the real one in `test/clients/odd-files.test.ts`. The last two stand for what was current before them.
 */
export const clients = ['pip', 'uv', 'buildout', 'pip<22', 'buildout<4'] as const

export type Client = (typeof clients)[number]

/** What people install with today. */
const current: readonly Client[] = ['pip', 'uv', 'buildout']

export interface OfferedFile {
  readonly filename: string
  /** The project's name as a requirement of it would be written: its metadata's. */
  readonly name: string
  readonly version: string
  readonly requiresPython: string | null
}

interface ReadFile extends OfferedFile {
  readonly form: DistributionFilename
}

const rules: Readonly<Record<Client, (file: ReadFile) => boolean>> = {
  pip: (file) => file.form.kind !== 'egg' && isModern(file),
  // Sdists of other suffixes are "non-PEP 625-compliant" to it.
  uv: (file) =>
    file.form.kind !== 'egg' &&
    hasModernVersion(file) &&
    (file.form.kind === 'wheel' || /\.(?:tar\.gz|zip)$/.test(file.filename)) &&
    uvReadsPython(file.requiresPython),
  buildout: (file) => isModern(file) && setuptoolsLists(file),
  // It runs the setup.py of a sdist of any version; of wheels it wants PEP 440, since its resolver of 2020.
  'pip<22': ({ form, version }) =>
    form.kind === 'sdist' || (form.kind === 'wheel' && parseVersion(version) !== undefined),
  // It compares the name in the filename, with no more than `_` for `-`: `zope_event-…` is not zope.event.
  'buildout<4': (file) =>
    setuptoolsLists(file) && file.form.readings.some(({ name }) => safe(name) === safe(file.name)),
}

/** The clients that can use a file, on a Python and platform that it is for; in the order of `clients`. */
export function clientsOf(file: OfferedFile): readonly Client[] {
  const read = { ...file, form: parseFilename(file.filename) }
  return clients.filter((client) => rules[client](read))
}

/** Those that can use a file, where not all that are current can; else `null`. */
export function limitedTo(file: OfferedFile): readonly Client[] | null {
  const able = clientsOf(file)
  return isForAll(able) ? null : able
}

/** Whether all that are current are among them. */
export function isForAll(able: readonly Client[]): boolean {
  return current.every((client) => able.includes(client))
}

/** Whether neither pip nor uv, as they are today, can use a file. */
export function isLegacy(able: readonly Client[]): boolean {
  return !able.includes('pip') && !able.includes('uv')
}

/** `for pip<22 and buildout<4 alone` */
export function printClients(able: readonly Client[]): string {
  const last = able.at(-1)
  if (last === undefined) return 'for no client that is known'
  return `for ${able.length === 1 ? last : `${able.slice(0, -1).join(', ')} and ${last}`} alone`
}

/** pip 24.1 dropped versions that are none of PEP 440, 25.3 wheels that are named after no standard. */
function isModern(file: ReadFile): boolean {
  return hasModernVersion(file) && !(file.form.kind === 'wheel' && file.filename.includes('__'))
}

/** Wheels had `_` where a version has `-`: that is no version to those who take the filename at its word. */
function hasModernVersion({ form, version }: ReadFile): boolean {
  const shown = form.kind === 'wheel' ? form.readings[0]?.version : version
  return parseVersion(version) !== undefined && parseVersion(shown ?? '') !== undefined
}

/** setuptools, `package_index.EXTENSIONS`. */
function setuptoolsLists({ filename }: ReadFile): boolean {
  return !filename.endsWith('.tbz')
}

/** uv skips a file whose Requires-Python it cannot read; quotes, and `>=3.*` for `>=3`, it mends. */
function uvReadsPython(requires: string | null): boolean {
  const mended = requires?.replaceAll(/["']/g, '').replaceAll(/([<>]=?\s*[\d.]+)\.\*/g, '$1')
  return mended === undefined || parseSpecifierSet(mended) !== undefined
}

/** `safe_name` of setuptools, in lower case. */
function safe(name: string): string {
  return name.replaceAll(/[^A-Za-z0-9.]+/g, '-').toLowerCase()
}
