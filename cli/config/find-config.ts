import { existsSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'

export interface FoundConfig {
  /** Absolute. */
  readonly path: string
  /** Who named it; `found`: nobody, it lies in the current directory or above. */
  readonly by: '--config' | 'FIRN_CONFIG' | 'found'
}

/** What is known of where the file is. */
export interface ConfigHints {
  readonly flag: string | undefined
  readonly env: string | undefined
  readonly directory: string
}

/**
 * Which `firn.toml` holds: that of `--config`, else of `FIRN_CONFIG`, else the one in the current directory or the
 * nearest above it. An empty `FIRN_CONFIG` means none.
 */
export function findConfig({ flag, env, directory }: ConfigHints): FoundConfig | undefined {
  if (flag !== undefined) return { path: resolve(directory, flag), by: '--config' }
  if (env !== undefined) return env === '' ? undefined : { path: resolve(directory, env), by: 'FIRN_CONFIG' }
  const path = join(directory, 'firn.toml')
  if (existsSync(path)) return { path, by: 'found' }
  const above = dirname(directory)
  return above === directory ? undefined : findConfig({ flag, env, directory: above })
}

/** As it is written in the current directory. */
export function fromHere(path: string): string {
  const short = relative(process.cwd(), path)
  return short === '' ? '.' : short.startsWith(join('..', '..')) ? path : short
}
