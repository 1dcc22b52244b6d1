import { Option, type Command } from 'commander'
import { RegistryError } from '../pool/errors.ts'
import type { Source } from '../pool/pins/pin.ts'
import type { PinOptions } from './pin-options.ts'
import { collect } from './server-options.ts'
import { readSitePackages } from './site-packages.ts'
import { readSources } from './sources.ts'

/** Options of the commands that ask upstream indexes, as compoze had them. */
export interface PlaceOptions {
  readonly indexUrl?: readonly string[]
  readonly includeBinaryEggs?: boolean
  readonly useVersions?: readonly string[]
  readonly fetchSitePackages?: boolean
  readonly python?: string
}

/** `byDefault`: whom a command asks without it. */
export function indexOption(byDefault: string): Option {
  const order = 'upstream index; may be repeated: they are asked in this order'
  return new Option('-i, --index-url <url>', `${order}; default: ${byDefault}`).argParser(collect)
}

export function placeOptions(command: Command): Command {
  return command
    .option('-b, --include-binary-eggs', 'also eggs')
    .option('--use-versions <file>', 'a configuration whose versions are asked for; the same as -r', collect)
    .option('-f, --fetch-site-packages', 'what a Python has installed is asked for, exactly')
    .option('--python <python>', "the Python that is meant; default: this machine's")
}

/** The Python of a command line: `--python`, else `FIRN_PYTHON`, else whichever is there. */
export function pythonOf({ python }: PlaceOptions, env: Readonly<Record<string, string | undefined>>): string {
  return python ?? env['FIRN_PYTHON'] ?? 'python3'
}

/** All that a command line asks for. Throws `usage`, `input-unreadable`. */
export async function askedSources(
  requirements: readonly string[],
  options: PlaceOptions & PinOptions,
  python: string,
): Promise<readonly Source[]> {
  const { requirement = [], useVersions = [], constraint = [], fetchSitePackages = false } = options
  if (options.python !== undefined && !fetchSitePackages) {
    const hint = 'write --fetch-site-packages besides it'
    throw new RegistryError('usage', {}, { detail: '--python names whose packages are asked for', hint })
  }
  const installed = fetchSitePackages ? [await readSitePackages(python)] : []
  const files = [...requirement, ...useVersions]
  if (fetchSitePackages && files.length + requirements.length + constraint.length === 0) return installed
  return [...installed, ...(await readSources(files, requirements, constraint))]
}
