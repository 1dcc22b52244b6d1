import { Option, type Command } from 'commander'
import { RegistryError } from '../../pool/errors.ts'

/** Options of every command that has uv choose versions, named as uv names them. */
export interface ResolverOptions {
  readonly resolve?: boolean
  readonly excludeNewer?: string
  readonly resolution?: string
  readonly prerelease?: string
  readonly buildSdists?: boolean
}

export function resolverOptions(command: Command): Command {
  return command
    .option('--resolve', 'have uv, on this machine, choose versions for what is asked for without one')
    .option('--exclude-newer <date>', 'with --resolve: only of what came to the index before, as 2026-11-01')
    .addOption(new Option('--resolution <strategy>', 'with --resolve').choices(['highest', 'lowest', 'lowest-direct']))
    .addOption(
      new Option('--prerelease <strategy>', 'with --resolve').choices([
        'disallow',
        'allow',
        'if-necessary',
        'explicit',
        'if-necessary-or-explicit',
      ]),
    )
    .option('--build-sdists', 'with --resolve: run the code of sdists that state their dependencies in no other way')
}

/** Whether uv is to choose. Throws `usage` if it is told how, but not that. */
export function isResolving({ resolve, excludeNewer, resolution, prerelease, buildSdists }: ResolverOptions): boolean {
  if (resolve === true) return true
  const told = Object.entries({ excludeNewer, resolution, prerelease, buildSdists }).find(([, value]) => value)
  if (!told) return false
  const option = told[0].replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)
  throw new RegistryError('usage', {}, { detail: `--${option} tells how to --resolve`, hint: 'give --resolve with it' })
}

/** Each as one argument, so that no value can be an option of its own. */
export function resolverArguments({ excludeNewer, resolution, prerelease, buildSdists }: ResolverOptions): string[] {
  return [
    ...(excludeNewer === undefined ? [] : [`--exclude-newer=${excludeNewer}`]),
    ...(resolution === undefined ? [] : [`--resolution=${resolution}`]),
    ...(prerelease === undefined ? [] : [`--prerelease=${prerelease}`]),
    ...(buildSdists === true ? [] : ['--no-build']),
  ]
}
