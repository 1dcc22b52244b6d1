/** The live index shows what an upstream has besides; what is asked for comes into the pool. */
import { randomBytes } from 'node:crypto'
import { describe, expect, it, vi } from 'vitest'
import { makeSdist } from '../support/archives.ts'
import { sha256 } from '../support/catalogue.ts'
import { cleanStop } from '../support/clean-stop.ts'
import { ask, freeze } from '../support/requests.ts'
import { uploadTime } from '../support/upstream.ts'
import { codeOf, large, listed, metadata, newer, old, pullingIndex } from '../support/pulling-index.ts'

const live = pullingIndex()
const { start, page, names, file, inPool, asked, staged } = live

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
    const html = await ask(live.server.url, '/simple/lxml/')
    expect(html.text).toContain(`<a href="../../pool/lxml/${newer.filename}#sha256=${sha256(newer.bytes)}"`)
    expect((await ask(live.server.url, '/simple/nothere/')).status).toBe(404)
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
      expect(await live.server.store.records.distribution(wheel.filename)).toMatchObject({
        sha256: sha256(wheel.bytes),
        product: null,
        origin: { index: live.upstream.url, url: expect.stringContaining(wheel.filename) as unknown, uploadTime },
      })
    }
    const events = await live.server.store.records.events()
    expect(events.slice(-2).map(({ verb, subject, actor }) => [verb, subject, actor])).toEqual([
      ['pull', newer.filename, 'anonymous'],
      ['pull', large.filename, 'anonymous'],
    ])
    expect((await file(newer)).body).toEqual(newer.bytes)
    expect(asked(`/files/${newer.filename}`)).toBe(1)
    expect((await ask(live.server.url, '/simple/')).text).toContain('lxml')
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
    const beside = await ask(live.server.url, `/pool/lxml/${newer.filename}.metadata`)
    expect([beside.status, beside.text, beside.headers['cache-control']]).toEqual([200, metadata.text, 'no-cache'])
    const wrong = await ask(live.server.url, `/pool/lxml/${old.filename}.metadata`)
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
    const slow = await fetch(`${live.server.url}/pool/lxml/${huge.filename}`)
    const reply = await file(huge)
    expect([reply.status, sha256(reply.body)]).toEqual([200, sha256(huge.bytes)])
    expect(sha256(Buffer.from(await slow.arrayBuffer()))).toBe(sha256(huge.bytes))
    expect(asked(`/files/${huge.filename}`)).toBe(1)
  })

  it('keeps no server from stopping, if it does not come', async () => {
    await start({ files: [listed(large)], beforeFile: () => new Promise(() => {}) })
    const gone = new AbortController()
    const asking = fetch(`${live.server.url}/pool/lxml/${large.filename}`, { signal: gone.signal })
    await vi.waitFor(() => expect(asked(`/files/${large.filename}`)).toBe(1), { timeout: 60_000 })
    gone.abort()
    await expect(asking).rejects.toThrow('aborted')
    await cleanStop(live.server)
    await start({ files: [] })
  })

  it('is taken in also where the one who asked has gone away', async () => {
    await start({ files: [listed(large)] })
    const gone = new AbortController()
    const response = await fetch(`${live.server.url}/pool/lxml/${large.filename}`, { signal: gone.signal })
    await response.body?.getReader().read()
    gone.abort()
    await vi.waitFor(async () => expect(await inPool(large)).toBe(true), { timeout: 60_000 })
  })
})

describe('an upstream that is down', () => {
  it('keeps nobody from what the pool has', async () => {
    await start({ files: [listed(old)] })
    await file(old)
    await live.stopUpstream()
    expect(await names()).toEqual([old.filename])
    expect((await file(old)).status).toBe(200)
  })

  it('is said of a project that the pool has not, instead of that there is none', async () => {
    await start({ files: [], pages: { lxml: 503 } })
    const reply = await ask(live.server.url, '/simple/lxml/')
    expect([reply.status, codeOf(reply)]).toEqual([502, 'upstream-unavailable'])
  })

  it('is never asked for a frozen index', async () => {
    await start({ files: [listed(old)] })
    await file(old)
    expect((await freeze(live.server.url, 'karl/1', 'lxml==4.8\n')).status).toBe(201)
    const before = live.upstream.requests.length
    expect((await ask(live.server.url, '/index/karl/1/lxml/')).text).not.toContain(newer.filename)
    expect((await ask(live.server.url, '/index/karl/1/nothere/')).status).toBe(404)
    expect((await ask(live.server.url, '/at/2099-01-01T00:00:00Z/simple/nothere/')).status).toBe(404)
    expect(live.upstream.requests.length).toBe(before)
  })
})
