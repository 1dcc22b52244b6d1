import type { Command, Option } from 'commander'
import { commandPath } from '../command-path.ts'
import type { Io } from '../io.ts'
import { optionsFor } from './apply-config.ts'
import type { Config } from './read-config.ts'

/** What an option is where the command line does not give it. */
export interface Effective {
  /** As `serve`, `token create`. */
  readonly command: string
  readonly option: string
  readonly value: unknown
  readonly from: 'environment' | 'file' | 'default'
  /** The variable, if it comes from the environment. */
  readonly variable?: string
}

/** Every option of a command that has a value. What is secret is not shown. */
export function effectiveOptions(
  command: Command,
  env: Io['env'],
  config: Pick<Config, 'set'> | undefined,
): readonly Effective[] {
  const file = config ? optionsFor(command, config) : new Map<string, unknown>()
  const known = command.options.flatMap((option) => effective(command, option, env, file) ?? [])
  const names = new Set(command.options.map((option) => option.attributeName()))
  const others = [...file].filter(([name]) => !names.has(name))
  return [
    ...known,
    ...others.map(([option, value]) => ({
      command: commandPath(command).slice(1).join(' '),
      option,
      value,
      from: 'file' as const,
    })),
  ]
}

function effective(
  command: Command,
  option: Option,
  env: Io['env'],
  file: ReadonlyMap<string, unknown>,
): Effective | undefined {
  const about = { command: commandPath(command).slice(1).join(' '), option: option.long?.slice(2) ?? option.name() }
  const { envVar: variable, defaultValue } = option
  const set = variable === undefined ? undefined : env[variable]
  if (variable !== undefined && set !== undefined) {
    return { ...about, value: secret.test(variable) ? '(not shown)' : set, from: 'environment', variable }
  }
  const name = option.attributeName()
  if (file.has(name)) return { ...about, value: file.get(name), from: 'file' }
  // A default of `null` is that there is none.
  return defaultValue === undefined || defaultValue === null
    ? undefined
    : { ...about, value: defaultValue as unknown, from: 'default' }
}

const secret = /TOKEN|PASSWORD|SECRET|KEY/
