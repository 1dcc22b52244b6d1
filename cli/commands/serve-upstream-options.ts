import { Option, type Command } from 'commander'
import { parseMilliseconds } from '../guard-options.ts'
import { parseHttpUrl } from '../server-options.ts'

export function upstreamOptions(command: Command): Command {
  return command
    .addOption(
      new Option('--upstream <url>', "index that fetch asks; default: this machine's pip's")
        .env('FIRN_UPSTREAM')
        .argParser(parseHttpUrl),
    )
    .addOption(
      new Option(
        '--pull-through',
        'show what the upstream has in the live index too; what is asked for comes into the pool',
      ).env('FIRN_PULL_THROUGH'),
    )
    .addOption(
      new Option('--min-age <time>', 'what comes from an upstream must have been there for so long, as 7d')
        .env('FIRN_MIN_AGE')
        .argParser(parseMilliseconds),
    )
}
