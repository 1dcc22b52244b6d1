/** What the live index does not show of an upstream, and does not give. */
import { describe, expect, it, vi } from 'vitest'
import { parseProjectName } from '../../pool/project-name.ts'
import { makeSdist, makeWheel } from '../support/archives.ts'
import { uploadAll } from '../support/catalogue.ts'
import { cleanStop } from '../support/clean-stop.ts'
import { ask } from '../support/requests.ts'
import { uploadTime } from '../support/upstream.ts'
import { codeOf, large, listed, newer, old, pullingIndex } from '../support/pulling-index.ts'

const live = pullingIndex()
const { start, page, names, file, inPool, staged } = live

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
      if ('hash' in more) await cleanStop(live.server)
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
    await uploadAll(live.server.url, [old])
    expect(await names()).toEqual([old.filename])
    expect(codeOf(await file(newer))).toBe('distribution-unknown')
    expect(live.upstream.requests).toEqual([])
  })

  it('other files of a version that was yanked here', async () => {
    const sdist = makeSdist({ name: 'lxml', version: '4.9' })
    await start({ files: [listed(old, { yanked: 'upstream says so' }), listed(newer), listed(sdist)] })
    await file(old)
    await file(newer)
    await live.server.store.records.setYanks([{ filename: newer.filename, reason: 'broken' }], ({ filename }) => ({
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
    const { records } = live.server.store
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
    expect((await ask(live.server.url, '/simple/lxml/')).status).toBe(401)
    expect(live.upstream.requests).toEqual([])
  })

  it('anything, unless it is configured', async () => {
    await start({ files: [listed(newer)] }, { pullThrough: false })
    expect((await ask(live.server.url, '/simple/lxml/')).status).toBe(404)
    expect(codeOf(await file(newer))).toBe('distribution-unknown')
    expect(live.upstream.requests).toEqual([])
  })
})
