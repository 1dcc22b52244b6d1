import type { Command } from 'commander'

/** The names by which a command is called, from the program on: `firn`, `token`, `create`. */
export function commandPath(command: Command): readonly string[] {
  return [...(command.parent ? commandPath(command.parent) : []), command.name()]
}
