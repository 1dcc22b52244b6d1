/** Whom a request is made for, when proxies pass it on: their word counts, and nobody else's. */
import type { IncomingMessage } from 'node:http'
import { describe, expect, it } from 'vitest'
import { baseUrl } from '../../server/http/base-url.ts'
import { clientReader, isProxyAddress } from '../../server/http/client.ts'

const trusted = ['10.0.0.1', '10.0.1.0/24', '2001:db8:1::/48']

/** A request as Node has it: headers that came several times are joined. */
function from(remoteAddress: string | undefined, headers: Readonly<Record<string, string>> = {}): IncomingMessage {
  return { socket: { remoteAddress }, headers: { host: 'firn.internal', ...headers } } as unknown as IncomingMessage
}

function addressOf(peer: string | undefined, forwarded: string | undefined): string {
  return clientReader(trusted)(from(peer, forwarded === undefined ? {} : { 'x-forwarded-for': forwarded })).address
}

describe('the address', () => {
  it.each([
    ['of a peer that is no proxy is its own', '192.0.2.7', undefined, '192.0.2.7'],
    ['of a peer that is no proxy is its own, whatever it says', '192.0.2.7', '127.0.0.1', '192.0.2.7'],
    ['of an address next to a trusted network is its own', '10.0.2.1', '127.0.0.1', '10.0.2.1'],
    ['is what the proxy says', '10.0.0.1', '192.0.2.7', '192.0.2.7'],
    ['is the proxy where it says nothing', '10.0.0.1', undefined, '10.0.0.1'],
    ['is not what the client has put before it', '10.0.0.1', '127.0.0.1, 192.0.2.7', '192.0.2.7'],
    ['is not the trusted proxy that the client has put before it', '10.0.0.1', '10.0.1.9, 192.0.2.7', '192.0.2.7'],
    ['is found behind several proxies', '10.0.0.1', '192.0.2.7, 10.0.1.8, 10.0.1.9', '192.0.2.7'],
    ['is that of a proxy nobody trusts', '10.0.0.1', '192.0.2.7, 198.51.100.4, 10.0.1.9', '198.51.100.4'],
    ['is the farthest proxy, if it has asked by itself', '10.0.0.1', '10.0.1.8, 10.0.1.9', '10.0.1.8'],
    ['is found through the networks of IPv6', '2001:db8:1::5', '2001:db8:2::7', '2001:db8:2::7'],
    ['has one spelling', '10.0.0.1', '2001:0DB8:0002:0:0::7', '2001:db8:2::7'],
    ['is IPv4 where IPv4 came over IPv6', '::ffff:10.0.0.1', '::FFFF:192.0.2.7', '192.0.2.7'],
    ['is IPv4 where that is written in hex', '10.0.0.1', '::ffff:c000:207', '192.0.2.7'],
    ['is IPv4 where that is written at length', '10.0.0.1', '0:0:0:0:0:FFFF:192.0.2.7', '192.0.2.7'],
    ['of a peer over IPv6 is IPv4 too', '::ffff:192.0.2.7', undefined, '192.0.2.7'],
    ['has no port', '10.0.0.1', '192.0.2.7:51312', '192.0.2.7'],
    ['has no port and no brackets', '10.0.0.1', '[2001:db8:2::7]:443', '2001:db8:2::7'],
    ['has no zone', 'fe80::1%eth0', undefined, 'fe80::1'],
    ['stands among blanks', '10.0.0.1', ' \t192.0.2.7 , 10.0.1.9 ', '192.0.2.7'],
    ['of a client that has closed its connection is not known', undefined, '127.0.0.1', ''],
  ])('%s', (_what, peer, forwarded, expected) => {
    expect(addressOf(peer, forwarded)).toBe(expected)
  })

  it.each(['', ',', 'unknown', '_hidden', 'localhost', '192.0.2', '192.0.2.7.', '0x7f.1', '127.1', '192.0.2.256'])(
    'is the proxy where it says %j, which is no address',
    (said) => expect(addressOf('10.0.0.1', `203.0.113.9, ${said}`)).toBe('10.0.0.1'),
  )

  it.each(['[::1', '::1]', '[]', '2001:db8::2::7', '192.0.2.7:', '192.0.2.7:x', "'; drop", 'é', '1'.repeat(8000)])(
    'is the last proxy that named one, where another names %j',
    (said) => expect(addressOf('10.0.0.1', `${said}, 10.0.1.9`)).toBe('10.0.1.9'),
  )

  it('is read from a header as long as Node lets it be', () => {
    expect(addressOf('10.0.0.1', `${'10.0.1.9,'.repeat(1700)}10.0.1.9`)).toBe('10.0.1.9')
  })
})

/** The URL that a document has, asked for through a proxy. */
function through(headers: Readonly<Record<string, string>>, peer = '10.0.0.1'): string | undefined {
  return baseUrl(undefined, clientReader(trusted)(from(peer, headers)))
}

describe('the URL', () => {
  it.each([
    [{}, 'http://firn.internal/'],
    [{ 'x-forwarded-proto': 'https' }, 'https://firn.internal/'],
    [{ 'x-forwarded-proto': 'HTTPS' }, 'https://firn.internal/'],
    [{ 'x-forwarded-proto': 'https, http' }, 'http://firn.internal/'],
    [{ 'x-forwarded-proto': 'javascript' }, 'http://firn.internal/'],
    [{ 'x-forwarded-proto': '' }, 'http://firn.internal/'],
    [{ 'x-forwarded-host': 'firn.example' }, 'http://firn.example/'],
    [{ 'x-forwarded-host': 'forged.example, firn.example:8443' }, 'http://firn.example:8443/'],
    [{ 'x-forwarded-host': '[2001:db8::1]:8443' }, 'http://[2001:db8::1]:8443/'],
    [{ 'x-forwarded-host': '' }, 'http://firn.internal/'],
    [{ 'x-forwarded-prefix': '/python' }, 'http://firn.internal/python/'],
    [{ 'x-forwarded-prefix': '/team/python/' }, 'http://firn.internal/team/python/'],
    [{ 'x-forwarded-prefix': '/' }, 'http://firn.internal/'],
    [
      { 'x-forwarded-proto': 'https', 'x-forwarded-host': 'firn.example:443', 'x-forwarded-prefix': '/a/b' },
      'https://firn.example/a/b/',
    ],
    [{ forwarded: 'for=192.0.2.7;host=forged.example;proto=https' }, 'http://firn.internal/'],
  ])('is as a trusted proxy says: %j', (headers, expected) => {
    expect(through(headers)).toBe(expected)
  })

  it.each([
    { 'x-forwarded-proto': 'https' },
    { 'x-forwarded-host': 'forged.example' },
    { 'x-forwarded-prefix': '/forged' },
    { 'x-forwarded-host': 'no host' },
  ])('is what anybody else asked for: %j', (headers) => {
    expect(through(headers, '192.0.2.7')).toBe('http://firn.internal/')
  })

  it.each([
    { 'x-forwarded-host': 'firn.example/path' },
    { 'x-forwarded-host': 'user@firn.example' },
    { 'x-forwarded-host': 'firn.example:99999' },
    { 'x-forwarded-prefix': 'python' },
    { 'x-forwarded-prefix': '//other.example' },
    { 'x-forwarded-prefix': '/a/../b' },
    { 'x-forwarded-prefix': '/./' },
    { 'x-forwarded-prefix': '/a b' },
    { 'x-forwarded-prefix': '/a?b' },
    { 'x-forwarded-prefix': '/%2e%2e/' },
    { 'x-forwarded-prefix': '/"><script>' },
    { 'x-forwarded-prefix': `/${'a'.repeat(101)}` },
  ])('is refused where a trusted proxy says what is none: %j', (headers) => {
    expect(() => through(headers)).toThrow(expect.objectContaining({ code: 'request-invalid' }) as Error)
  })

  it('is the one that the server was told, whatever a proxy says', () => {
    const client = clientReader(trusted)(from('10.0.0.1', { 'x-forwarded-host': 'other.example' }))
    expect(baseUrl('https://firn.example/', client)).toBe('https://firn.example/')
  })
})

it('tells a proxy that asks for somebody from one that asks for itself, and from those who only say so', () => {
  const clientOf = clientReader(trusted)
  const told = ({ fromProxy, isForwarded }: ReturnType<typeof clientOf>) => [fromProxy, isForwarded]
  expect(told(clientOf(from('10.0.0.1', { 'x-forwarded-for': '192.0.2.7' })))).toEqual([true, true])
  expect(told(clientOf(from('10.0.0.1')))).toEqual([true, false])
  expect(told(clientOf(from('192.0.2.7', { 'x-forwarded-for': '10.0.0.1' })))).toEqual([false, false])
  expect(told(clientReader()(from('10.0.0.1', { 'x-forwarded-for': '192.0.2.7' })))).toEqual([false, false])
})

it.each([
  ['192.0.2.1', true],
  ['10.0.0.0/8', true],
  ['10.0.0.0/255.0.0.0', true],
  ['2001:db8::/32', true],
  ['::1', true],
  ['loopback', true],
  ['uniquelocal', true],
  ['0.0.0.0/0', false],
  ['::/0', false],
  ['10.0.0.0/33', false],
  ['10.0.0.0/', false],
  ['10.0.0.0/-1', false],
  ['10.1', false],
  ['167772161', false],
  ['proxy.example', false],
  ['*', false],
  ['', false],
])('%j is an address of proxies: %j', (text, expected) => {
  expect(isProxyAddress(text)).toBe(expected)
})
