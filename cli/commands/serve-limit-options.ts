import { InvalidArgumentError, Option, type Command } from 'commander'
import { defaultLimits } from '../../server/limits.ts'

export function limitOptions(command: Command): Command {
  return command
    .addOption(
      new Option('--max-upload <MB>', 'largest file taken in')
        .env('FIRN_MAX_UPLOAD')
        .default(2000)
        .argParser(parsePositive),
    )
    .addOption(
      new Option('--max-uploads <number>', 'uploads and fetches at once; further ones are told to come back')
        .env('FIRN_MAX_UPLOADS')
        .default(defaultLimits.uploads)
        .argParser(parsePositive),
    )
    .addOption(
      new Option('--max-connections <number>', 'connections at once; further ones are closed')
        .env('FIRN_MAX_CONNECTIONS')
        .default(defaultLimits.connections)
        .argParser(parsePositive),
    )
}

function parsePositive(text: string): number {
  if (!/^[1-9]\d*$/.test(text)) throw new InvalidArgumentError('It is a whole number above 0.')
  return Number(text)
}
