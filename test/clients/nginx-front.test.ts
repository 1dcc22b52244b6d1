/** docs/nginx.md: a real nginx with every block of the page, firn behind it, and the clients in front. */
import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { createToken } from '../../server/actions/tokens.ts'
import { makeSdist, makeWheel, type Built } from '../support/archives.ts'
import { sha256 } from '../support/catalogue.ts'
import { documentedOptions, startFront, type Front } from '../support/nginx-front.ts'
import { toolEnvironment } from '../support/python.ts'
import { ask, type Reply } from '../support/requests.ts'
import { makeWorkplace, pinnedPip, pinnedUv, writeFiles, type Workplace } from './workplace.ts'

vi.setConfig({ testTimeout: 600_000, hookTimeout: 600_000 })

type Headers = Readonly<Record<string, string>>

const noise = { 'noise.bin': randomBytes(300_000) }
const core = makeWheel({ name: 'karl', version: '3.30', files: noise })
const app = makeWheel({ name: 'karl.app', version: '1.0+local', requires: ['karl'] })
const theme = makeWheel({ name: 'acme.theme', version: '1.0', requires: ['karl'], files: noise })
const etag = `"${sha256(core.bytes)}"`
const corePath = `/pool/karl/${core.filename}`

let place: Workplace
let front: Front
let admin: string
let reader: string

beforeAll(async () => {
  place = await makeWorkplace({ min: '3.10' }, { ...documentedOptions, access: { privateProducts: ['acme'] } })
  ;[admin = '', reader = ''] = [await token('admin'), await token('read:acme')]
  await uploadAs([], core, app)
  await uploadAs(['--private', 'acme'], theme)
  await place.firn('freeze', 'karl/3.30', 'karl==3.30', 'karl.app==1.0+local', '--token', admin)
  await place.firn('freeze', 'acme/1', 'karl==3.30', 'acme.theme==1.0', '--token', admin)
  front = await startFront({ url: place.url, data: place.server.data })
  place.takeRequests()
})
afterAll(async () => {
  await front?.stop()
  await place?.stop()
})

async function token(scope: 'admin' | 'read:acme'): Promise<string> {
  const deps = { records: place.server.store.records, now: () => new Date().toISOString() }
  return (await createToken(deps, { name: 'x', scopes: [scope], expiresAt: null, actor: 'x' })).text
}

async function uploadAs(options: readonly string[], ...files: Built[]): Promise<void> {
  await place.firn('upload', ...options, await writeFiles(await place.directory('own'), files), '--token', admin)
}

function get(path: string, headers: Headers = {}, method = 'GET'): Promise<Reply> {
  return ask(front.url, path, { method, headers })
}

function bearer(text: string): Headers {
  return { Authorization: `Bearer ${text}` }
}

const probe = 'import karl, karl_app; print(karl.__version__, karl_app.__version__)'

it('pip installs a release through it by hash', async () => {
  const python = join(await place.virtualenv('pip'), 'bin', 'python')
  const index = `${front.url}/index/karl/3.30/`
  const options = ['--index-url', index, '--require-hashes', '-r', `${index}requirements.txt`]
  await place.client(await pinnedPip(), ['-m', 'pip', '--python', python, 'install', ...options])
  expect(await place.client(python, ['-c', probe])).toBe('3.30 1.0+local\n')
})

it('uv installs a release through it, below a path, from the lock that names it', async () => {
  const python = join(await place.virtualenv('uv'), 'bin', 'python')
  const lock = `${front.below}/index/karl/3.30/pylock.toml`
  await place.client(await pinnedUv(), ['pip', 'install', '--python', python, '-r', lock])
  expect(await place.client(python, ['-c', probe])).toBe('3.30 1.0+local\n')
})

it('each answer has an id of its own, from the cache too, which the client does not choose', async () => {
  const paths = ['/index/karl/3.30/', '/index/karl/3.30/', corePath, '/simple/', '/simple/none/']
  const replies = await Promise.all(paths.map((path) => get(path, { 'X-Request-Id': 'forged' })))
  const ids = replies.map(({ headers }) => headers['x-request-id'])
  expect(ids).toEqual(paths.map(() => expect.stringMatching(/^[0-9a-f]{32}$/) as string))
  expect(new Set(ids).size).toBe(paths.length)
})

it('the documents name the site that the client came by', async () => {
  const { text } = await get('/index/karl/3.30/versions.cfg')
  expect(text).toContain(`index = ${front.url}/index/karl/3.30/`)
  const below = await ask(front.below, '/python/index/karl/3.30/versions.cfg', { headers: { Host: 'firn.example' } })
  expect(below.text).toContain('index = http://firn.example/python/index/karl/3.30/')
})

describe('what never changes is asked for once', () => {
  const page = '/index/karl/3.30/karl/'
  const json = { Accept: 'application/vnd.pypi.simple.v1+json' }
  it.each([
    ['HTML', {}],
    ['JSON', json],
    ['HTML, compressed', { 'Accept-Encoding': 'gzip' }],
    ['JSON, compressed', { ...json, 'Accept-Encoding': 'gzip' }],
  ])('as %s', async (_form, headers) => {
    const fresh = { ...headers, Host: `${Object.values(headers).join('').length}.example` }
    place.takeRequests()
    const direct = await ask(place.url, page, { headers: fresh })
    const replies = [await get(page, fresh), await get(page, fresh)]
    expect(replies.map(({ status, body }) => [status, sha256(body)])).toEqual(
      [1, 2].map(() => [200, sha256(direct.body)]),
    )
    const kept = await get(page, { ...fresh, 'If-None-Match': direct.headers.etag ?? '' })
    expect([kept.status, kept.headers.etag]).toEqual([304, direct.headers.etag])
    expect(place.takeRequests().map(({ path }) => path)).toEqual([page, page])
  })

  it('but not what names the host, nor the live index', async () => {
    const asked = ['/index/karl/3.30/versions.cfg', '/index/karl/3.30/pylock.toml', '/simple/karl/', '/simple/']
    for (const path of [...asked, ...asked]) expect((await get(path)).status).toBe(200)
    expect(place.takeRequests().map(({ path }) => path)).toEqual([...asked, ...asked])
  })
})

describe('a large file', () => {
  it('comes whole, with the headers of firn', async () => {
    const { status, body, headers } = await get(corePath)
    const { date: _, 'x-request-id': _id, connection: __, server, ...rest } = headers
    expect([status, sha256(body), server]).toEqual([200, sha256(core.bytes), expect.stringMatching(/^nginx/) as string])
    expect(rest).toEqual({
      'content-type': 'application/octet-stream',
      'content-length': String(core.bytes.length),
      'cache-control': 'public, max-age=31536000, immutable',
      'accept-ranges': 'bytes',
      'x-content-type-options': 'nosniff',
      etag,
    })
  })

  const size = core.bytes.length
  it.each([
    ['bytes=5-9', 206, core.bytes.subarray(5, 10), `bytes 5-9/${size}`],
    ['bytes=-7', 206, core.bytes.subarray(size - 7), `bytes ${size - 7}-${size - 1}/${size}`],
    [`bytes=${size - 3}-`, 206, core.bytes.subarray(size - 3), `bytes ${size - 3}-${size - 1}/${size}`],
    ['bytes=0-', 206, core.bytes, `bytes 0-${size - 1}/${size}`],
    ['lines=1-2', 200, core.bytes, undefined],
  ])('comes in part for Range: %s', async (range, status, bytes, contentRange) => {
    const reply = await get(corePath, { Range: range })
    expect([reply.status, sha256(reply.body), reply.headers['content-range'], reply.headers.etag]).toEqual([
      status,
      sha256(bytes),
      contentRange,
      etag,
    ])
  })

  it('is sent by nginx, which firn has told where it is', async () => {
    const several = await get(corePath, { Range: 'bytes=0-1,5-6' })
    expect([several.status, several.headers['content-type']]).toEqual([
      206,
      expect.stringMatching(/^multipart\/byteranges/) as string,
    ])
    expect((await ask(place.url, corePath, { headers: { Range: 'bytes=0-1,5-6' } })).status).toBe(200)
  })

  it('is not there beyond its end', async () => {
    const { status, headers } = await get(corePath, { Range: `bytes=${size}-` })
    expect([status, headers['content-range']]).toEqual([416, `bytes */${size}`])
  })

  it.each([
    [etag, 206, 5],
    ['"other"', 200, size],
  ])('comes in part only if it is still the one: If-Range: %s', async (ifRange, status, length) => {
    const reply = await get(corePath, { Range: 'bytes=5-9', 'If-Range': ifRange })
    expect([reply.status, reply.body.length]).toEqual([status, length])
  })

  it('is not sent to who has it, nor for HEAD', async () => {
    const kept = await get(corePath, { 'If-None-Match': etag })
    expect([kept.status, kept.body.length, kept.headers.etag]).toEqual([304, 0, etag])
    const headed = await get(corePath, {}, 'HEAD')
    expect([headed.status, headed.headers['content-length'], headed.headers.etag]).toEqual([200, String(size), etag])
  })

  it('is nowhere but where firn sends who may have it', async () => {
    const inner = `${documentedOptions.accelRedirect}karl/${core.filename}`
    const forged = { 'X-Accel-Redirect': inner }
    const replies = [
      await get(inner),
      await get(inner, bearer(admin)),
      await get(`/pool/..${inner}`),
      await get('/pool/none/none', forged),
    ]
    expect(replies.map(({ status }) => status)).toEqual([404, 404, 404, 404])
  })
})

it('a private product is seen through it by who may, and by nobody after him', async () => {
  const paths = [
    '/index/acme/1/',
    '/index/acme/1/acme-theme/',
    '/index/acme/1/manifest.json',
    '/index/acme/1/requirements.txt',
    `/pool/acme-theme/${theme.filename}`,
    `/pool/acme-theme/${theme.filename}.metadata`,
  ]
  for (const path of paths) {
    const seen = await get(path, bearer(reader))
    expect([path, seen.status, seen.headers['cache-control']]).toEqual([path, 200, expect.stringMatching(/^private/)])
    const ranged = await get(path, { ...bearer(reader), Range: 'bytes=0-9' })
    expect([path, ranged.headers['cache-control']]).toEqual([path, expect.stringMatching(/^private/)])
    expect([path, (await get(path)).status, (await get(path, { Range: 'bytes=0-9' })).status]).toEqual([path, 404, 404])
    expect([path, (await get(path, bearer(reader))).status]).toEqual([path, 200])
  }
  expect(front.cached()).toContain('/index/karl/3.30/')
  expect(front.cached()).not.toContain('/index/acme/')
  expect(front.cached()).not.toContain('acme-theme')
})

it('twine uploads 110 MB through it, which nginx keeps none of', async () => {
  const twine = (await toolEnvironment('twine', ['twine==7.0.0'])).bin('twine')
  const big = makeSdist({
    name: 'big',
    version: '1.0',
    format: 'zip',
    files: { 'noise.bin': randomBytes(110_000_000) },
  })
  const dist = join(await writeFiles(await place.directory('dist'), [big]), big.filename)
  const options = ['--disable-progress-bar', '--non-interactive', '--username', '__token__', '--password', admin]
  await place.client(twine, ['upload', ...options, '--repository-url', `${front.below}/legacy/`, dist])
  expect(sha256((await get(`/pool/big/${big.filename}`)).body)).toBe(sha256(big.bytes))
})

it('wrong tokens are counted for the client behind it, whomever he says that he is', async () => {
  const wrong = bearer(`firn_0123456789ab_${'A'.repeat(43)}`)
  const guess = async (from: string, forged: string) =>
    (await ask(front.url, '/simple/', { from, headers: { ...wrong, 'X-Forwarded-For': forged, Forwarded: 'for=x' } }))
      .status
  const statuses: number[] = []
  for (let time = 0; time < 12; time++) statuses.push(await guess('127.0.0.2', `192.0.2.${time}`))
  expect(statuses).toEqual([...Array.from({ length: 11 }, () => 401), 429])
  expect(await guess('127.0.0.3', '127.0.0.2')).toBe(401)
})

it.each([{}, { 'X-Forwarded-For': '127.0.0.1', 'X-Forwarded-Host': 'localhost' }, { Host: 'localhost' }])(
  'nobody writes through it without a token, with %j',
  async (headers) => {
    const reply = await ask(front.url, '/api/v1/releases/karl/4', { method: 'PUT', headers, body: '{}' })
    expect(reply.status).toBe(401)
  },
)

it('nothing was put down on its disk, went wrong, or asked elsewhere', async () => {
  expect([front.complaints(), place.strayed, place.server.internalErrors]).toEqual(['', [], []])
})
