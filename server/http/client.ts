import type { IncomingMessage } from 'node:http'
import { isIP, isIPv4 } from 'node:net'
import proxyAddr from 'proxy-addr'

/** On whose behalf a request is made, as far as that can be known. */
export interface Client {
  /** What the log names, and what wrong tokens are counted for. */
  readonly address: string
  /** Whether a trusted proxy made the request, for whomever. */
  readonly fromProxy: boolean
  /** Whether it did so for somebody, and said for whom: a person on the proxy's own machine asks with no such header. */
  readonly isForwarded: boolean
  readonly proto: 'http' | 'https'
  /** As it was asked for: the client's own word, unless a proxy checks it. */
  readonly host: string | undefined
  /** The path at which a proxy has the server, as `/firn`; not yet checked. */
  readonly prefix: string
}

/** Never throws. */
export type ClientOf = (req: IncomingMessage) => Client

/**
 * Tells who asks. `X-Forwarded-For`, `-Proto`, `-Host` and `-Prefix` are believed of a peer that is one of the trusted
 * proxies, and of nobody else. `Forwarded` (RFC 7239) is believed of none: what sends it passes on its client's too.
 */
export function clientReader(trustedProxies: readonly string[] = []): ClientOf {
  const trusts = trustedProxies.length === 0 ? () => false : trusting(trustedProxies)
  return (req) => {
    const peer = parseHop(req.socket.remoteAddress ?? '') ?? ''
    if (!trusts(peer)) return direct(req, peer)
    const { host } = req.headers
    return {
      address: firstUntrusted(peer, listOf(req, 'x-forwarded-for'), trusts),
      fromProxy: true,
      isForwarded: req.headers['x-forwarded-for'] !== undefined,
      proto: lastOf(req, 'x-forwarded-proto')?.toLowerCase() === 'https' ? 'https' : 'http',
      host: lastOf(req, 'x-forwarded-host') ?? host,
      prefix: lastOf(req, 'x-forwarded-prefix') ?? '',
    }
  }
}

/** Whether a text is an address, a network such as `10.0.0.0/8`, or `loopback`, `linklocal`, `uniquelocal`. */
export function isProxyAddress(text: string): boolean {
  try {
    proxyAddr.compile(text)
    return isIP(text.split('/', 1)[0] ?? '') > 0 || /^[a-z]+$/.test(text)
  } catch {
    return false
  }
}

type Trusts = (address: string) => boolean

function trusting(proxies: readonly string[]): Trusts {
  const trusts = proxyAddr.compile([...proxies])
  return (address) => trusts(address, 0)
}

function direct({ headers: { host } }: IncomingMessage, address: string): Client {
  return { address, fromProxy: false, isForwarded: false, proto: 'http', host, prefix: '' }
}

/**
 * Each proxy adds at the right whom it was asked by, so the last that a trusted one names is the client. What stands left
 * of that is the client's own invention, and what is no address is nobody: then it is the proxy that said so.
 */
function firstUntrusted(peer: string, hops: readonly string[], trusts: Trusts): string {
  let address = peer
  for (const hop of hops.toReversed()) {
    if (!trusts(address)) break
    const named = parseHop(hop)
    if (named === undefined) break
    address = named
  }
  return address
}

/** An address in its one spelling; some proxies write the port too. `undefined`: it is none. */
function parseHop(text: string): string | undefined {
  if (isIPv4(text)) return text
  const [, v6, v4] = /^(?:\[([^\]]+)\](?::\d{1,5})?|([\d.]+):\d{1,5})$/.exec(text) ?? []
  const [bare = ''] = (v6 ?? v4 ?? text).split('%')
  if (isIP(bare) === 4) return bare
  if (isIP(bare) !== 6) return undefined
  const [, mapped] = /^::ffff:([\d.]+)$/i.exec(bare) ?? []
  return mapped ?? withoutMapping(new URL(`http://[${bare}]/`).hostname.slice(1, -1))
}

/** IPv4 in IPv6 (RFC 4291, 2.5.5.2), which may be written in hex too, as `::ffff:c000:207`. */
function withoutMapping(address: string): string {
  const [, high, low] = /^::ffff:([\da-f]{1,4}):([\da-f]{1,4})$/.exec(address) ?? []
  if (high === undefined || low === undefined) return address
  return [high, low].flatMap((half) => [parseInt(half, 16) >> 8, parseInt(half, 16) & 0xff]).join('.')
}

/** Of a header that came several times, or was added to, the nearest proxy's own word is the last. */
function lastOf(req: IncomingMessage, name: string): string | undefined {
  return listOf(req, name).at(-1) || undefined
}

function listOf({ headers }: IncomingMessage, name: string): readonly string[] {
  const value = headers[name]
  const line = Array.isArray(value) ? value.join(',') : value
  return line === undefined ? [] : line.split(',').map((each) => each.trim())
}
