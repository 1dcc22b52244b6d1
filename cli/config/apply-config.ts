import { InvalidArgumentError, type Command, type Option } from 'commander'
import { RegistryError } from '../../pool/errors.ts'
import type { Config } from './read-config.ts'

/** What a file sets of one command's options, by the option's name in code. */
export function optionsFor(command: Command, { set }: Pick<Config, 'set'>): ReadonlyMap<string, unknown> {
  const names = new Set(command.options.map((option) => option.attributeName()))
  return new Map(
    set.flatMap(({ section: { commands }, options }) => {
      if (commands !== '*' && commands.includes(command.name())) return Object.entries(options)
      const isShared = commands === '*' || commands.includes(command.parent?.name() ?? '')
      return isShared ? Object.entries(options).filter(([name]) => names.has(name)) : []
    }),
  )
}

/**
 * Gives a command what the file sets of its options, where neither the command line nor the environment does: flags,
 * then `FIRN_*`, then `firn.toml`, then defaults. Throws `config-invalid` where an option does not take its value.
 */
export function applyConfig(command: Command, config: Pick<Config, 'set' | 'path'>): void {
  for (const [name, value] of optionsFor(command, config)) {
    const source = command.getOptionValueSource(name)
    if (source !== undefined && source !== 'default') continue
    const option = command.options.find((each) => each.attributeName() === name)
    command.setOptionValueWithSource(name, taken(option, value, config.path), 'config')
  }
}

/** As the command line would take it, a list as the option given several times. */
function taken(option: Option | undefined, value: unknown, path: string): unknown {
  const texts = Array.isArray(value) ? value : [value]
  const asOnLine = texts.length > 0 && texts.every((each) => typeof each === 'string')
  if (!option?.parseArg || !asOnLine) return value
  return texts.reduce<unknown>((before, each) => parsed(option, each, { before, path }), undefined)
}

function parsed(option: Option, value: string, { before, path }: { before: unknown; path: string }): unknown {
  try {
    return option.parseArg?.(value, before)
  } catch (cause) {
    if (!(cause instanceof InvalidArgumentError)) throw cause
    const detail = `${path}: ${option.long?.slice(2)} = ${JSON.stringify(value)} is not valid. ${cause.message}`
    throw new RegistryError('config-invalid', { path }, { detail, cause })
  }
}
