/** The documents of a release that name the host: each client gets its own word back, checked, and nobody else's. */
import { connect } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { makeEgg, makeSdist, makeWheel } from '../support/archives.ts'
import { uploadAll, sha256 } from '../support/catalogue.ts'
import { cleanStop } from '../support/clean-stop.ts'
import { ask, freeze, json, type Reply } from '../support/requests.ts'
import { firn, startServer, type TestServer } from '../support/server.ts'

const base = '/index/karl/3.30/'
const wheel = makeWheel({ name: 'acme.core', version: '1.0', requiresPython: '>=3.9' })
const sdist = makeSdist({ name: 'acme.core', version: '1.0', requiresPython: '>=3.9' })
const zip = makeSdist({ name: 'acme.core', version: '1.0', requiresPython: '>=3.9', format: 'zip' })
const egg = makeEgg({ name: 'acme.old', version: '0.9' })

let server: TestServer
let behindProxy: TestServer
let digest: string
let times: ReadonlyMap<string, string>
beforeAll(async () => {
  server = await startServer()
  behindProxy = await startServer({ publicUrl: 'https://firn.example/team/' })
  times = await uploadAll(server.url, [wheel, sdist, zip, egg])
  await uploadAll(behindProxy.url, [wheel, egg])
  const pins = 'acme.core==1.0 ; python_version >= "3"\nacme.old==0.9\n'
  const waivers = [{ project: 'acme.old', reason: 'its egg is for Python 2.7' }]
  digest = (json(await freeze(server.url, 'karl/3.30', pins, { waivers })) as { digest: string }).digest
  await freeze(behindProxy.url, 'karl/3.30', pins, { waivers })
})
afterAll(async () => {
  await cleanStop(server)
  await cleanStop(behindProxy)
})

function get(name: string, headers: Readonly<Record<string, string>> = {}, from = server): Promise<Reply> {
  return ask(from.url, `${base}${name}`, { headers })
}

/** What an answer says of where it is served. */
function placesIn({ text }: Reply): readonly string[] {
  return [...new Set(text.match(/^(?:index|url) = .*$|^allow-hosts =(?:\n {4}.*)+/gm))]
}

it('is a lock whose files are those of the pool', async () => {
  const reply = await get('pylock.toml')
  const file = (of: typeof wheel) => `name = "${of.filename}"
upload-time = ${times.get(of.filename)}
url = "${server.url}/pool/acme-core/${of.filename}"
size = ${of.bytes.length}
`
  expect(reply.text).toBe(`# karl/3.30
# sha256:${digest}
# a lock has no place for these files of the release:
#   ${zip.filename}
#   ${egg.filename}

lock-version = "1.0"
environments = [ "sys_platform == \\"linux\\" and platform_machine == \\"x86_64\\" and platform_python_implementation == \\"CPython\\" and python_version == \\"3.11\\"" ]
requires-python = ">=3.11"
created-by = "firn"

[[packages]]
name = "acme-core"
version = "1.0"
marker = "python_version >= \\"3\\""
requires-python = ">=3.9"
index = "${server.url}${base}"

[packages.sdist]
${file(sdist)}
[packages.sdist.hashes]
sha256 = "${sha256(sdist.bytes)}"

[[packages.wheels]]
${file(wheel)}
[packages.wheels.hashes]
sha256 = "${sha256(wheel.bytes)}"
`)
})

describe.each(['versions.cfg', 'pylock.toml'])('%s', (name) => {
  it('may be kept by the client alone, which asks again by its ETag', async () => {
    const reply = await get(name)
    expect([reply.headers['cache-control'], reply.headers.etag]).toEqual([
      'private, no-cache',
      `"${sha256(reply.body)}"`,
    ])
    const again = await get(name, { 'if-none-match': reply.headers.etag ?? '' })
    expect([again.status, again.headers['cache-control']]).toEqual([304, 'private, no-cache'])
  })

  it.each(['firn.example', 'FIRN.example:8047', '[::1]:8047', '10.0.0.7:1', 'firn_app:8047'])(
    'names the host %s to the client that came by it, and to no other',
    async (host) => {
      const url = `http://${host.toLowerCase()}${base}`
      const before = (await get(name)).text
      const reply = await get(name, { host })
      expect(placesIn(reply).filter((line) => line.includes(url))).toHaveLength(1)
      expect(reply.text.includes('127.0.0.1')).toBe(false)
      expect((await get(name)).text).toBe(before)
    },
  )

  it.each([
    'user:secret@firn.example',
    'firn.example"',
    "firn.example'",
    'firn.example evil.example',
    'firn.example/evil',
    'firn.example?x',
    'firn.example#x',
    'firn.example:8047:1',
    'firn.example:99999',
    'firn.example\t[buildout]',
    '${buildout:directory}',
    '*',
    '*.example',
    '%0d%0aindex',
    '[::1',
    '[::zz]',
    'fïrn.example',
    `${'a'.repeat(10_000)}.example`,
  ])('is refused to one that came by %j', async (host) => {
    const head = await raw(`GET ${base}${name} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`)
    expect(head).toMatch(/^HTTP\/1\.1 400 /)
    expect(head).not.toContain('evil')
  })

  it.each(['firn.example\r\n index = http://evil.example/', 'firn.example\rindex = http://evil.example/', 'a\nb'])(
    'has no line of its own from %j',
    async (host) => {
      const answer = await raw(`GET ${base}${name} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`)
      expect(answer).toMatch(/^HTTP\/1\.1 400 /)
      expect(answer).not.toContain('evil')
    },
  )

  it('does without a host that HTTP/1.0 does not name', async () => {
    const answer = await raw(`GET ${base}${name} HTTP/1.0\r\n\r\n`)
    expect(answer).toMatch(/^HTTP\/1\.1 200 /)
    expect(answer).toContain(
      name === 'pylock.toml'
        ? `path = "../../../pool/acme-core/${wheel.filename}"`
        : '# index and allow-hosts are not here',
    )
  })

  it('names the public URL that the server was told, whatever the client says', async () => {
    const [plain, other] = [await get(name, {}, behindProxy), await get(name, { host: 'evil"example' }, behindProxy)]
    expect(other.text).toBe(plain.text)
    expect(placesIn(plain)).toEqual(
      name === 'pylock.toml'
        ? [
            `index = "https://firn.example/team${base}"`,
            `url = "https://firn.example/team/pool/acme-core/${wheel.filename}"`,
          ]
        : [`index = https://firn.example/team${base}`, 'allow-hosts =\n    firn.example\n    *@firn.example'],
    )
  })
})

/** Sends bytes that no client would, and gives the whole answer back. */
function raw(request: string): Promise<string> {
  const { hostname, port } = new URL(server.url)
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    const socket = connect(Number(port), hostname, () => socket.write(request))
    socket.on('data', (chunk) => chunks.push(chunk))
    socket.on('error', reject)
    socket.on('close', () => resolve(Buffer.concat(chunks).toString()))
  })
}

it('the page for people names the public URL, too', async () => {
  const { text } = await ask(behindProxy.url, '/')
  expect(text.match(/https?:[^ <]+/g)).toEqual([
    'https://firn.example/team/index/karl/3.30/',
    'https://firn.example/team/index/karl/3.30/requirements.txt',
    'https://firn.example/team/legacy/',
    'https://firn.example/team/legacy/',
  ])
})

describe('the other documents', () => {
  it('sbom.cdx.json may grow, so caches ask again', async () => {
    const reply = await get('sbom.cdx.json', { host: 'firn.example"' })
    const { 'content-type': type, 'cache-control': cache, etag } = reply.headers
    expect([type, cache, etag]).toEqual([
      'application/vnd.cyclonedx+json; version=1.6',
      'no-cache',
      `"${sha256(reply.body)}"`,
    ])
    expect(JSON.parse(reply.text)).toMatchObject({
      bomFormat: 'CycloneDX',
      metadata: { component: { name: 'karl', version: '3.30' } },
      components: [{ purl: 'pkg:pypi/acme-core@1.0' }, { purl: 'pkg:pypi/acme-old@0.9' }],
    })
  })

  it.each(['manifest.json', 'requirements.txt', 'constraints.txt'])('%s does not care by which host', async (name) => {
    const reply = await get(name, { host: 'firn.example"' })
    expect([reply.status, reply.text]).toEqual([200, (await get(name)).text])
    expect(reply.headers['cache-control']).toBe('public, max-age=31536000, immutable')
  })
})

it.each([
  'ftp://firn.example/',
  'https://user@firn.example/',
  'https://firn.example/?x',
  'firn.example',
  'https://f#x',
])('is not served as %s', async (url) => {
  const { code, stderr } = await firn(['serve', '--public-url', url])
  expect([code, stderr]).toEqual([64, expect.stringContaining('It is an http or https URL, without user')])
})
