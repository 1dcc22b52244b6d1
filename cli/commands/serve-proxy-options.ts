import { InvalidArgumentError, Option, type Command } from 'commander'
import { parseAccelPrefix } from '../../server/hot/accel-redirect.ts'
import { parsePublicUrl } from '../../server/http/base-url.ts'
import { isProxyAddress } from '../../server/http/client.ts'
import { severalOf } from '../several-of.ts'

export function proxyOptions(command: Command): Command {
  return command
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
}

function parsePublic(text: string): string {
  const url = parsePublicUrl(text)
  if (url === undefined) throw new InvalidArgumentError('It is an http or https URL, without user, query and fragment.')
  return url
}

function collectProxies(text: string, before: readonly string[] = []): readonly string[] {
  const wrong = severalOf(text).find((address) => !isProxyAddress(address))
  if (wrong === undefined) return [...before, ...severalOf(text)]
  throw new InvalidArgumentError(`${wrong} is no address such as 192.0.2.1, nor a network such as 10.1.0.0/16.`)
}

function parseAccel(text: string): string {
  const prefix = parseAccelPrefix(text)
  if (prefix === undefined) throw new InvalidArgumentError('It is a path such as /_firn_pool/.')
  return prefix
}
