import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { makeEgg, makeSdist, makeWheel } from '../support/archives.ts'
import { uploadAll } from '../support/catalogue.ts'
import { cleanStop } from '../support/clean-stop.ts'
import { ask, json } from '../support/requests.ts'
import { firn, startServer, temporaryDirectory, type CommandResult, type TestServer } from '../support/server.ts'
import { startUpstream, type Upstream } from '../support/upstream.ts'

const [old, newer, next] = ['4.8', '4.10', '5.0a1'].map((version) => makeWheel({ name: 'lxml', version })) as [
  ReturnType<typeof makeWheel>,
  ReturnType<typeof makeWheel>,
  ReturnType<typeof makeWheel>,
]
const osi = makeSdist({ name: 'repoze.bfg', version: '0.9.8.0-osi1' })
const egg = makeEgg({ name: 'lxml', version: '4.9' })

let server: TestServer
let upstream: Upstream
let directory: string
beforeAll(async () => {
  server = await startServer({ pip: false })
  directory = await temporaryDirectory()
  upstream = await startUpstream({
    files: [
      ...[next, old, newer, egg].map((file) => ({ project: 'lxml', ...file })),
      { project: 'lxml', ...makeWheel({ name: 'lxml', version: '4.11' }), yanked: 'broken\u001b[2J' },
    ],
    pages: { shut: 403 },
  })
  await uploadAll(server.url, [old, newer, next, egg, osi])
})
afterAll(async () => {
  await upstream.stop()
  await rm(directory, { recursive: true })
  await cleanStop(server)
})

async function find(...argv: readonly string[]): Promise<CommandResult> {
  const { code, stdout, stderr } = await firn(['find', ...argv], { FIRN_URL: server.url })
  return { code, stdout: stdout.replaceAll(upstream.url, 'UP/'), stderr: stderr.replaceAll(upstream.url, 'UP/') }
}

describe('firn find', () => {
  it('lists what the pool has, the newest first', async () => {
    expect(await find('lxml')).toEqual({
      code: 0,
      stdout: `the pool\n  lxml\n    5.0a1  ${next.filename}\n    4.10  ${newer.filename}\n    4.8  ${old.filename}\n`,
      stderr: '',
    })
  })

  it('lists index by index; eggs and what is yanked are marked or asked for', async () => {
    expect(await find('LXML>4.8', '-i', upstream.url, '--include-binary-eggs')).toEqual({
      code: 0,
      stdout: `UP/
  LXML>4.8
    5.0a1  ${next.filename}
    4.11  lxml-4.11-py3-none-any.whl  (yanked: broken?[2J)
    4.10  ${newer.filename}
    4.9  ${egg.filename}  (for buildout and buildout<4 alone)
`,
      stderr: '',
    })
  })

  it('shows the best alone', async () => {
    const { stdout } = await find('lxml', 'lxml>=5.0a0', 'lxml<4.10', '--best', '-i', upstream.url)
    expect(stdout).toBe(
      `UP/\n  lxml\n    4.10  ${newer.filename}\n  lxml>=5.0a0\n    5.0a1  ${next.filename}\n  lxml<4.10\n    4.8  ${old.filename}\n`,
    )
  })

  it('fails if nothing matches a requirement anywhere, and says which', async () => {
    expect(await find('lxml', 'gone', 'lxml>6', '--best')).toEqual({
      code: 66,
      stdout: `the pool\n  lxml\n    4.10  ${newer.filename}\n  gone: nothing\n  lxml>6: nothing\n`,
      stderr: 'nothing matches: gone, lxml>6\n',
    })
    const shut = await find('shut', '-i', upstream.url)
    expect([shut.code, shut.stderr]).toEqual([69, 'error: Upstream index cannot be used: UP/shut/: it answers 403\n'])
  })

  it('takes what files ask for, however many, and versions that are none', async () => {
    const versions = join(directory, 'versions.cfg')
    const others = Array.from({ length: 60 }, (_, index) => `other${String(index).padStart(2, '0')} = 1\n`).join('')
    await writeFile(versions, `[versions]\nlxml = 4.8\nrepoze.bfg = 0.9.8.0-osi1\n${others}`)
    const { code, stdout } = await find('-r', versions, '--json')
    const { indexes } = JSON.parse(stdout) as {
      indexes: { index: string; matches: { requirement: string; files: { filename: string }[] }[] }[]
    }
    const found = indexes[0]?.matches.filter(({ files }) => files.length > 0)
    expect([code, indexes.length, indexes[0]?.matches.length]).toEqual([66, 1, 62])
    expect(found?.map(({ requirement, files }) => [requirement, files[0]?.filename])).toEqual([
      ['lxml==4.8', old.filename],
      ['repoze.bfg===0.9.8.0-osi1', osi.filename],
    ])
  })

  it.each([
    ['q=lxml%20@%20https://x.example/lxml.zip', 400, 'request-invalid'],
    ['q=lxml&index=file:///etc', 400, 'request-invalid'],
    ['q=%3D%3D', 400, 'requirement-invalid'],
    ['q=lxml&'.repeat(101), 400, 'request-invalid'],
    ['', 400, 'request-invalid'],
  ])('refuses to look for ?%s', async (query, status, code) => {
    const reply = await ask(server.url, `/api/v1/find?${query}`)
    expect([reply.status, (json(reply) as { code: string }).code]).toEqual([status, code])
  })
})
