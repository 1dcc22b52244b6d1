import { InvalidArgumentError, Option, type Command } from 'commander'
import { parseDuration } from '../pool/policy/duration.ts'
import { collect } from './server-options.ts'

/** Options of the commands that bring in what others have published. */
export interface GuardOptions {
  readonly fromUpstream?: readonly string[]
  readonly minAge?: string
  readonly allowYoung?: readonly string[]
}

export function guardOptions(command: Command): Command {
  return command
    .option(
      '--from-upstream <name>',
      "a project of the team's own that is fetched all the same; may be repeated",
      collect,
    )
    .addOption(
      new Option('--min-age <time>', 'only what an upstream has had for so long, as 36h, 7d or 2w')
        .env('FIRN_MIN_AGE')
        .argParser(parseAge),
    )
    .option('--allow-young <name[==version]>', 'what may be younger; may be repeated', collect)
}

/** The fields of a request that they are. */
export function guardFields({ fromUpstream = [], minAge, allowYoung = [] }: GuardOptions): {
  readonly fromUpstream: readonly string[]
  readonly minAge?: string
  readonly allowYoung: readonly string[]
} {
  return { fromUpstream, ...(minAge === undefined ? {} : { minAge }), allowYoung }
}

/** The text of an option's time. Throws `InvalidArgumentError`. */
function parseAge(text: string): string {
  parseMilliseconds(text)
  return text
}

/** The same in milliseconds. Throws `InvalidArgumentError`. */
export function parseMilliseconds(text: string): number {
  const milliseconds = parseDuration(text)
  if (milliseconds === undefined) throw new InvalidArgumentError('It is a time, as 36h, 7d or 2w.')
  return milliseconds
}
