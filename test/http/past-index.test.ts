/** The live index as it was. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { makeWheel } from '../support/archives.ts'
import { uploadAll } from '../support/catalogue.ts'
import { cleanStop } from '../support/clean-stop.ts'
import { crawl } from '../support/crawl.ts'
import { ask, json } from '../support/requests.ts'
import { startServer, type TestServer } from '../support/server.ts'

const wheels = ['1.0', '2.0', '3.0'].map((version) => makeWheel({ name: 'karl', version }))
const other = makeWheel({ name: 'lxml', version: '5.0' })

let server: TestServer
/** When each file entered the pool, in the order in which they did; no two at once. */
let times: readonly string[]
beforeAll(async () => {
  server = await startServer()
  const found: string[] = []
  for (const file of [...wheels, other]) {
    const before = found.at(-1) ?? ''
    while (new Date().toISOString() <= before) await new Promise(setImmediate)
    found.push(...(await uploadAll(server.url, [file])).values())
  }
  times = found
})
afterAll(() => cleanStop(server))

const later = (at: string, milliseconds: number) => new Date(Date.parse(at) + milliseconds).toISOString()

async function page(instant: string): Promise<{ versions: readonly string[]; files: readonly { url: string }[] }> {
  const reply = await ask(server.url, `/at/${instant}/simple/karl/?format=application/vnd.pypi.simple.v1+json`)
  expect(reply.status).toBe(200)
  return json(reply) as Awaited<ReturnType<typeof page>>
}

async function projects(instant: string): Promise<unknown> {
  return json(await ask(server.url, `/at/${instant}/simple/?format=application/vnd.pypi.simple.v1+json`))
}

async function yanked(instant: string): Promise<unknown> {
  return ((await page(instant)).files[0] as { yanked?: unknown }).yanked
}

describe('/at/INSTANT/simple/', () => {
  it('has what had entered the pool before the instant', async () => {
    const [first = '', second = '', third = ''] = times
    expect((await ask(server.url, `/at/${first}/simple/karl/`)).status).toBe(404)
    expect((await page(later(first, 1))).versions).toEqual(['1.0'])
    expect((await page(second)).versions).toEqual(['1.0'])
    expect((await page(third)).versions).toEqual(['1.0', '2.0'])
    expect((await page('2099-01-01T00:00:00Z')).versions).toEqual(['1.0', '2.0', '3.0'])
  })

  it('lists the projects that there were', async () => {
    const last = times[3] ?? ''
    expect(await projects('2010-01-01T00:00:00Z')).toMatchObject({ projects: [] })
    expect(await projects(last)).toMatchObject({ projects: [{ name: 'karl' }] })
    expect(await projects(later(last, 1))).toMatchObject({ projects: [{ name: 'karl' }, { name: 'lxml' }] })
  })

  it('is final when its time has settled, and until then asks to be asked again', async () => {
    const control = async (instant: string, path = '') =>
      (await ask(server.url, `/at/${instant}/simple/${path}`)).headers['cache-control']
    expect(await control('2010-01-01T00:00:00Z')).toBe('public, max-age=31536000, immutable')
    expect(await control(later(times[3] ?? '', 1), 'karl/')).toBe('no-cache')
    expect(await control('2099-01-01T00:00:00.5Z', 'karl/')).toBe('no-cache')
    expect((await ask(server.url, '/at/2010-01-01T00:00:00Z/simple')).headers).toMatchObject({ location: 'simple/' })
    expect((await ask(server.url, '/at/2099-01-01T00:00:00Z/simple/KARL')).headers).toMatchObject({ location: 'karl/' })
  })

  it('links to the files of the pool', async () => {
    const visited = await crawl(`${server.url}/at/2099-01-01T00:00:00Z/simple/`)
    expect(visited.filter(({ reply }) => reply.status !== 200)).toEqual([])
    expect(visited.flatMap(({ url }) => new URL(url).pathname.split('/pool/')[1] ?? [])).toEqual([
      ...wheels.map(({ filename }) => `karl/${filename}`),
      `lxml/${other.filename}`,
    ])
  })

  it.each([
    '2026-11-01',
    'yesterday',
    '2026-02-30T00:00:00Z',
    '2026-11-01T00:00:00',
    '2026-11-01T00:00:00+01:00',
    '%00',
  ])('takes no instant but one of UTC: %s', async (instant) => {
    const reply = await ask(server.url, `/at/${encodeURIComponent(instant)}/simple/karl/`)
    expect([reply.status, json(reply)]).toEqual([
      400,
      expect.objectContaining({ code: 'request-invalid', hint: 'write it in UTC, as 2026-11-01T00:00:00Z' }),
    ])
  })

  it('shows the yanks and the status that held then', async () => {
    const { records } = server.store
    const mark = async (reason: string | null) => {
      const at = new Date().toISOString()
      const event = (filename: string) => ({ at, actor: 'test', verb: 'yank' as const, subject: filename, facts: {} })
      await records.setYanks([{ filename: wheels[0]?.filename ?? '', reason }], ({ filename }) => event(filename))
      while (new Date().toISOString() <= at) await new Promise(setImmediate)
      return at
    }
    const yankedAt = await mark('broken')
    const takenBackAt = await mark(null)
    expect(await yanked(yankedAt)).toBeUndefined()
    expect(await yanked(takenBackAt)).toBe('broken')
    expect(await yanked('2099-01-01T00:00:00Z')).toBeUndefined()
  })
})
