import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { errors } from '../../pool/errors.ts'
import { parseProjectName } from '../../pool/project-name.ts'
import { makeSdist, makeWheel } from '../support/archives.ts'
import { sha256 } from '../support/catalogue.ts'
import { cleanStop } from '../support/clean-stop.ts'
import { ask, freeze, stagingEmpties } from '../support/requests.ts'
import { firn, startServer, type CommandResult, type TestServer } from '../support/server.ts'
import { catalogueOf, type Catalogue } from '../support/upstream-catalogue.ts'
import { startUpstream, uploadTime, type Upstream, type UpstreamEntry } from '../support/upstream.ts'

let made = 0
let all: Catalogue
let server: TestServer
let upstreams: Upstream[]
beforeAll(async () => {
  server = await startServer({ pip: false })
})
beforeEach(() => {
  all = catalogueOf(`karl${++made}`)
  upstreams = []
})
afterEach(async () => {
  await stagingEmpties(server.data)
  await Promise.all(upstreams.map(({ stop }) => stop()))
})
afterAll(() => cleanStop(server))

async function from(
  files: readonly UpstreamEntry[],
  more: Partial<Parameters<typeof startUpstream>[0]> = {},
): Promise<Upstream> {
  const upstream = await startUpstream({ files, ...more })
  upstreams.push(upstream)
  return upstream
}

function fetchFrom({ url }: Pick<Upstream, 'url'>, ...argv: readonly string[]): Promise<CommandResult> {
  const target = ['--target', 'cp311-manylinux_x86_64']
  return firn(['fetch', ...argv, ...target, '--index-url', url], { FIRN_URL: server.url })
}

/** The files that the pool has of this test's project. */
async function held(): Promise<readonly string[]> {
  return names(await server.store.records.distributionsOf(parseProjectName(all.project)))
}

function names(files: readonly { readonly filename: string }[]): readonly string[] {
  return files.map(({ filename }) => filename).toSorted()
}

describe.each(['json', 'html'] as const)('from an upstream that speaks %s', (form) => {
  it('brings sdists, pure wheels and those of the target, byte for byte', async () => {
    const { sdist, pure, linux, windows, egg, later, odd } = all
    const upstream = await from([sdist, pure, linux, windows, egg, later, ...odd], { form })
    const result = await fetchFrom(upstream, all.pin)
    expect([result.code, result.stderr, await held()]).toEqual([0, '', names([linux, pure, sdist])])
    for (const { filename, bytes } of [sdist, pure, linux]) {
      expect(sha256((await ask(server.url, `/pool/${all.project}/${filename}`)).body)).toBe(sha256(bytes))
    }
    const [plan, ...rest] = result.stdout.trimEnd().split('\n')
    const size =
      form === 'json'
        ? ` (${((sdist.bytes.length + pure.bytes.length + linux.bytes.length) / 1000).toFixed(1)} kB)`
        : ''
    expect(plan).toBe(`3 files to fetch${size} from ${upstream.url}, 0 already in the pool`)
    expect([rest.length, rest.at(-1)?.startsWith('3 files fetched (')]).toEqual([4, true])
  })

  it('brings every file of the version when it is asked to', async () => {
    const { sdist, pure, linux, windows, egg, later, odd } = all
    const upstream = await from([sdist, pure, linux, windows, egg, later, ...odd], { form })
    expect((await fetchFrom(upstream, all.pin, '--all-files')).code).toBe(0)
    expect(await held()).toEqual(names([egg, linux, pure, sdist, windows]))
  })

  it('keeps where a file came from, and the mark that it was yanked', async () => {
    const { sdist, pure, linux } = all
    const upstream = await from([{ ...pure, yanked: 'broken "x"' }, { ...sdist, yanked: true }, linux], { form })
    await fetchFrom(upstream, all.pin)
    const file = await server.store.records.distribution(pure.filename)
    const url = new URL(`../files/${pure.filename}`, upstream.url).href
    expect(file?.origin).toEqual({
      index: upstream.url,
      url,
      uploadTime: form === 'json' ? uploadTime : null,
      yanked: 'broken "x"',
    })
    const { files } = JSON.parse(
      (await ask(server.url, `/simple/${all.project}/?format=application/vnd.pypi.simple.v1%2Bjson`)).text,
    ) as { files: { filename: string; yanked?: unknown }[] }
    expect(Object.fromEntries(files.map(({ filename, yanked }) => [filename, yanked]))).toEqual({
      [pure.filename]: 'broken "x"',
      [sdist.filename]: true,
      [linux.filename]: undefined,
    })
    expect((await ask(server.url, `/simple/${all.project}/`)).text).toContain('data-yanked="broken &quot;x&quot;"')
    await freeze(server.url, `karl/${made}`, all.pin)
    const manifest = JSON.parse((await ask(server.url, `/index/karl/${made}/manifest.json`)).text) as {
      files: { origin: string }[]
    }
    expect(manifest.files[0]?.origin).toContain('/files/karl')
    expect((await ask(server.url, `/index/karl/${made}/${all.project}/`)).text).not.toContain('yanked')
  })
})

it('does not ask again for what the pool has', async () => {
  const { sdist, pure } = all
  const upstream = await from([sdist, pure])
  await fetchFrom(upstream, all.pin)
  const before = upstream.requests.length
  expect(await fetchFrom(upstream, all.pin)).toEqual({
    code: 0,
    stdout: `0 files to fetch from ${upstream.url}, 2 already in the pool\n0 files fetched (0 B), 2 already in the pool\n`,
    stderr: '',
  })
  expect(upstream.requests.slice(before)).toEqual([`GET /simple/${all.project}/`])
})

it.each(['cut-once', 'redirect'] as const)('brings a file whole although the upstream has it %s', async (download) => {
  const { sdist } = all
  const upstream = await from([{ ...sdist, download }])
  expect((await fetchFrom(upstream, all.pin)).code).toBe(0)
  expect(sha256((await ask(server.url, `/pool/${all.project}/${sdist.filename}`)).body)).toBe(sha256(sdist.bytes))
})

it('believes an md5, which is all that old indexes have', async () => {
  const { sdist } = all
  const upstream = await from([{ ...sdist, hash: 'md5' }], { form: 'html' })
  expect((await fetchFrom(upstream, all.pin)).code).toBe(0)
  expect(await held()).toEqual([sdist.filename])
})

it('keeps what came when something fails, and finishes when it is run again', async () => {
  const { sdist, pure } = all
  const zope = { project: 'zope', ...makeWheel({ name: 'zope', version: '1.0' }) }
  const broken = await from([pure, { ...sdist, hash: 'wrong' }, zope], { pages: { zope: 403 } })
  const result = await fetchFrom(broken, all.pin, 'zope==1.0')
  expect([result.code, await held()]).toEqual([errors['fetch-incomplete'].exit, [pure.filename]])
  expect(result.stderr.split('\n').toSorted()).toEqual([
    '',
    `failed   ${sdist.filename}: Content does not match its digest: ${sdist.filename} is not what the upstream says it is`,
    `failed   zope==1.0: Upstream index cannot be used: ${broken.url}zope/: it answers 403`,
  ])
  expect(result.stdout).toContain(', 2 failed; what came stays: run the same command again for the rest\n')
  const mended = await from([pure, sdist, zope])
  expect((await fetchFrom(mended, all.pin, 'zope==1.0')).code).toBe(0)
  expect(await held()).toEqual(names([pure, sdist]))
  expect((await ask(server.url, '/simple/zope/')).status).toBe(200)
})

describe('what cannot be fetched is said, and nothing of it is kept', () => {
  it.each<[string, (from: Catalogue) => readonly UpstreamEntry[], RegExp]>([
    ['a version that is not there', ({ later }) => [later], /no file of karl\d+ 3\.30\n/],
    ['a project that is not there', ({ sdist }) => [{ ...sdist, project: 'other' }], /no project karl\d+\n/],
    [
      'a version for other targets only',
      ({ windows }) => [windows],
      /none of its 1 files of karl\d+ 3\.30 is for cp311-manylinux_x86_64\n/,
    ],
  ])('%s, which another try would not bring either', async (_, files, expected) => {
    const result = await fetchFrom(await from(files(all)), all.pin)
    expect([result.code, await held()]).toEqual([errors['upstream-lacks'].exit, []])
    expect(result.stderr).toMatch(expected)
    expect(result.stdout.split('\n').at(-2)).toBe(
      '0 files fetched (0 B), 0 already in the pool, 1 failed; what came stays',
    )
  })

  it.each<[string, (from: Catalogue) => readonly UpstreamEntry[], RegExp]>([
    ['a file with a wrong hash', ({ sdist }) => [{ ...sdist, hash: 'wrong' }], /is not what the upstream says it is/],
    [
      'a file without a hash',
      ({ sdist }) => [{ ...sdist, hash: 'none' }],
      /the upstream states no hash of karl\d+-3\.30\.tar\.gz/,
    ],
    ['a file that is gone', ({ sdist }) => [{ ...sdist, download: 404 }], /it answers 404/],
    [
      'a file that the upstream cannot send',
      ({ sdist }) => [{ ...sdist, download: 500 }],
      /failed {3}karl\d+-3\.30\.tar\.gz: Upstream index cannot be used/,
    ],
    [
      'a file that is always cut',
      ({ sdist }) => [{ ...sdist, download: 'cut' }],
      /failed {3}karl\d+-3\.30\.tar\.gz: Upstream index cannot be used/,
    ],
    [
      'another project under the name',
      ({ pure, project }) => [
        {
          ...pure,
          bytes: makeWheel({ name: project, version: '3.30', metadata: 'Name: other\nVersion: 3.30\n' }).bytes,
        },
      ],
      /disagree/,
    ],
  ])('%s', async (_, files, expected) => {
    const result = await fetchFrom(await from(files(all)), all.pin)
    expect([result.code, await held()]).toEqual([75, []])
    expect(result.stderr).toMatch(expected)
  })

  it.each([
    ['that is nonsense', 'nonsense', /is no page of a simple index/],
    ['that is other JSON', '{"files": [{"filename": 1}]}', /is no page of a simple index/],
    ['that is refused', 403, /it answers 403/],
  ])('a page %s', async (_, page, expected) => {
    const { sdist } = all
    const result = await fetchFrom(await from([sdist], { pages: { [all.project]: page } }), all.pin)
    expect([result.code, await held()]).toEqual([75, []])
    expect(result.stderr).toMatch(expected)
  })

  it('anything, of an upstream that cannot be reached', async () => {
    const { url, stop } = await startUpstream({ files: [] })
    await stop()
    const result = await fetchFrom({ url }, all.pin)
    expect([result.code, await held()]).toEqual([75, []])
    expect(result.stderr).toMatch(/^failed {3}karl\d+==3\.30: Upstream index cannot be used: http.*ECONNREFUSED/)
  })

  it('a file that the pool has with other bytes', async () => {
    const { sdist } = all
    await fetchFrom(await from([sdist]), all.pin)
    const other = await from([{ ...sdist, bytes: makeSdist({ name: all.project, version: '3.30' }).bytes }])
    const result = await fetchFrom(other, all.pin)
    expect([result.code, result.stderr]).toEqual([
      75,
      `failed   ${all.pin}: File already exists with other content: ${sdist.filename} is in the pool with other bytes than the upstream has\n`,
    ])
  })
})

it('refuses pins that cannot be read, all at once', async () => {
  const { sdist } = all
  const result = await fetchFrom(await from([sdist]), 'karl>=3', './local')
  expect([result.code, result.stdout]).toEqual([65, ''])
  expect(result.stderr).toBe(`error: Nothing was fetched: the pins cannot be read
  arguments:1: "karl>=3" is not pinned
    write karl==VERSION, give constraints with -c, or have versions chosen with --resolve; or have the newest fetched with --best
  arguments:2: "./local" is a path, not a version
    python -m build ./local && firn upload ./local/dist/, and write local==VERSION; if the pool holds it already: --use local==VERSION
`)
})

it('prints each event as JSON for programs', async () => {
  const { pure } = all
  const upstream = await from([pure])
  const { stdout } = await fetchFrom(upstream, all.pin, '--json')
  const events = stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as { event: string })
  expect(events.filter(({ event }) => event !== 'progress')).toEqual([
    { event: 'plan', indexes: [upstream.url], files: 1, bytes: pure.bytes.length, held: 0 },
    { event: 'fetched', filename: pure.filename, size: pure.bytes.length },
    { event: 'done', fetched: 1, held: 0, failed: 0, bytes: pure.bytes.length },
  ])
})
