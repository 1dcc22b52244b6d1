import { cp, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { faultPoints, type FaultPoint } from '../../storage/fault.ts'
import { makeSdist, makeWheel, type Built } from '../support/archives.ts'
import { sha256 } from '../support/catalogue.ts'
import { cleanStop } from '../support/clean-stop.ts'
import { spawnLimitedServer } from '../support/limited-server.ts'
import { ask, freeze, json, stagedNames, stagingEmpties, upload, type Reply } from '../support/requests.ts'
import { spawnServer, startServer, temporaryDirectory, type TestServer } from '../support/server.ts'

const safe = makeWheel({ name: 'safe', version: '1.0' })
const karl = makeWheel({ name: 'karl', version: '3.30' })
const otherKarl = makeWheel({ name: 'karl', version: '3.30', files: { 'other.py': '' } })

const freezePoints = faultPoints.filter((point) => point.startsWith('freeze:'))
const uploadPoints = faultPoints.filter((point) => /^(?:upload|adopt|row):/.test(point))
/** After these the change has been made, though nobody has been told. */
const committed = new Set<FaultPoint>([
  'row:committed',
  'upload:before-answer',
  'freeze:committed',
  'freeze:before-answer',
])
/** Between these the file has its name in the pool and no row. */
const orphaning = new Set<FaultPoint>([
  'adopt:linked',
  'adopt:unstaged',
  'adopt:synced',
  'upload:adopted',
  'row:before-commit',
])

let directory: string
let data: string
beforeEach(async () => {
  directory = await temporaryDirectory()
  data = join(directory, 'data')
})
afterEach(() => rm(directory, { recursive: true }))

async function withServer<T>(at: string, work: (server: TestServer) => Promise<T>): Promise<T> {
  const server = await startServer({ data: at })
  try {
    return await work(server)
  } finally {
    await cleanStop(server)
  }
}

/** Starts a server that ends at the point, asks it, and says how it ended and what it answered. */
async function crashAt(point: FaultPoint, question: (url: string) => Promise<Reply>): Promise<unknown> {
  const server = await spawnServer(data, { FIRN_FAULT: point })
  const answer = await question(server.url).then(
    ({ status }) => status,
    () => 'none',
  )
  return { answer, ended: await server.ended }
}

async function served(url: string, { filename }: Built): Promise<string> {
  const [project = ''] = filename.split('-')
  const { status, body } = await ask(url, `/pool/${project}/${filename}`)
  return status === 200 ? sha256(body) : String(status)
}

/** The event of the key. */
const keyEvents = 1

/** Every row with whether the pool has its bytes; what is staged; which releases there are. */
async function stateOf({ store, data: at }: TestServer): Promise<object> {
  const projects = await store.records.projects()
  const files = (await Promise.all(projects.map(({ project }) => store.records.distributionsOf(project)))).flat()
  const rows = await Promise.all(
    files.map(async (file) => [file.filename, sha256(await store.files.read(file)) === file.sha256]),
  )
  const releases = (await store.records.releases()).map(({ name }) => `${name.product}/${name.release}`)
  // The first start of a data directory makes its first token.
  const events = (await store.records.events()).filter(({ verb }) => verb !== 'create-token')
  return { rows, releases, staged: await stagedNames(at), events: events.length }
}

describe.each(uploadPoints)('a crash at %s', (point) => {
  const done = committed.has(point)
  const rows = [...(done ? [[karl.filename, true]] : []), [safe.filename, true]]

  it('loses nothing that was acknowledged, shows nothing half-made, and can be done again', async () => {
    await withServer(data, ({ url }) => upload(url, safe))
    expect(await crashAt(point, (url) => upload(url, karl))).toEqual({ answer: 'none', ended: 'SIGKILL' })
    const copy = join(directory, 'copy')
    await cp(data, copy, { recursive: true })
    await withServer(data, async (server) => {
      expect(await stateOf(server)).toEqual({ rows, releases: [], staged: [], events: keyEvents + rows.length })
      expect([await served(server.url, safe), await served(server.url, karl)]).toEqual([
        sha256(safe.bytes),
        done ? sha256(karl.bytes) : '404',
      ])
      const again = await upload(server.url, karl)
      expect([again.status, json(again)]).toEqual([200, expect.objectContaining({ outcome: done ? 'same' : 'added' })])
      expect(await served(server.url, karl)).toBe(sha256(karl.bytes))
    })
    await withServer(copy, async (server) => {
      const other = await upload(server.url, otherKarl)
      expect(other.status).toBe(done ? 400 : 200)
      expect(await served(server.url, karl)).toBe(sha256(done ? karl.bytes : otherKarl.bytes))
      const aside = await readdir(join(copy, 'orphans')).catch(() => [])
      expect(aside).toEqual(orphaning.has(point) ? [`${sha256(karl.bytes)}-${karl.filename}`] : [])
    })
  })
})

describe.each(freezePoints)('a crash at %s', (point) => {
  const done = committed.has(point)

  it('leaves a whole release or none, and can be done again', async () => {
    await withServer(data, async ({ url }) => {
      for (const file of [safe, karl]) await upload(url, file)
    })
    const crashed = await crashAt(point, (url) => freeze(url, 'karl/3.30', 'karl==3.30'))
    expect(crashed).toEqual({ answer: 'none', ended: 'SIGKILL' })
    const copy = join(directory, 'copy')
    await cp(data, copy, { recursive: true })
    await withServer(data, async (server) => {
      const rows = [karl, safe].map(({ filename }) => [filename, true])
      const releases = done ? ['karl/3.30'] : []
      expect(await stateOf(server)).toEqual({ rows, releases, staged: [], events: keyEvents + 2 + releases.length })
      expect((await ask(server.url, '/index/karl/3.30/karl/')).status).toBe(done ? 200 : 404)
      const again = await freeze(server.url, 'karl/3.30', 'karl==3.30')
      expect(again.status).toBe(done ? 200 : 201)
      const manifest = await ask(server.url, '/index/karl/3.30/manifest.json')
      expect(sha256(manifest.body)).toBe((json(again) as { digest: string }).digest)
    })
    await withServer(copy, async ({ url }) => {
      expect((await freeze(url, 'karl/3.30', 'safe==1.0')).status).toBe(done ? 409 : 201)
    })
  })
})

function both(url: string, first: string, second: string): Promise<readonly Reply[]> {
  return Promise.all([freeze(url, 'karl/1', first), freeze(url, 'karl/1', second)])
}

/** `karl-3.30-….whl` as `karl==3.30`. */
function pinOf({ filename }: Built): string {
  return filename.split('-').slice(0, 2).join('==')
}

describe('two freezes of one name at once', () => {
  it('with the same content both succeed, and mean one release', async () => {
    await withServer(data, async ({ url }) => {
      await upload(url, karl)
      const replies = await both(url, 'karl==3.30', 'karl==3.30')
      expect(new Set(replies.map(({ status }) => status))).toEqual(new Set([201, 200]))
      const [first, second] = replies.map((reply) => json(reply) as { digest: string; manifest: object })
      expect([first?.digest, first?.manifest]).toEqual([second?.digest, second?.manifest])
    })
  })

  it('with other content one succeeds, and the other is told how they differ', async () => {
    await withServer(data, async ({ url }) => {
      for (const file of [safe, karl]) await upload(url, file)
      const replies = await both(url, 'karl==3.30', 'safe==1.0')
      const lost = replies.find(({ status }) => status === 409)
      expect(new Set(replies.map(({ status }) => status))).toEqual(new Set([201, 409]))
      const [kept, asked] = replies[0]?.status === 201 ? [karl, safe] : [safe, karl]
      expect(lost && json(lost)).toMatchObject({
        code: 'release-frozen',
        release: 'karl/1',
        differences: [
          `not in the frozen release: ${asked.filename}`,
          `only in the frozen release: ${kept.filename}`,
          `requirement, not in the frozen release: ${pinOf(asked)}`,
          `requirement, only in the frozen release: ${pinOf(kept)}`,
        ],
      })
      expect((await ask(url, '/index/karl/1/')).text).toContain(`<a href="${pinOf(kept).split('==')[0]}/">`)
    })
  })
})

it('says that storage is full, keeps nothing of the file, and goes on answering', async () => {
  const server = await spawnLimitedServer(data)
  const noise = Buffer.from(Array.from({ length: 6_000_000 }, (_, at) => (at * 7919 * (at >> 3)) & 0xff))
  const large = makeSdist({ name: 'large', version: '1.0', files: { noise } })
  const reply = await upload(server.url, { ...large, bytes: Buffer.concat([large.bytes, noise]) })
  expect([reply.status, json(reply)]).toEqual([
    507,
    {
      type: '/problems/storage-full',
      title: 'No space left for the pool',
      status: 507,
      code: 'storage-full',
      hint: 'free space on the disk of the data directory, then try again',
    },
  ])
  await stagingEmpties(data)
  expect((await upload(server.url, karl)).status).toBe(200)
  expect([await served(server.url, karl), await served(server.url, large)]).toEqual([sha256(karl.bytes), '404'])
  server.process.kill('SIGTERM')
  expect(await server.ended).toBe(0)
})
