import { Option } from 'commander'

/** The key that whoever opens a data directory himself signs with: the server, and its upkeep. */
export function signingKeyOption(description: string): Option {
  return new Option('--signing-key <file>', description).env('FIRN_SIGNING_KEY')
}
