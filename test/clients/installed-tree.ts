import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { join, relative, sep } from 'node:path'

/** Every file below a virtual environment, ascending, with the sha256 of its bytes. */
export type InstalledTree = Readonly<Record<string, string>>

/**
 * What is installed in a virtual environment. Left out is only what has to differ from one directory to another: bytecode
 * (it holds times), the environment's own path in its scripts and `pyvenv.cfg`, and so what RECORD says of scripts.
 */
export async function installedTree(environment: string): Promise<InstalledTree> {
  const entries = await readdir(environment, { recursive: true, withFileTypes: true })
  const paths = entries
    .filter((entry) => entry.isFile())
    .map((entry) => relative(environment, join(entry.parentPath, entry.name)))
    .filter((path) => !path.split(sep).includes('__pycache__'))
  const described = paths.toSorted().map(async (path) => {
    const bytes = normalise(path, await readFile(join(environment, path)), environment)
    return [path, createHash('sha256').update(bytes).digest('hex')] as const
  })
  return Object.fromEntries(await Promise.all(described))
}

function normalise(path: string, bytes: Buffer, environment: string): string | Buffer {
  if (path === 'pyvenv.cfg' || path.startsWith(`bin${sep}`)) {
    return bytes.toString('latin1').replaceAll(environment, '<environment>')
  }
  if (!path.endsWith(join('.dist-info', 'RECORD'))) return bytes
  return bytes.toString().replaceAll(/^((?:\.\.\/)+bin\/[^,]+),.*$/gm, '$1')
}
