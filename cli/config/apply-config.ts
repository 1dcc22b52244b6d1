import type { Command } from 'commander'
import type { Config } from './read-config.ts'

/** What a file sets of one command's options, by the option's name in code. */
export function optionsFor(command: Command, { set }: Pick<Config, 'set'>): ReadonlyMap<string, unknown> {
  const names = new Set(command.options.map((option) => option.attributeName()))
  return new Map(
    set.flatMap(({ section: { commands }, options }) => {
      if (commands !== '*') return commands.includes(command.name()) ? Object.entries(options) : []
      return Object.entries(options).filter(([name]) => names.has(name))
    }),
  )
}

/**
 * Gives a command what the file sets of its options, where neither the command line nor the environment does: flags,
 * then `FIRN_*`, then `firn.toml`, then defaults.
 */
export function applyConfig(command: Command, config: Pick<Config, 'set'>): void {
  for (const [name, value] of optionsFor(command, config)) {
    const source = command.getOptionValueSource(name)
    if (source === undefined || source === 'default') command.setOptionValueWithSource(name, value, 'config')
  }
}
