import { parseFilename } from '../filename.ts'
import type { ManifestFile } from '../manifest.ts'
import { contains, parseSpecifierSet } from '../specifier.ts'
import { accepts, type Target } from '../target.ts'

/** Whether an installer on the target can take a file: by its tags and its Requires-Python. */
export type Installs = (target: Target) => boolean

/** Reads what a file says of where it installs, once for all targets. */
export function installsOf(file: Pick<ManifestFile, 'filename' | 'kind' | 'requires-python'>): Installs {
  const form = formOf(file)
  const python = pythonOf(file['requires-python'])
  return (target) => python(target) && form(target)
}

function formOf({ filename, kind }: Pick<ManifestFile, 'filename' | 'kind'>): Installs {
  switch (kind) {
    case 'sdist':
      return () => true
    case 'wheel': {
      const { tags } = parseFilename(filename)
      return (target) => tags !== undefined && accepts(target, tags)
    }
    case 'egg':
      return eggFits(filename)
  }
}

/**
 * An egg is for one Python, and for one platform if it names one, as distutils' `get_platform` does: `linux-x86_64`,
 * `macosx-10.6-intel`, `win32`. Source: setuptools, "Internal Structure of Python Eggs".
 */
function eggFits(filename: string): Installs {
  const [, python = '', system] = /-py(\d+\.\d+)(?:-(.+))?\.egg$/.exec(filename) ?? []
  const tag = system?.replaceAll(/[-.]/g, '_')
  return (target) => {
    const { major, minor, implementation } = target.python
    if (python !== `${major}.${minor}`) return false
    return (
      tag === undefined ||
      accepts(target, { pythons: [`${implementation}${major}${minor}`], abis: ['none'], platforms: [tag] })
    )
  }
}

/**
 * A target names no patch release, so one of them must do: `>=3.9.2` is for cp39. What is no specifier says nothing, as
 * in pip (`pip/_internal/index/package_finder.py`).
 */
function pythonOf(requires: string | null): Installs {
  const set = requires === null ? undefined : parseSpecifierSet(requires)
  if (set === undefined) return () => true
  return ({ python: { major, minor } }) => [0, 99].some((patch) => contains(set, `${major}.${minor}.${patch}`))
}
