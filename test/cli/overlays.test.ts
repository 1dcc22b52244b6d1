/** What is said later: yanks, statuses of projects, removals. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { createToken } from '../../server/actions/tokens.ts'
import { makeSdist, makeWheel } from '../support/archives.ts'
import { uploadAll } from '../support/catalogue.ts'
import { cleanStop } from '../support/clean-stop.ts'
import { ask, freeze, json } from '../support/requests.ts'
import { firn, startServer, type CommandResult, type TestServer } from '../support/server.ts'

const wheel = makeWheel({ name: 'karl', version: '3.30' })
const sdist = makeSdist({ name: 'karl', version: '3.30' })
const older = makeWheel({ name: 'karl', version: '3.29' })
const free = makeSdist({ name: 'karl', version: '3.28' })

let server: TestServer
let admin: string
let token: string
beforeAll(async () => {
  server = await startServer()
  await uploadAll(server.url, [wheel, sdist, older, free])
  await freeze(server.url, 'acme/1', 'karl==3.30\n')
  token = admin = await tokenFor('admin')
})
/** All can be taken back but removals, which come last. */
afterEach(async () => {
  token = admin
  await run('unyank', 'karl<9')
  await run('project', 'status', 'karl', '--set', 'active')
})
afterAll(() => cleanStop(server))

const now = () => new Date().toISOString()

async function tokenFor(scope: string): Promise<string> {
  const request = { name: 'test', scopes: [scope], expiresAt: null, actor: 'test' }
  return (await createToken({ records: server.store.records, now }, request)).text
}

function run(...argv: readonly string[]): Promise<CommandResult> {
  return firn(argv, { FIRN_URL: server.url, FIRN_TOKEN: token })
}

interface Page {
  readonly 'project-status'?: unknown
  readonly files: readonly { readonly filename: string; readonly yanked?: unknown }[]
}

async function page(): Promise<Page> {
  return json(await ask(server.url, '/simple/karl/?format=application/vnd.pypi.simple.v1+json')) as Page
}

const frozenPages = () =>
  Promise.all(['', 'karl/', 'manifest.json'].map(async (path) => (await ask(server.url, `/index/acme/1/${path}`)).text))

describe('firn yank', () => {
  it('marks the files of a version in the live index, and changes no release', async () => {
    const before = await frozenPages()
    expect(await run('yank', 'karl==3.30', '-m', 'loses "attachments"')).toEqual({
      code: 0,
      stdout: `yanked    karl-3.30-py3-none-any.whl
yanked    karl-3.30.tar.gz
held by acme/1, which does not change
2 files changed
`,
      stderr: '',
    })
    expect((await page()).files.map(({ filename, yanked }) => [filename, yanked])).toEqual([
      ['karl-3.28.tar.gz', undefined],
      ['karl-3.29-py3-none-any.whl', undefined],
      ['karl-3.30-py3-none-any.whl', 'loses "attachments"'],
      ['karl-3.30.tar.gz', 'loses "attachments"'],
    ])
    const html = (await ask(server.url, '/simple/karl/')).text
    expect(html.match(/data-yanked="loses &quot;attachments&quot;"/g)?.length).toBe(2)
    expect(await frozenPages()).toEqual(before)
    const { stdout } = await run('show', 'acme/1')
    expect(stdout).toContain('yanked by now\n  karl-3.30-py3-none-any.whl: loses "attachments"\n')
  })

  it('is taken back, as often as it is asked for', async () => {
    await run('yank', wheel.filename, '-m', 'broken')
    expect((await run('unyank', 'karl==3.30')).stdout).toBe(
      `unyanked  karl-3.30-py3-none-any.whl\nsame      karl-3.30.tar.gz\nheld by acme/1, which does not change\n1 file changed\n`,
    )
    expect((await run('unyank', wheel.filename)).stdout).toContain('\n0 files changed\n')
    expect((await page()).files.filter(({ yanked }) => yanked !== undefined)).toEqual([])
  })

  it('tells what it would do', async () => {
    expect(JSON.parse((await run('yank', 'karl<3.30', '-m', 'old', '-n', '--json')).stdout)).toEqual({
      dryRun: true,
      files: [
        { filename: older.filename, changed: true, releases: [] },
        { filename: free.filename, changed: true, releases: [] },
      ],
    })
    expect((await page()).files.filter(({ yanked }) => yanked !== undefined)).toEqual([])
  })

  it.each([
    [['karl'], 64, "error: Request is not valid: which of karl?\nhint: name the versions, as karl==1.0 or 'karl<2'"],
    [['karl==9'], 66, 'error: No such file in the pool: the pool has no such version of karl\n'],
    [['karl==3.30', 'nothere==1'], 66, 'error: No such project: the pool has no file of nothere\n'],
  ])('refuses %j, and marks nothing', async (what, code, message) => {
    const { stderr, ...result } = await run('yank', ...what, '-m', 'broken')
    expect({ ...result, stderr: stderr.slice(0, message.length) }).toEqual({ code, stdout: '', stderr: message })
    expect((await page()).files.filter(({ yanked }) => yanked !== undefined)).toEqual([])
  })

  it('wants a reason of one line', async () => {
    expect((await run('yank', 'karl==3.30')).code).toBe(64)
    expect((await run('yank', 'karl==3.30', '-m', 'a\nb')).code).toBe(64)
    expect((await run('yank', 'karl==3.30', '-m', ' ')).code).toBe(64)
  })

  it('takes a token for the project', async () => {
    token = await tokenFor('upload:lxml')
    expect(await run('yank', 'karl==3.30', '-m', 'broken')).toMatchObject({ code: 77 })
    token = await tokenFor('upload:karl')
    expect(await run('yank', 'karl==3.30', '-m', 'broken')).toMatchObject({ code: 0 })
  })
})

describe('firn project status', () => {
  it('says nothing of most projects', async () => {
    expect((await run('project', 'status')).stdout).toBe('nothing is said of any project: all are active\n')
    expect(JSON.parse((await run('project', 'status', 'karl', '--json')).stdout)).toEqual({
      project: 'karl',
      status: 'active',
      reason: null,
      since: null,
    })
    expect(await run('project', 'status', '--reason', 'x')).toMatchObject({ code: 64 })
    expect(await run('project', 'status', '--set', 'active')).toMatchObject({ code: 64 })
  })

  it('archives a project: the live index says so, and takes in no more files of it', async () => {
    expect((await run('project', 'status', 'KARL', '--set', 'archived', '-m', 'see karl2')).stdout).toBe(
      'karl is archived\n',
    )
    expect(await page()).toMatchObject({ 'project-status': { status: 'archived', reason: 'see karl2' } })
    const html = (await ask(server.url, '/simple/karl/')).text
    expect(html).toContain('<meta name="pypi:project-status" content="archived">')
    expect(html).toContain('<meta name="pypi:project-status-reason" content="see karl2">')
    const [refused] = await uploadAll(server.url, [makeWheel({ name: 'karl', version: '4' })]).then(
      () => [],
      (error: unknown) => [String(error)],
    )
    expect(refused).toContain('project-closed')
    await uploadAll(server.url, [wheel])
    expect((await run('project', 'status', 'karl', '--set', 'archived', '-m', 'see karl2')).stdout).toBe(
      'karl is archived already\n',
    )
    expect((await run('project', 'status')).stdout).toMatch(
      /^PROJECT {2}STATUS {4}SINCE \(UTC\) {7}REASON\nkarl {5}archived {2}\d{4}-\d\d-\d\d \d\d:\d\d {2}see karl2\n$/,
    )
    await run('project', 'status', 'karl', '--set', 'active')
    expect(await page()).not.toHaveProperty('project-status')
    await uploadAll(server.url, [makeWheel({ name: 'karl', version: '4' })])
  })

  it('quarantines a project: the live index offers none of its files, releases go on, no other is frozen with it', async () => {
    const before = await frozenPages()
    await run('project', 'status', 'karl', '--set', 'quarantined', '-m', 'steals tokens')
    expect(await page()).toMatchObject({ 'project-status': { status: 'quarantined' }, files: [] })
    expect((await ask(server.url, '/simple/karl/')).text).not.toContain('<a ')
    expect(await frozenPages()).toEqual(before)
    expect((await ask(server.url, `/pool/karl/${wheel.filename}`)).status).toBe(200)
    const refused = await freeze(server.url, 'acme/2', 'karl==3.30\n')
    expect(refused.text).toContain('karl is quarantined: steals tokens')
    expect(refused.status).toBe(422)
    expect((await run('show', 'acme/1')).stdout).toContain(
      'said of its projects by now\n  karl is quarantined: steals tokens\n',
    )
    token = await tokenFor('upload:karl')
    expect(await run('project', 'status', 'karl', '--set', 'active')).toMatchObject({ code: 77 })
  })
})

describe('firn remove', () => {
  it('takes a file out of the pool for good; its name stays taken', async () => {
    const path = `/pool/karl/${free.filename}`
    expect((await ask(server.url, path)).status).toBe(200)
    expect((await run('remove', free.filename, '-m', 'court order', '-n')).stdout).toMatch(
      /^karl-3\.28\.tar\.gz would be removed \(\d+ B\)\n$/,
    )
    expect((await ask(server.url, path)).status).toBe(200)
    expect((await run('remove', free.filename, '-m', 'court order')).stdout).toMatch(/is removed \(\d+ B\)\n$/)
    const gone = await ask(server.url, path)
    expect([gone.status, json(gone)]).toEqual([
      410,
      expect.objectContaining({
        code: 'distribution-removed',
        reason: 'court order',
        detail: `${free.filename}: court order`,
      }),
    ])
    expect((await page()).files.map(({ filename }) => filename)).not.toContain(free.filename)
    expect(existsSync(join(server.data, 'pool', 'karl', free.filename))).toBe(false)
    await expect(uploadAll(server.url, [free])).rejects.toThrow('distribution-removed')
    expect(existsSync(join(server.data, 'pool', 'karl', free.filename))).toBe(false)
    expect((await run('remove', free.filename, '-m', 'again')).stdout).toBe(`${free.filename} was removed already\n`)
  })

  it('is told of to whoever asks for the file by its name', async () => {
    await run('remove', free.filename, '-m', 'court order')
    for (const asked of [
      ['where-used', free.filename],
      ['yank', free.filename, '-m', 'broken'],
    ])
      expect(await run(...asked)).toEqual({
        code: 66,
        stdout: '',
        stderr: `error: File was removed from the pool: ${free.filename}: court order\n`,
      })
  })

  it('refuses what a release holds, unless it is forced', async () => {
    expect(await run('remove', wheel.filename, '-m', 'court order')).toEqual({
      code: 73,
      stdout: '',
      stderr: `error: File is held by a release: ${wheel.filename} is in acme/1\nhint: what a release holds is never removed by normal work; if the law asks for it: --force\n`,
    })
    const problem = JSON.parse((await run('remove', wheel.filename, '-m', 'court order', '--json')).stdout) as unknown
    expect(problem).toMatchObject({ code: 'distribution-in-use', releases: ['acme/1'] })
    expect((await run('remove', wheel.filename, '-m', 'court order', '--force')).stdout).toContain(
      'no longer to be installed: acme/1\n',
    )
    expect((await run('show', 'acme/1')).stdout).toContain(
      `removed from the pool: the release can no longer be installed whole\n  ${wheel.filename}: court order\n`,
    )
  })

  it('is for those who may everything', async () => {
    expect(await run('remove', 'nothere-1.zip', '-m', 'x')).toMatchObject({ code: 66 })
    token = await tokenFor('upload')
    expect(await run('remove', free.filename, '-m', 'x')).toMatchObject({ code: 77 })
  })
})
