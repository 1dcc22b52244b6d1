import { entryPath } from './entry-path.ts'
import type { ArchiveLimits } from './limits.ts'
import { printable, refusal } from './refuse.ts'

/**
 * Checks that links stay in the directory that the archive unpacks to, and that nothing is written through one.
 * One is made for each archive, as it keeps the symbolic links seen.
 */
export class TarLinks {
  readonly #limits: ArchiveLimits
  readonly #symbolic = new Set<string>()

  constructor(limits: ArchiveLimits) {
    this.#limits = limits
  }

  /** Throws `archive-invalid` (`link`) if a parent of the path is a symbolic link. */
  checkParents(name: string, path: readonly string[]): void {
    if (this.#symbolic.size === 0) return
    for (let depth = 1; depth < path.length; depth++)
      if (this.#symbolic.has(path.slice(0, depth).join('/')))
        throw refusal('link', `entry "${printable(name)}" would be written through a symbolic link`, { entry: name })
  }

  /** Throws `archive-invalid` (`link-outside`, `name-invalid`) unless the target, relative to the link, stays in the top directory. */
  addSymbolic(name: string, path: readonly string[], target: string): void {
    if (target.startsWith('/') || /^[A-Za-z]:/.test(target)) throw outside(name, target)
    if (target === '' || target.includes('\\'))
      throw refusal('name-invalid', `link "${printable(name)}" has no usable target`, { entry: name })
    const place = path.slice(0, -1)
    for (const segment of target.split('/')) {
      if (segment === '..') place.pop()
      else if (segment !== '' && segment !== '.') place.push(segment)
      if (place[0] !== path[0]) throw outside(name, target)
    }
    this.#symbolic.add(path.join('/'))
  }

  /** Throws `archive-invalid` unless the target, relative to the archive's root, is in the same top directory. */
  checkHard(name: string, path: readonly string[], target: string): void {
    const place = entryPath(target, this.#limits)
    if (place[0] !== path[0]) throw outside(name, target)
    this.checkParents(name, place)
  }
}

function outside(name: string, target: string): Error {
  const detail = `link "${printable(name)}" points outside the archive, to "${printable(target)}"`
  return refusal('link-outside', detail, { entry: name })
}
