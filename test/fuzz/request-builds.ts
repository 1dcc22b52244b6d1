import { array, constantFrom, nat, oneof, option, record, string, tuple, type Arbitrary } from 'fast-check'
import { byteEdit, edited, type ByteEdit } from './byte-edits.ts'

/** A request as it goes over the wire. */
export interface RequestBuild {
  readonly method: string
  /** A path among those that there are. */
  readonly path: number
  readonly turns: readonly PathTurn[]
  readonly query: string
  readonly version: string
  readonly headers: readonly (readonly [name: string, value: string])[]
  readonly body: string
  readonly framing: 'length' | 'chunked' | 'short' | 'long' | 'both' | 'endless'
  /** Damage to the whole. */
  readonly edits: readonly ByteEdit[]
}

interface PathTurn {
  readonly at: number
  readonly instead: boolean
  readonly segment: string
}

const rarely = <T>(value: Arbitrary<T>, usual: T): Arbitrary<T> =>
  oneof({ weight: 5, arbitrary: constantFrom(usual) }, value)

const escape = string({ unit: 'binary', maxLength: 8 }).map((text) => encodeURIComponent(text))
const segment = oneof(
  constantFrom(
    '..',
    '.',
    '',
    '%2e%2e',
    '%2E',
    '%2f',
    '..%2f..%2fetc%2fpasswd',
    '..%5c',
    '\\',
    '%00',
    '%',
    '%zz',
    '%c0%af',
    '%ff',
    '%0d%0aX-Injected:%201',
    '%e2%80%ae',
    'k%C3%A4se',
    '__proto__',
    'constructor',
    'toString',
    'Karl',
    'karl.metadata',
    ';x=1',
    '*',
    ':',
    'undefined',
    'null',
    '3.30',
    'manifest.json',
    'x'.repeat(9000),
    `${'x'.repeat(300)}-1.0.zip`,
  ),
  escape,
)
const key = constantFrom(
  'format',
  'limit',
  'after',
  'project',
  'product',
  'since',
  'until',
  'q',
  'x',
  '__proto__',
  'format[]',
  'format[a]',
)
const value = oneof(
  constantFrom(
    'application/vnd.pypi.simple.v1+json',
    'application/vnd.pypi.simple.v9+json',
    'text/html',
    '',
    '0',
    '-1',
    '1e9',
    '99999999999999999999',
    'karl',
    'karl/3.30',
    '<script>',
    '%',
    '%zz',
    'bnVsbA',
    'W10',
    '2026-01-01T00:00:00Z',
    '2026-99-99',
    '+275760-09-13T00:00:00.001Z',
  ),
  escape,
)
const query = array(tuple(key, value), { maxLength: 3 }).map((pairs) =>
  pairs.length === 0 ? '' : `?${pairs.map(([name, text]) => `${name}=${text}`).join('&')}`,
)

const digits = constantFrom('0', '1', '9', '499', '500', '100000', '-1', '', '99999999999999999999', 'x')
const range = oneof(
  tuple(digits, digits).map(([from, to]) => `bytes=${from}-${to}`),
  array(tuple(digits, digits), { minLength: 2, maxLength: 40 }).map(
    (ranges) => `bytes=${ranges.map((each) => each.join('-')).join(',')}`,
  ),
  constantFrom('bytes', 'bytes=', 'bytes=-', 'BYTES=0-1', 'bytes = 0-1', 'items=0-1', 'bytes=0-1,', 'bytes=1-0'),
)
const accept = constantFrom(
  '*/*',
  '',
  'text/html',
  'application/vnd.pypi.simple.v1+json',
  'application/vnd.pypi.simple.latest+json;q=0.1, text/html;q=0.01',
  'application/vnd.pypi.simple.v1+json;q=0',
  'application/vnd.pypi.simple.v2+json',
  'image/png',
  ',,,',
  ';q=',
  'text/html;q=nan',
  'a/b'.repeat(2000),
  '*/*;'.repeat(1000),
)
const odd = oneof(
  string({ maxLength: 30 }).map((text) => text.replaceAll(/[^\x20-\x7e]/g, '')),
  constantFrom('x'.repeat(9000), '\xff\xfe', '\t', ' '),
)
const named = (name: string, values: Arbitrary<string>) => values.map((value) => [name, value] as const)

/** `TOKEN` stands for a token that holds. */
export const heldToken = 'TOKEN'

/** Headers that leave a request whole. */
const header: Arbitrary<readonly [string, string]> = oneof(
  named('Accept', oneof(accept, odd)),
  named('Range', oneof(range, odd)),
  named('If-Range', oneof(constantFrom('"x"', 'W/"x"', 'Wed, 21 Oct 2015 07:28:00 GMT'), odd)),
  named('If-None-Match', oneof(constantFrom('*', '"', '""', 'W/', '"a", "b"', '"x",'.repeat(2000)), odd)),
  named('If-Modified-Since', odd),
  named(
    'Authorization',
    oneof(
      constantFrom(
        `Bearer ${heldToken}`,
        `bearer  ${heldToken} `,
        `Basic ${Buffer.from('__token__:wrong').toString('base64')}`,
        'Basic',
        'Basic !!!',
        'Basic Og==',
        'Bearer',
        'Bearer firn_0123456789abcdef_0123456789abcdef0123456789abcdef',
        'Digest username="x"',
        `Bearer ${'x'.repeat(5000)}`,
      ),
      odd,
    ),
  ),
  named(
    'Accept-Encoding',
    oneof(constantFrom('gzip', 'gzip;q=0', 'identity;q=0', '*;q=0', 'br, zstd', 'gzip;q=1.000,'), odd),
  ),
  named(
    'Host',
    oneof(
      constantFrom('evil.example', '', '[::1', 'a b', 'x:99999', 'x'.repeat(300), '127.0.0.1/..', '"><script>'),
      odd,
    ),
  ),
  named('X-Forwarded-For', oneof(constantFrom('127.0.0.1', '::1, 10.0.0.1', 'unknown'), odd)),
  named('X-Forwarded-Proto', oneof(constantFrom('https', 'javascript', 'https,http'), odd)),
  named('X-Forwarded-Host', oneof(constantFrom('evil.example'), odd)),
  named('X-Forwarded-Prefix', oneof(constantFrom('/firn', '//evil.example', 'x'), odd)),
  named('Forwarded', odd),
  named('Origin', oneof(constantFrom('null', 'http://127.0.0.1', 'http://evil.example', '%'), odd)),
  named(
    'Content-Type',
    oneof(
      constantFrom('application/json', 'application/json; charset=utf-7', 'multipart/form-data', 'text/plain'),
      odd,
    ),
  ),
  named('Content-Encoding', constantFrom('gzip', 'br', 'x', 'identity')),
  named('Firn-Api-Version', oneof(constantFrom('0.0.1', '99.0.0', '1', 'x'), odd)),
  named('X-Request-Id', odd),
  named('Cookie', odd),
  named('Expect', constantFrom('100-continue', '200-ok')),
  named('Connection', constantFrom('close', 'keep-alive', 'upgrade', 'x')),
  named('Upgrade', constantFrom('websocket', 'h2c')),
  named('TE', constantFrom('trailers', 'gzip')),
)

/** Headers that are none, or that say otherwise where the request ends. */
const breaking: Arbitrary<readonly [string, string]> = oneof(
  named(
    'Transfer-Encoding',
    constantFrom('chunked', 'gzip, chunked', 'chunked, chunked', 'identity', 'xchunked', 'chunked\t'),
  ),
  named('Content-Length', constantFrom('0', '5', '+5', '-1', '5, 5', '0x5', '1e3', '99999999999999999999', '5 5', '')),
  named('', odd),
  named('A B', odd),
  named('X-\0', odd),
  named(' folded', odd),
  named('X', constantFrom('a\rb', 'a\nb', 'a\0b', 'x'.repeat(20_000))),
)

const bodies = oneof(
  constantFrom(
    '{}',
    '[]',
    'null',
    '"x"',
    '{',
    '{"__proto__":{}}',
    '['.repeat(5000),
    '{"sources":[{"name":"a.txt","text":"karl==3.30"}],"targets":["cp311-manylinux_x86_64"]}',
    '{"sources":[],"targets":[]}',
    '{"reason":"x"}',
    '{"name":"x","scopes":["read"]}',
    `{"requirements":["karl==${'9'.repeat(500)}"]}`,
    'a=1&b=2',
    '\0\xff',
  ),
  string({ unit: 'binary', maxLength: 30 }),
)

export const requestBuild: Arbitrary<RequestBuild> = record({
  method: rarely(
    constantFrom(
      'HEAD',
      'HEAD',
      'POST',
      'PUT',
      'DELETE',
      'OPTIONS',
      'PATCH',
      'TRACE',
      'CONNECT',
      'get',
      'PROPFIND',
      '',
    ),
    'GET',
  ),
  path: nat(500),
  turns: rarely(
    array(record({ at: nat(8), instead: constantFrom(true, false), segment }), { minLength: 1, maxLength: 2 }),
    [],
  ),
  query: rarely(query, ''),
  version: rarely(constantFrom('HTTP/1.0', 'HTTP/2.0', 'HTTP/0.9', 'HTTP/1.1 ', 'http/1.1', ''), 'HTTP/1.1'),
  headers: tuple(array(header, { maxLength: 4 }), rarely(array(breaking, { minLength: 1, maxLength: 2 }), [])).map(
    (both) => both.flat(),
  ),
  body: rarely(bodies, ''),
  framing: rarely(
    constantFrom('chunked' as const, 'short' as const, 'long' as const, 'both' as const, 'endless' as const),
    'length',
  ),
  edits: rarely(option(array(byteEdit, { minLength: 1, maxLength: 2 }), { nil: [] }), []),
})

function pathOf({ path, turns }: RequestBuild, paths: readonly string[]): string {
  const segments = (paths[path % paths.length] ?? '/').split('/')
  for (const { at, instead, segment } of turns) segments.splice(1 + (at % segments.length), instead ? 1 : 0, segment)
  return segments.join('/')
}

/** The request, and whether it must be answered: it is whole, and every part of it is as HTTP has it. */
export function requestBytes(
  build: RequestBuild,
  paths: readonly string[],
  token: string,
): { bytes: Buffer; whole: boolean } {
  const { method, query, version, headers, framing, edits } = build
  const body = Buffer.from(build.body)
  const hosted = headers.some(([name]) => name === 'Host') ? [] : [['Host', '127.0.0.1'] as const]
  const lines = [...hosted, ...headers].map(([name, value]) => `${name}: ${value.replace(heldToken, token)}`)
  const framed = framings[body.length === 0 && framing !== 'endless' ? 'none' : framing](body)
  const head = [`${method} ${pathOf(build, paths)}${query} ${version}`, ...lines, ...framed.lines, '', ''].join('\r\n')
  const bytes = Buffer.concat([Buffer.from(head, 'latin1'), framed.body])
  const plain = headers.every(
    ([name, value]) =>
      /^[A-Z][A-Za-z-]+$/.test(name) &&
      !/^(?:Transfer-Encoding|Content-Length|X)$/.test(name) &&
      /^[\t\x20-\x7e\x80-\xff]*$/.test(value),
  )
  const usual = version === 'HTTP/1.1' && /^[A-Z]+$/.test(method) && method !== 'CONNECT'
  return { bytes: edited(bytes, edits, [bytes]), whole: plain && usual && framed.whole && edits.length === 0 }
}

type Framed = { readonly lines: readonly string[]; readonly body: Buffer; readonly whole: boolean }

const framings: Readonly<Record<RequestBuild['framing'] | 'none', (body: Buffer) => Framed>> = {
  none: (body) => ({ lines: [], body, whole: true }),
  length: (body) => ({ lines: [`Content-Length: ${body.length}`], body, whole: true }),
  chunked: (body) => ({
    lines: ['Transfer-Encoding: chunked'],
    body: Buffer.concat([Buffer.from(`${body.length.toString(16)}\r\n`), body, Buffer.from('\r\n0\r\n\r\n')]),
    whole: true,
  }),
  short: (body) => ({ lines: ['Content-Length: 1'], body, whole: false }),
  long: (body) => ({ lines: [`Content-Length: ${body.length + 9}`], body, whole: false }),
  both: (body) => ({ lines: [`Content-Length: ${body.length}`, 'Transfer-Encoding: chunked'], body, whole: false }),
  endless: (body) => ({
    lines: ['Transfer-Encoding: chunked'],
    body: Buffer.concat([Buffer.from('fffffff\r\n'), body]),
    whole: false,
  }),
}
