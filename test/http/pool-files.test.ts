import { randomBytes } from 'node:crypto'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { sha256, uploadAll, zopeFiles } from '../support/catalogue.ts'
import { makeSdist, makeWheel } from '../support/archives.ts'
import { cleanStop } from '../support/clean-stop.ts'
import { ask, json, upload, type Reply } from '../support/requests.ts'
import { startServer, type TestServer } from '../support/server.ts'

const immutable = 'public, max-age=31536000, immutable'
/** Below and above the size up to which files are kept in memory. */
const small = makeWheel({ name: 'small', version: '1.0+local' })
const large = makeSdist({ name: 'large', version: '1.0', files: { 'noise.bin': randomBytes(300_000) } })

let server: TestServer
beforeAll(async () => {
  server = await startServer()
  await uploadAll(server.url, [...zopeFiles, small, large])
})
afterAll(() => cleanStop(server, ['file-missing']))

function get(path: string, headers: Readonly<Record<string, string>> = {}, method = 'GET'): Promise<Reply> {
  return ask(server.url, path, { headers, method })
}

describe.each([
  ['a small file', small, '/pool/small/small-1.0%2Blocal-py3-none-any.whl'],
  ['a large file', large, '/pool/large/large-1.0.tar.gz'],
])('%s', (_, { bytes }, path) => {
  const etag = `"${sha256(bytes)}"`
  const size = bytes.length

  it.each([1, 2])('is served as it was uploaded, for ever, time %i', async () => {
    const { status, body, headers } = await get(path, { 'accept-encoding': 'gzip' })
    const { date: __, 'x-request-id': _id, connection: ___, ...rest } = headers
    expect([status, sha256(body)]).toEqual([200, sha256(bytes)])
    expect(rest).toEqual({
      'content-type': 'application/octet-stream',
      'content-length': String(size),
      'cache-control': immutable,
      'accept-ranges': 'bytes',
      'x-content-type-options': 'nosniff',
      etag,
    })
  })

  it('answers HEAD as GET, without the body', async () => {
    const [got, headed] = [await get(path), await get(path, {}, 'HEAD')]
    const { date: __, 'x-request-id': _id, ...expected } = got.headers
    expect([headed.status, headed.body.length]).toEqual([200, 0])
    expect(headed.headers).toMatchObject(expected)
  })

  it.each([etag, `W/${etag}`, `"other", ${etag}`, '*'])('is not sent again for If-None-Match: %s', async (line) => {
    const { status, body, headers } = await get(path, { 'if-none-match': line, range: 'bytes=0-9' })
    expect([status, body.length, headers.etag, headers['cache-control']]).toEqual([304, 0, etag, immutable])
    expect((await get(path, { 'if-none-match': line })).status).toBe(304)
  })

  it.each([
    ['bytes=0-0', 0, 0],
    ['bytes=10-19', 10, 19],
    ['bytes=100-', 100, size - 1],
    ['bytes=-10', size - 10, size - 1],
    ['bytes=10-99999999', 10, size - 1],
    ['bytes=-99999999', 0, size - 1],
  ])('is sent in part for Range: %s', async (range, start, end) => {
    const { status, headers, body } = await get(path, { range })
    expect([status, headers['content-range'], headers['content-length'], headers.etag]).toEqual([
      206,
      `bytes ${start}-${end}/${size}`,
      String(end - start + 1),
      etag,
    ])
    expect(sha256(body)).toBe(sha256(bytes.subarray(start, end + 1)))
  })

  it.each(['bytes=0-1,5-6', 'lines=1-2', 'bytes=', 'bytes=a-b', 'nonsense'])(
    'is sent whole for Range: %s',
    async (range) => {
      const { status, headers, body } = await get(path, { range })
      expect([status, headers['content-range'], sha256(body)]).toEqual([200, undefined, sha256(bytes)])
    },
  )

  it.each([`bytes=${size}-`, 'bytes=99999999-', 'bytes=-0'])('has no Range: %s', async (range) => {
    const reply = await get(path, { range })
    expect([reply.status, reply.headers['content-range'], json(reply)]).toEqual([
      416,
      `bytes */${size}`,
      {
        size,
        type: '/problems/range-not-satisfiable',
        title: 'Range lies outside the file',
        status: 416,
        code: 'range-not-satisfiable',
      },
    ])
  })

  it('is sent whole where If-Range names another content', async () => {
    const range = 'bytes=1-3'
    expect((await get(path, { range, 'if-range': etag })).status).toBe(206)
    for (const line of ['"other"', `W/${etag}`, 'Wed, 21 Oct 2015 07:28:00 GMT']) {
      expect(sha256((await get(path, { range, 'if-range': line })).body)).toBe(sha256(bytes))
    }
  })

  it('has no ranges for HEAD, as RFC 9110 defines them for GET alone', async () => {
    for (const range of ['bytes=1-3', 'bytes=99999999-']) {
      const { status, headers } = await get(path, { range }, 'HEAD')
      expect([status, headers['content-length'], headers['content-range']]).toEqual([200, String(size), undefined])
    }
  })
})

describe('the metadata beside a wheel', () => {
  it('is that of the archive, byte for byte, under the hash that the page announces', async () => {
    for (const { filename, metadata } of zopeFiles) {
      if (metadata === undefined) continue
      const { status, headers, body } = await get(`/pool/zope-interface/${filename}.metadata`)
      const { date: _, 'x-request-id': _id, connection: __, ...rest } = headers
      expect([status, body]).toEqual([200, metadata])
      expect(rest).toEqual({
        'content-type': 'text/plain; charset=utf-8',
        'content-length': String(metadata.length),
        'cache-control': immutable,
        vary: 'Accept-Encoding',
        'x-content-type-options': 'nosniff',
        etag: `"${sha256(metadata)}"`,
      })
      const page = await get('/simple/zope-interface/')
      expect(page.text).toContain(`data-core-metadata="sha256=${sha256(body)}"`)
    }
  })

  it('keeps bytes that are not UTF-8', async () => {
    const metadata = Buffer.from('Metadata-Version: 1.0\nName: latin\nVersion: 1.0\nAuthor: Jos\xe9\n', 'latin1')
    await upload(server.url, makeWheel({ name: 'latin', version: '1.0', metadata }))
    expect((await get('/pool/latin/latin-1.0-py3-none-any.whl.metadata')).body).toEqual(metadata)
  })
})

describe('what is not in the pool', () => {
  it.each([
    '/pool/',
    '/pool/small/',
    '/pool/small/other-1.0.tar.gz',
    '/pool/large/small-1.0%2Blocal-py3-none-any.whl',
    '/pool/Small/small-1.0%2Blocal-py3-none-any.whl',
    '/pool/large/large-1.0.tar.gz/',
    '/pool/large/large-1.0.tar.gz/more',
    '/pool/large/large-1.0.tar.gz.metadata.metadata',
    '/pool/large/LARGE-1.0.tar.gz',
    '/pool/../firn.db',
    '/pool/../../firn.db',
    '/pool/large/..%2f..%2ffirn.db',
    '/pool/large/%00',
  ])('is not at %s', async (path) => {
    const reply = await get(path)
    expect([reply.status, reply.headers['content-type'], reply.headers['cache-control']]).toEqual([
      404,
      'application/problem+json',
      'no-store',
    ])
    expect(json(reply)).toMatchObject({ code: 'distribution-unknown', status: 404 })
  })

  it('is not at a path that is encoded badly', async () => {
    const reply = await get('/pool/large/%zz')
    expect([reply.status, json(reply)]).toEqual([404, expect.objectContaining({ code: 'path-unknown' })])
  })

  it('is said to be missing, by name, when it is gone from the disk', async () => {
    const gone = makeSdist({ name: 'gone', version: '1.0' })
    await upload(server.url, gone)
    await rm(join(server.data, 'pool', 'gone', gone.filename))
    const reply = await get(`/pool/gone/${gone.filename}`)
    expect([reply.status, json(reply)]).toEqual([
      500,
      {
        id: reply.headers['x-request-id'],
        project: 'gone',
        filename: gone.filename,
        type: '/problems/file-missing',
        title: 'A file of the pool is missing from storage',
        status: 500,
        code: 'file-missing',
      },
    ])
  })
})
