/** The live index shows what an upstream has besides; what is asked for comes into the pool. */
import { randomBytes } from 'node:crypto'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { parseProjectName } from '../../pool/project-name.ts'
import { makeSdist, makeWheel, type Built } from '../support/archives.ts'
import { sha256, uploadAll } from '../support/catalogue.ts'
import { cleanStop } from '../support/clean-stop.ts'
import { ask, freeze, json, type Reply } from '../support/requests.ts'
import { startServer, type TestServer, type TestServerOptions } from '../support/server.ts'
import { startUpstream, uploadTime, type Upstream, type UpstreamOptions } from '../support/upstream.ts'

const old = makeWheel({ name: 'lxml', version: '4.8' })
const newerMetadata = 'Metadata-Version: 2.1\nName: lxml\nVersion: 4.9\n\n'
const newer = makeWheel({ name: 'lxml', version: '4.9', metadata: newerMetadata })
/** More than fits into one piece of a download. */
const large = makeSdist({ name: 'lxml', version: '5.0', files: { noise: noise(3_000_000) } })
const metadata = { text: newerMetadata }

function noise(bytes: number): string {
  let [text, seed] = ['', 1]
  while (text.length < bytes) {
    seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648
    text += seed.toString(36)
  }
  return text
}

let server: TestServer
let upstream: Upstream
const stops: (() => Promise<void>)[] = []
afterEach(async () => {
  await cleanStop(server)
  for (const stop of stops.splice(0)) await stop()
})

const listed = (file: Built, more: object = {}) => ({ project: 'lxml', ...file, ...more })

async function start(upstreamOptions: UpstreamOptions, options: TestServerOptions = {}): Promise<void> {
  upstream = await startUpstream(upstreamOptions)
  stops.push(() => upstream.stop())
  server = await startServer({ upstream: upstream.url, pullThrough: true, ...options })
}

const v1json = 'application/vnd.pypi.simple.v1+json'

interface Listed {
  readonly filename: string
  readonly hashes: object
  readonly yanked?: unknown
}

async function page(project = 'lxml'): Promise<readonly Listed[]> {
  const reply = await ask(server.url, `/simple/${project}/`, { headers: { accept: v1json } })
  expect(reply.status).toBe(200)
  return (json(reply) as { files: readonly Listed[] }).files
}

const names = async () => (await page()).map(({ filename }) => filename)
const file = ({ filename }: Built, options: Parameters<typeof ask>[2] = {}): Promise<Reply> =>
  ask(server.url, `/pool/lxml/${filename}`, options)
const codeOf = (reply: Reply) => (json(reply) as { code: string }).code
const inPool = async ({ filename }: Built) => (await server.store.records.distribution(filename)) !== undefined
const asked = (path: string) => upstream.requests.filter((each) => each === `GET ${path}`).length
const staged = () => readdir(join(server.data, 'staging'))

describe('a project that the pool lacks', () => {
  it('is shown as the upstream has it', async () => {
    await start({ files: [listed(newer, { yanked: 'broken', metadata }), listed(large)] })
    expect(await page()).toEqual([
      {
        filename: newer.filename,
        url: `../../pool/lxml/${newer.filename}`,
        hashes: { sha256: sha256(newer.bytes) },
        'core-metadata': { sha256: sha256(Buffer.from(metadata.text)) },
        yanked: 'broken',
        size: newer.bytes.length,
        'upload-time': uploadTime,
      },
      expect.objectContaining({ filename: large.filename }),
    ])
    const html = await ask(server.url, '/simple/lxml/')
    expect(html.text).toContain(`<a href="../../pool/lxml/${newer.filename}#sha256=${sha256(newer.bytes)}"`)
    expect((await ask(server.url, '/simple/nothere/')).status).toBe(404)
    // One page a project, however often it is looked at.
    expect(asked('/simple/lxml/')).toBe(1)
  })

  it('comes into the pool file by file, as it is asked for, with where it came from', async () => {
    await start({ files: [listed(newer, { metadata }), listed(large)] })
    const before = await page()
    for (const wheel of [newer, large]) {
      const reply = await file(wheel)
      expect([reply.status, sha256(reply.body)]).toEqual([200, sha256(wheel.bytes)])
      expect(reply.headers).toMatchObject({
        etag: `"${sha256(wheel.bytes)}"`,
        'content-length': String(wheel.bytes.length),
        'cache-control': 'public, max-age=31536000, immutable',
      })
      expect(await server.store.records.distribution(wheel.filename)).toMatchObject({
        sha256: sha256(wheel.bytes),
        product: null,
        origin: { index: upstream.url, url: expect.stringContaining(wheel.filename) as unknown, uploadTime },
      })
    }
    const events = await server.store.records.events()
    expect(events.slice(-2).map(({ verb, subject, actor }) => [verb, subject, actor])).toEqual([
      ['pull', newer.filename, 'anonymous'],
      ['pull', large.filename, 'anonymous'],
    ])
    expect((await file(newer)).body).toEqual(newer.bytes)
    expect(asked(`/files/${newer.filename}`)).toBe(1)
    expect((await ask(server.url, '/simple/')).text).toContain('lxml')
    // As old as it was: what a date admits does not change by an installation.
    expect(await page()).toEqual(before)
  })

  it('is looked into without being taken in: HEAD, metadata', async () => {
    await start({
      files: [listed(newer, { metadata }), listed(old, { metadata: { ...metadata, sha256: 'f'.repeat(64) } })],
    })
    const head = await file(newer, { method: 'HEAD' })
    expect([head.status, head.headers['content-length'], head.body.length]).toEqual([
      200,
      String(newer.bytes.length),
      0,
    ])
    const beside = await ask(server.url, `/pool/lxml/${newer.filename}.metadata`)
    expect([beside.status, beside.text, beside.headers['cache-control']]).toEqual([200, metadata.text, 'no-cache'])
    const wrong = await ask(server.url, `/pool/lxml/${old.filename}.metadata`)
    expect([wrong.status, codeOf(wrong)]).toEqual([422, 'digest-mismatch'])
    expect(await inPool(newer)).toBe(false)
  })

  it('is given in parts when it is in the pool', async () => {
    await start({ files: [listed(large)] })
    const reply = await file(large, { headers: { range: 'bytes=10-19' } })
    expect([reply.status, reply.body]).toEqual([206, large.bytes.subarray(10, 20)])
    expect(await inPool(large)).toBe(true)
  })

  it('is asked for once, however many want it at the same time', async () => {
    await start({ files: [listed(large)] })
    const replies = await Promise.all(Array.from({ length: 8 }, () => file(large)))
    expect(replies.map(({ status, body }) => [status, sha256(body)])).toEqual(
      replies.map(() => [200, sha256(large.bytes)]),
    )
    expect(asked(`/files/${large.filename}`)).toBe(1)
    expect(await staged()).toEqual([])
  })

  it('does not wait for one who reads slowly, who gets it all the same', async () => {
    const huge = makeSdist({ name: 'lxml', version: '7.0', files: { noise: randomBytes(24_000_000) } })
    await start({ files: [listed(huge)] })
    const slow = await fetch(`${server.url}/pool/lxml/${huge.filename}`)
    const reply = await file(huge)
    expect([reply.status, sha256(reply.body)]).toEqual([200, sha256(huge.bytes)])
    expect(sha256(Buffer.from(await slow.arrayBuffer()))).toBe(sha256(huge.bytes))
    expect(asked(`/files/${huge.filename}`)).toBe(1)
  })

  it('keeps no server from stopping, if it does not come', async () => {
    await start({ files: [listed(large)], beforeFile: () => new Promise(() => {}) })
    const gone = new AbortController()
    const asking = fetch(`${server.url}/pool/lxml/${large.filename}`, { signal: gone.signal })
    await vi.waitFor(() => expect(asked(`/files/${large.filename}`)).toBe(1), { timeout: 60_000 })
    gone.abort()
    await expect(asking).rejects.toThrow('aborted')
    await cleanStop(server)
    await start({ files: [] })
  })

  it('is taken in also where the one who asked has gone away', async () => {
    await start({ files: [listed(large)] })
    const gone = new AbortController()
    const response = await fetch(`${server.url}/pool/lxml/${large.filename}`, { signal: gone.signal })
    await response.body?.getReader().read()
    gone.abort()
    await vi.waitFor(async () => expect(await inPool(large)).toBe(true), { timeout: 60_000 })
  })
})

describe('what is not shown, and not given', () => {
  it('other bytes than the upstream states', async () => {
    await start({ files: [listed(newer, { hash: 'wrong' })] })
    const reply = await file(newer)
    expect([reply.status, codeOf(reply)]).toEqual([422, 'digest-mismatch'])
    expect([await inPool(newer), await staged()]).toEqual([false, []])
  })

  it('the whole of a large file that turns out wrong, or breaks off', async () => {
    for (const more of [{ hash: 'wrong' }, { download: 'cut' }]) {
      await start({ files: [listed(large, more)] })
      await expect(file(large)).rejects.toThrow(/aborted|hang up|reset/)
      await vi.waitFor(async () => expect(await staged()).toEqual([]), { timeout: 60_000 })
      expect(await inPool(large)).toBe(false)
      if ('hash' in more) await cleanStop(server)
    }
  })

  it('a large file of which another size is stated', async () => {
    await start({ files: [listed(large, { size: large.bytes.length + 1 })] })
    for (const _ of [1, 2]) await expect(file(large)).rejects.toThrow(/aborted|hang up|reset/)
    expect(await inPool(large)).toBe(false)
  })

  it('what is no archive of what it says it is', async () => {
    const liar = { ...makeWheel({ name: 'evil', version: '1' }), filename: 'lxml-6.0-py3-none-any.whl' }
    await start({ files: [listed(liar)] })
    expect((await file(liar)).status).toBe(400)
    expect(await inPool(liar)).toBe(false)
  })

  it('files without a sha256, of no distribution, or of another project', async () => {
    await start({
      files: [
        listed(old, { hash: 'md5' }),
        listed(newer),
        listed({ filename: 'lxml-5.0.exe', bytes: Buffer.from('x') }),
        listed(makeWheel({ name: 'other', version: '1' })),
      ],
    })
    expect(await names()).toEqual([newer.filename])
    expect(codeOf(await file(old))).toBe('distribution-unknown')
  })

  it('anything of a project of the team’s own', async () => {
    await start({ files: [listed(newer)] })
    await uploadAll(server.url, [old])
    expect(await names()).toEqual([old.filename])
    expect(codeOf(await file(newer))).toBe('distribution-unknown')
    expect(upstream.requests).toEqual([])
  })

  it('other files of a version that was yanked here', async () => {
    const sdist = makeSdist({ name: 'lxml', version: '4.9' })
    await start({ files: [listed(old, { yanked: 'upstream says so' }), listed(newer), listed(sdist)] })
    await file(old)
    await file(newer)
    await server.store.records.setYanks([{ filename: newer.filename, reason: 'broken' }], ({ filename }) => ({
      at: uploadTime,
      actor: 'test',
      verb: 'yank',
      subject: filename,
      facts: {},
    }))
    expect((await page()).map(({ filename, yanked }) => [filename, yanked])).toEqual([
      [old.filename, 'upstream says so'],
      [newer.filename, 'broken'],
    ])
    expect(codeOf(await file(sdist))).toBe('distribution-unknown')
  })

  it('what is quarantined, archived or removed', async () => {
    await start({ files: [listed(old), listed(newer)] })
    const { records } = server.store
    const event = { at: uploadTime, actor: 'test', facts: {} }
    await file(old)
    const removal = { filename: old.filename, reason: 'court order', at: uploadTime }
    await records.removeDistribution(removal, { ...event, verb: 'remove', subject: old.filename })
    expect(await names()).toEqual([newer.filename])
    expect(codeOf(await file(old))).toBe('distribution-removed')
    const project = parseProjectName('lxml')
    const archived = { project, status: 'archived' as const, reason: null, at: uploadTime }
    await records.setProjectStatus(archived, { ...event, verb: 'status', subject: 'lxml' })
    expect(codeOf(await file(newer))).toBe('distribution-unknown')
  })

  it('what the upstream has had for too short a time', async () => {
    const day = 86_400_000
    const yesterday = new Date(Date.now() - day).toISOString()
    await start(
      { files: [listed(old), listed(newer, { uploadTime: yesterday }), listed(large, { uploadTime: null })] },
      { minAge: 7 * day },
    )
    expect(await names()).toEqual([old.filename])
    expect(codeOf(await file(newer))).toBe('distribution-unknown')
  })

  it('anything, to whoever may read nothing', async () => {
    await start({ files: [listed(newer)] }, { access: { reads: 'token' } })
    expect((await file(newer)).status).toBe(401)
    expect((await ask(server.url, '/simple/lxml/')).status).toBe(401)
    expect(upstream.requests).toEqual([])
  })

  it('anything, unless it is configured', async () => {
    await start({ files: [listed(newer)] }, { pullThrough: false })
    expect((await ask(server.url, '/simple/lxml/')).status).toBe(404)
    expect(codeOf(await file(newer))).toBe('distribution-unknown')
    expect(upstream.requests).toEqual([])
  })
})

describe('an upstream that is down', () => {
  it('keeps nobody from what the pool has', async () => {
    await start({ files: [listed(old)] })
    await file(old)
    await upstream.stop()
    stops.splice(0)
    expect(await names()).toEqual([old.filename])
    expect((await file(old)).status).toBe(200)
  })

  it('is said of a project that the pool has not, instead of that there is none', async () => {
    await start({ files: [], pages: { lxml: 503 } })
    const reply = await ask(server.url, '/simple/lxml/')
    expect([reply.status, codeOf(reply)]).toEqual([502, 'upstream-unavailable'])
  })

  it('is never asked for a frozen index', async () => {
    await start({ files: [listed(old)] })
    await file(old)
    expect((await freeze(server.url, 'karl/1', 'lxml==4.8\n')).status).toBe(201)
    const before = upstream.requests.length
    expect((await ask(server.url, '/index/karl/1/lxml/')).text).not.toContain(newer.filename)
    expect((await ask(server.url, '/index/karl/1/nothere/')).status).toBe(404)
    expect((await ask(server.url, '/at/2099-01-01T00:00:00Z/simple/nothere/')).status).toBe(404)
    expect(upstream.requests.length).toBe(before)
  })
})
