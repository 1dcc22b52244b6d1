import { createRequire } from 'node:module'

const require = createRequire(import.meta.url)

/** From the package's own file, which lies above `server/` in a checkout and above `dist/server/` once compiled. */
function readVersion(): string {
  for (const path of ['../package.json', '../../package.json']) {
    try {
      return (require(path) as { version: string }).version
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'MODULE_NOT_FOUND')) throw error
    }
  }
  throw new Error('package.json is not beside the code')
}

export const version = readVersion()
