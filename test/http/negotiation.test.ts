import { gunzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { sha256, uploadAll, zopeFiles } from '../support/catalogue.ts'
import { cleanStop } from '../support/clean-stop.ts'
import { ask, freeze, json, type Reply } from '../support/requests.ts'
import { startServer, type TestServer } from '../support/server.ts'

const html = 'text/html; charset=utf-8'
const v1html = 'application/vnd.pypi.simple.v1+html; charset=utf-8'
const v1json = 'application/vnd.pypi.simple.v1+json'
const offered = [
  'text/html',
  'application/vnd.pypi.simple.v1+json',
  'application/vnd.pypi.simple.latest+json',
  'application/vnd.pypi.simple.v1+html',
  'application/vnd.pypi.simple.latest+html',
]
const pip = 'application/vnd.pypi.simple.v1+json, application/vnd.pypi.simple.v1+html; q=0.1, text/html; q=0.01'
const uv = 'application/vnd.pypi.simple.v1+json, application/vnd.pypi.simple.v1+html;q=0.2, text/html;q=0.01'

let server: TestServer
beforeAll(async () => {
  server = await startServer()
  await uploadAll(server.url, zopeFiles)
  await freeze(server.url, 'karl/3.30', 'zope.interface==5.10')
})
afterAll(() => cleanStop(server))

function get(path: string, headers: Readonly<Record<string, string>> = {}, method = 'GET'): Promise<Reply> {
  return ask(server.url, path, { headers, method })
}

const page = '/index/karl/3.30/zope-interface/'

/** The live index and a frozen one decide alike. */
const pages = ['/simple/', '/simple/zope-interface/', '/index/karl/3.30/', page]

describe.each(pages)('the form of %s', (path) => {
  it.each([
    ['', html],
    ['*/*', html],
    ['text/html', html],
    ['text/*', html],
    ['text/html, application/xhtml+xml, application/xml;q=0.9, */*;q=0.8', html],
    ['text/html;charset=utf-8', html],
    ['text/html;level=1;q=0.5, application/vnd.pypi.simple.v1+json;q=0.4', html],
    [v1json, v1json],
    ['application/vnd.pypi.simple.latest+json', v1json],
    ['application/vnd.pypi.simple.v1+html', v1html],
    ['application/vnd.pypi.simple.latest+html', v1html],
    ['application/*', v1json],
    ['application/json;q=0.1, text/html;q=0.2', html],
    ['text/html;q=0.1, application/vnd.pypi.simple.v1+json;q=0.2', v1json],
    ['text/html;q=0, */*', v1json],
    ['APPLICATION/VND.PYPI.SIMPLE.V1+JSON', v1json],
    [pip, v1json],
    [uv, v1json],
  ])('is by Accept: %s', async (accept, type) => {
    const { status, headers } = await get(path, { accept })
    expect([status, headers['content-type'], headers.vary]).toEqual([200, type, 'Accept, Accept-Encoding'])
  })

  it('is HTML without Accept', async () => {
    expect((await get(path)).headers['content-type']).toBe(html)
  })

  it.each(['image/png', 'application/json', 'application/vnd.pypi.simple.v2+json', 'text/html;q=0', ',', 'nonsense'])(
    'is none for Accept: %s',
    async (accept) => {
      const reply = await get(path, { accept })
      expect([reply.status, reply.headers['content-type']]).toEqual([406, 'application/problem+json'])
      expect(json(reply)).toEqual({
        accept,
        offered,
        type: '/problems/not-acceptable',
        title: 'None of the accepted types is served',
        status: 406,
        code: 'not-acceptable',
        hint: `served are ${offered.join(', ')}`,
      })
    },
  )

  it.each([
    ['application/vnd.pypi.simple.v1+json', v1json],
    ['application/vnd.pypi.simple.v1%2Bjson', v1json],
    ['application/vnd.pypi.simple.latest+html', v1html],
    ['text/html', html],
  ])('is by ?format=%s before Accept', async (format, type) => {
    const { status, headers } = await get(`${path}?format=${format}`, { accept: 'image/png' })
    expect([status, headers['content-type']]).toEqual([200, type])
  })

  it('is none for an unknown ?format=', async () => {
    expect((await get(`${path}?format=image/png`, { accept: 'text/html' })).status).toBe(406)
  })

  it('may be compressed, which is another representation', async () => {
    const plain = await get(path)
    const packed = await get(path, { 'accept-encoding': 'br, gzip' })
    const digest = sha256(plain.body)
    expect([plain.headers['content-encoding'], plain.headers.etag]).toEqual([undefined, `"${digest}"`])
    const worth = plain.body.length >= 500
    expect([packed.headers['content-encoding'], packed.headers.etag]).toEqual(
      worth ? ['gzip', `"${digest}-gzip"`] : [undefined, `"${digest}"`],
    )
    expect(packed.headers['content-length']).toBe(String(packed.body.length))
    expect(worth ? gunzipSync(packed.body) : packed.body).toEqual(plain.body)
  })
})

describe('compression', () => {
  it.each([
    ['gzip', true],
    ['gzip;q=0.5', true],
    ['gzip, deflate', true],
    ['x-gzip', true],
    ['gzip;q=0', false],
    ['gzip; q=0.000', false],
    ['identity', false],
    ['br', false],
    ['*;q=0', false],
  ])('is used for Accept-Encoding: %s — %s', async (accepted, used) => {
    const { headers } = await get(page, { 'accept-encoding': accepted })
    expect(headers['content-encoding']).toBe(used ? 'gzip' : undefined)
  })
})

describe('a conditional request', () => {
  const path = page
  const etagOf = async (encoding = 'identity') =>
    (await get(path, { 'accept-encoding': encoding })).headers.etag ?? 'none'

  it.each([
    ['the ETag', (etag: string) => etag],
    ['a list', (etag: string) => `"other", ${etag}, "more"`],
    ['a weak one', (etag: string) => `W/${etag}`],
    ['a list of weak ones', (etag: string) => `W/"other",W/${etag}`],
    ['any', () => '*'],
  ])('with %s is answered 304, with the headers that may have changed', async (_, lineOf) => {
    const etag = await etagOf()
    const { status, headers, body } = await get(path, { 'if-none-match': lineOf(etag) })
    const { date: __, 'x-request-id': _id, connection: ___, ...rest } = headers
    expect([status, body.length]).toEqual([304, 0])
    expect(rest).toEqual({
      etag,
      'cache-control': 'public, max-age=31536000, immutable',
      vary: 'Accept, Accept-Encoding',
    })
  })

  it.each(['"other"', 'W/"other"', '"', '', 'no-quotes'])('with %s is answered whole', async (line) => {
    expect((await get(path, { 'if-none-match': line })).status).toBe(200)
  })

  it('takes each representation for itself', async () => {
    const [plain, packed] = [await etagOf(), await etagOf('gzip')]
    const ofJson = (await get(path, { accept: v1json })).headers.etag
    expect(new Set([plain, packed, ofJson]).size).toBe(3)
    const gzip = { 'accept-encoding': 'gzip' }
    expect((await get(path, { ...gzip, 'if-none-match': packed })).status).toBe(304)
    expect((await get(path, { ...gzip, 'if-none-match': plain })).status).toBe(200)
    expect((await get(path, { 'if-none-match': packed })).status).toBe(200)
  })
})

it('answers HEAD on a frozen page as GET, without the body', async () => {
  for (const headers of [{}, { 'accept-encoding': 'gzip' }, { accept: v1json }]) {
    const [got, headed] = [await get(page, headers), await get(page, headers, 'HEAD')]
    const { date: _, 'x-request-id': _id, ...expected } = got.headers
    expect([headed.status, headed.body.length]).toEqual([200, 0])
    expect(headed.headers).toMatchObject(expected)
  }
  const refused = await get('/index/karl/9/', {}, 'HEAD')
  expect([refused.status, refused.body.length]).toEqual([404, 0])
})
