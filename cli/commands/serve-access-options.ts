import { InvalidArgumentError, Option, type Command } from 'commander'
import { isRegistryError } from '../../pool/errors.ts'
import { parseProduct } from '../../pool/release-name.ts'
import { severalOf } from '../several-of.ts'

export function accessOptions(command: Command): Command {
  return command
    .addOption(
      new Option(
        '--writes <who>',
        'who may upload, fetch and freeze without a token: all who reach it, this machine, nobody; default: local on ' +
          '127.0.0.1, else token',
      )
        .env('FIRN_WRITES')
        .choices(['open', 'local', 'token']),
    )
    .addOption(
      new Option('--reads <who>', 'who may read without a token')
        .env('FIRN_READS')
        .choices(['open', 'token'])
        .default('open'),
    )
    .addOption(
      new Option('--private <product>', 'show a product only to tokens for it; may be repeated')
        .env('FIRN_PRIVATE')
        .argParser(collectProducts),
    )
}

function collectProducts(text: string, before: readonly string[] = []): readonly string[] {
  return [...before, ...severalOf(text)].map(parseProductOption)
}

function parseProductOption(text: string): string {
  try {
    return parseProduct(text)
  } catch (error) {
    throw new InvalidArgumentError(isRegistryError(error) ? `${error.message}.` : String(error))
  }
}
