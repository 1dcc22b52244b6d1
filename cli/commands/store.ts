import { Command } from 'commander'

/** Upkeep of a data directory itself. It speaks to no server; each verb is a file of its own, loaded when it is asked for. */
export function storeCommand(): Command {
  return new Command('store')
    .summary("look after the registry's own data")
    .description(
      "Look after the registry's own data: a directory on this machine, named by --data, FIRN_DATA or [serve] data in " +
        'firn.toml. No server is asked.',
    )
}
