import { Command, InvalidArgumentError, Option } from 'commander'
import { parseAccelPrefix } from '../../server/hot/accel-redirect.ts'
import { parsePublicUrl } from '../../server/http/base-url.ts'
import { isProxyAddress } from '../../server/http/client.ts'
import { defaultLimits } from '../../server/limits.ts'
import { isRegistryError } from '../../pool/errors.ts'
import { parseProduct } from '../../pool/release-name.ts'
import { dataOption } from '../data-option.ts'
import { parseMilliseconds } from '../guard-options.ts'
import type { Io } from '../io.ts'
import { parseHttpUrl } from '../server-options.ts'
import type { ServeOptions } from './serve-run.ts'

export function serveCommand(io: Io): Command {
  return new Command('serve')
    .summary('run the server')
    .description('Run the server on a data directory, which is made if it is not there.')
    .addOption(new Option('--host <host>', 'address to listen on').env('FIRN_HOST').default('127.0.0.1'))
    .addOption(
      new Option('--port <port>', 'port; 0 takes any free one').env('FIRN_PORT').default(8047).argParser(parsePort),
    )
    .addOption(dataOption())
    .addOption(
      new Option('--upstream <url>', "index that fetch asks; default: this machine's pip's")
        .env('FIRN_UPSTREAM')
        .argParser(parseHttpUrl),
    )
    .addOption(
      new Option('--signing-key <file>', 'Ed25519 key to sign with; default: one made in the data directory').env(
        'FIRN_SIGNING_KEY',
      ),
    )
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
    .addOption(
      new Option('--log <form>', 'request log').env('FIRN_LOG').choices(['text', 'json', 'none']).default('text'),
    )
    .addOption(
      new Option(
        '--public-url <url>',
        'the URL that clients know the server by, as behind a proxy; default: as they ask',
      )
        .env('FIRN_PUBLIC_URL')
        .argParser(parsePublic),
    )
    .addOption(
      new Option(
        '--trusted-proxy <address>',
        'address or network of a proxy whose X-Forwarded headers are believed; may be repeated',
      )
        .env('FIRN_TRUSTED_PROXIES')
        .argParser(collectProxies),
    )
    .addOption(
      new Option('--accel-redirect <prefix>', "nginx's internal location of data/pool, from where it sends large files")
        .env('FIRN_ACCEL_REDIRECT')
        .argParser(parseAccel),
    )
    .addOption(
      new Option(
        '--writes <who>',
        'who may upload, fetch and freeze without a token: all who reach it, this machine, nobody',
      )
        .env('FIRN_WRITES')
        .choices(['open', 'local', 'token'])
        .default(undefined, 'local on 127.0.0.1, else token'),
    )
    .addOption(
      new Option('--reads <who>', 'who may read without a token')
        .env('FIRN_READS')
        .choices(['open', 'token'])
        .default('open'),
    )
    .option('--pull-through', 'show what the upstream has in the live index too; what is asked for comes into the pool')
    .addOption(
      new Option('--min-age <time>', 'what comes from an upstream must have been there for so long, as 7d')
        .env('FIRN_MIN_AGE')
        .argParser(parseMilliseconds),
    )
    .addOption(
      new Option('--private <product>', 'show a product only to tokens for it; may be repeated')
        .env('FIRN_PRIVATE')
        .argParser(collectProducts),
    )
    .addHelpText(
      'after',
      '\nExamples:\n  firn serve --data /var/lib/firn --port 8047\n  firn serve --host 0.0.0.0 --private acme --private globex',
    )
    .action(async (options: ServeOptions) => {
      // What a server needs takes most of a second to load; the other commands go without it.
      const { serve } = await import('./serve-run.ts')
      await serve(options, io)
    })
}

/** From the environment several come at once, with blanks or commas between them. */
function collectProducts(text: string, before: readonly string[] = []): readonly string[] {
  return [...before, ...severalOf(text)].map(parseProductOption)
}

function collectProxies(text: string, before: readonly string[] = []): readonly string[] {
  const wrong = severalOf(text).find((address) => !isProxyAddress(address))
  if (wrong === undefined) return [...before, ...severalOf(text)]
  throw new InvalidArgumentError(`${wrong} is no address such as 192.0.2.1, nor a network such as 10.1.0.0/16.`)
}

function severalOf(text: string): readonly string[] {
  return text.split(/[\s,]+/).filter((each) => each !== '')
}

function parseAccel(text: string): string {
  const prefix = parseAccelPrefix(text)
  if (prefix === undefined) throw new InvalidArgumentError('It is a path such as /_firn_pool/.')
  return prefix
}

function parseProductOption(text: string): string {
  try {
    return parseProduct(text)
  } catch (error) {
    throw new InvalidArgumentError(isRegistryError(error) ? `${error.message}.` : String(error))
  }
}

function parsePort(text: string): number {
  const port = Number(text)
  if (!/^\d+$/.test(text) || port > 65_535) throw new InvalidArgumentError('It is a number from 0 to 65535.')
  return port
}

function parsePositive(text: string): number {
  if (!/^[1-9]\d*$/.test(text)) throw new InvalidArgumentError('It is a whole number above 0.')
  return Number(text)
}

function parsePublic(text: string): string {
  const url = parsePublicUrl(text)
  if (url === undefined) throw new InvalidArgumentError('It is an http or https URL, without user, query and fragment.')
  return url
}
