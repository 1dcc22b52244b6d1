import type { ArchiveParts, Part } from '../../pool/archive-parts.ts'
import { compareCodePoints } from '../../pool/version.ts'
import type { ArchiveLimits } from './limits.ts'
import { missing, notAFile } from './metadata-file.ts'
import { partTaker, type PartEntry } from './parts.ts'
import { printable, refusal } from './refuse.ts'
import type { TarEntry } from './tar.ts'

/** The parts of a sdist from the entries of its tar. */
export async function sdistParts(entries: AsyncIterable<TarEntry>, limits: ArchiveLimits): Promise<ArchiveParts> {
  let top: string | undefined
  let metadata: Buffer | undefined
  const parts = new SdistParts()
  for await (const entry of entries) {
    top = sameTop(top, entry, entry.path.length > 1 || entry.type === 'directory')
    if (entry.path[0] !== top) continue
    if (entry.path[1] !== 'PKG-INFO') {
      await parts.see(entry.path.slice(1), { ...entry, isFile: entry.type === 'file' })
      continue
    }
    if (entry.path.length > 2 || entry.type !== 'file') throw notAFile(entry.name)
    if (metadata)
      throw refusal('duplicate', `entry "${printable(entry.name)}" is in the archive twice`, { entry: entry.name })
    if (entry.size > limits.metadata)
      throw refusal('metadata-too-large', `PKG-INFO is larger than ${limits.metadata} bytes`, { entry: entry.name })
    metadata = await entry.content()
  }
  if (metadata === undefined) throw missing(`${printable(top ?? '<name>-<version>')}/PKG-INFO`)
  return { metadata, ...parts.all() }
}

/** The parts of a sdist besides its metadata, found while its entries go by. */
export class SdistParts {
  readonly #take = partTaker()
  readonly #eggInfos = new Map<string, Part>()
  #pyproject: Part = 'absent'
  #hasSetupPy = false

  /** `path` is below the top directory. What is there twice is unreadable: two readers may take different ones. */
  async see(path: readonly string[], entry: PartEntry): Promise<void> {
    const [first = '', second] = path
    if (second === undefined && first === 'setup.py') this.#hasSetupPy = true
    if (second === undefined && first === 'pyproject.toml') {
      this.#pyproject = this.#pyproject === 'absent' ? await this.#take(entry) : 'unreadable'
    }
    const depth = path.slice(0, 2).findIndex((segment) => segment.endsWith('.egg-info'))
    if (depth < 0 || (path.length === depth + 1 && entry.isFile)) return
    const directory = path.slice(0, depth + 1).join('/')
    const known = this.#eggInfos.get(directory) ?? 'absent'
    const isRequiresTxt = path.length === depth + 2 && path.at(-1) === 'requires.txt'
    const found = isRequiresTxt ? (known === 'absent' ? await this.#take(entry) : 'unreadable') : known
    if (this.#eggInfos.size < mostEggInfos || this.#eggInfos.has(directory)) this.#eggInfos.set(directory, found)
  }

  all(): Omit<ArchiveParts, 'metadata'> {
    return {
      eggInfos: [...this.#eggInfos]
        .map(([path, requiresTxt]) => ({ path, requiresTxt }))
        .toSorted((a, b) => compareCodePoints(a.path, b.path)),
      pyproject: this.#pyproject,
      hasSetupPy: this.#hasSetupPy,
      sboms: [],
    }
  }
}

/** A sdist has one; those of test data may come along. */
const mostEggInfos = 64

/** Files that archivers leave beside the top directory: git's comment where tar did not know it, and macOS's shadows. */
const STRAY = /^(?:pax_global_header|\._.*)$/

/** The one top-level directory, as known so far and by this entry. Throws `archive-invalid` (`layout`). */
export function sameTop(
  known: string | undefined,
  { name, path: [top] }: { readonly name: string; readonly path: readonly string[] },
  inside: boolean,
): string | undefined {
  if (top === undefined || (!inside && STRAY.test(top))) return known
  if (!inside)
    throw refusal('layout', `entry "${printable(name)}" lies outside the top-level directory`, { entry: name })
  if (known !== undefined && known !== top)
    throw refusal('layout', `the sdist has two top-level directories, ${printable(known)} and ${printable(top)}`, {
      entry: name,
    })
  return top
}
