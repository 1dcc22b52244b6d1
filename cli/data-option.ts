import { Option } from 'commander'

/** The data directory of whoever opens it himself: the server, and its upkeep. */
export function dataOption(): Option {
  return new Option('--data <directory>', 'where everything is kept').env('FIRN_DATA').default('data')
}
