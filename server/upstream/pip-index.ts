import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { RegistryError } from '../../pool/errors.ts'

/** What pip on this machine would install from. */
export interface PipSettings {
  readonly indexUrl: string
  /** A file of certificates that pip trusts besides its own, `--cert`. */
  readonly certificates: string | undefined
}

const run = promisify(execFile)

/**
 * Asks pip for its index: its configuration and environment (`pip config list`), else the default that its own help
 * states. firn knows no index's address itself. Throws `upstream-unavailable`.
 */
export async function pipSettings(python = 'python3'): Promise<PipSettings> {
  try {
    const { stdout: configured } = await run(python, ['-m', 'pip', '--disable-pip-version-check', 'config', 'list'])
    const settings = readConfigList(configured)
    const indexUrl =
      settings.get('index-url') ?? readDefaultIndex((await run(python, ['-m', 'pip', 'install', '--help'])).stdout)
    if (indexUrl === undefined) throw new TypeError('pip states no default index')
    return { indexUrl, certificates: settings.get('cert') }
  } catch (cause) {
    throw new RegistryError(
      'upstream-unavailable',
      { python },
      {
        detail: `${python} -m pip could not be asked which index it uses`,
        hint: 'name the upstream index: --index-url URL, or FIRN_UPSTREAM in the environment',
        cause,
      },
    )
  }
}

/** Lines such as `global.index-url='https://…'`. pip's order: environment, then the command's section, then global. */
function readConfigList(text: string): ReadonlyMap<string, string> {
  const order = ['global', 'install', ':env:']
  const found = new Map<string, { value: string; rank: number }>()
  for (const line of text.split(/\r?\n/)) {
    const match = /^(global|install|:env:)\.([a-z-]+)='(.*)'$/.exec(line)
    if (!match) continue
    const [, section = '', key = '', value = ''] = match
    const rank = order.indexOf(section)
    if (rank >= (found.get(key)?.rank ?? 0)) found.set(key, { value, rank })
  }
  return new Map([...found].map(([key, { value }]) => [key, value]))
}

/** `Base URL of the Python Package Index (default https://…)`, wrapped as the terminal's width was. */
function readDefaultIndex(help: string): string | undefined {
  return /\(default\s+(https?:\/\/[^\s)]+)\)/.exec(help)?.[1]
}
