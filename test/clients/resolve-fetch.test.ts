/** `firn fetch --resolve` fills an empty pool with all that a release needs: uv chooses, freezing finds it closed. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { errors } from '../../pool/errors.ts'
import type { Manifest } from '../../pool/manifest.ts'
import { makeSdist, makeWheel, type Built } from '../support/archives.ts'
import { ask } from '../support/requests.ts'
import { firn, type CommandResult } from '../support/server.ts'
import { startUpstream, uploadTime, type Upstream, type UpstreamEntry } from '../support/upstream.ts'
import { makeWorkplace, pinnedPip, pinnedUv, type Workplace } from './workplace.ts'

vi.setConfig({ testTimeout: 300_000, hookTimeout: 300_000 })

let place: Workplace
let upstream: Upstream
let uv: string
let home: string
beforeAll(async () => {
  place = await makeWorkplace({ min: '3.10', max: '3.12' })
  uv = await pinnedUv()
  home = await place.directory('home')
  upstream = await startUpstream({ files: files(), pages: { closed: 403 } })
  await place.upload(makeWheel({ name: 'own-lib', version: '1.0' }))
})
afterAll(async () => {
  await place?.stop()
  await upstream?.stop()
})

const marker = () => join(home, 'setup-has-run')

function entry(project: string, built: Built): UpstreamEntry {
  return { project, ...built }
}

function files(): readonly UpstreamEntry[] {
  return [
    entry(
      'web',
      makeWheel({
        name: 'web',
        version: '2.1',
        requires: ['plaster>=1', 'own-lib', 'fallback ; sys_platform == "win32"'],
      }),
    ),
    entry('web', makeWheel({ name: 'web', version: '3.0', requiresPython: '>=3.99' })),
    entry(
      'plaster',
      makeSdist({
        name: 'plaster',
        version: '1.1',
        metadata: 'Metadata-Version: 2.2\nName: plaster\nVersion: 1.1\nRequires-Dist: leaf<2\n\n',
        files: { 'pyproject.toml': '[build-system]\nrequires = ["backend>=3"]\nbuild-backend = "backend"\n' },
      }),
    ),
    entry('leaf', makeWheel({ name: 'leaf', version: '1.4' })),
    entry('leaf', makeWheel({ name: 'leaf', version: '2.0' })),
    entry('backend', makeWheel({ name: 'backend', version: '3.3' })),
    entry('own-lib', makeWheel({ name: 'own-lib', version: '9.9' })),
    entry('coded', coded()),
    entry('young', makeWheel({ name: 'young', version: '1.0' })),
    { ...entry('young', makeWheel({ name: 'young', version: '2.0' })), uploadTime: new Date().toISOString() },
  ]
}

/** A sdist that alone can say what it needs, and whose own code is its build backend: nothing keeps that from running. */
function coded(): Built {
  const backend = [
    'import os, pathlib',
    'def get_requires_for_build_wheel(settings=None): return []',
    'def prepare_metadata_for_build_wheel(directory, settings=None):',
    `    open(${JSON.stringify(marker())}, "w").close()`,
    '    info = pathlib.Path(directory, "coded-1.0.dist-info")',
    '    info.mkdir()',
    '    (info / "METADATA").write_text("Metadata-Version: 2.1\\nName: coded\\nVersion: 1.0\\nRequires-Dist: leaf\\n\\n")',
    '    return info.name',
  ]
  return makeSdist({
    name: 'coded',
    version: '1.0',
    metadata: 'Metadata-Version: 2.2\nName: coded\nVersion: 1.0\nDynamic: Requires-Dist\n\n',
    files: {
      'pyproject.toml': '[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n',
      'backend.py': `${backend.join('\n')}\n`,
    },
  })
}

function run(...argv: readonly string[]): Promise<CommandResult> {
  const env = {
    FIRN_URL: place.url,
    FIRN_PYTHON: place.python,
    PATH: process.env['PATH'] ?? '',
    HOME: home,
    FIRN_UV: uv,
  }
  return firn([...argv, '--target', 'cp311-manylinux_x86_64'], env)
}

/** Names of files, without sizes. */
function fetched({ stdout }: CommandResult): readonly string[] {
  return [...stdout.matchAll(/^fetched {2}(\S+)/gm)].map(([, name = '']) => name).toSorted()
}

it('brings what is needed to run and to build, and what is frozen of it is closed', async () => {
  const result = await run('fetch', '--resolve', 'web', '--index-url', upstream.url)
  expect([result.code, result.stderr, fetched(result)]).toEqual([
    0,
    '',
    ['backend-3.3-py3-none-any.whl', 'leaf-1.4-py3-none-any.whl', 'plaster-1.1.tar.gz', 'web-2.1-py3-none-any.whl'],
  ])
  expect(result.stdout.match(/^chosen .*$/gm)).toEqual([
    `chosen   backend==3.3  for what needs it, from ${upstream.url}`,
    `chosen   leaf==1.4  for what needs it, from ${upstream.url}`,
    `chosen   plaster==1.1  for what needs it, from ${upstream.url}`,
    `chosen   web==2.1  for web, from ${upstream.url}`,
    'chosen   own-lib==1.0  for what needs it, from the pool',
  ])
  const frozen = await run('freeze', 'acme/1', 'web>=2', '--resolve', '--json')
  expect([frozen.code, frozen.stderr]).toEqual([0, ''])
  const { manifest } = JSON.parse(frozen.stdout) as { manifest: Manifest }
  expect([manifest.roots, manifest.pins.map(({ name, version }) => `${name}==${version}`)]).toEqual([
    ['web>=2'],
    ['backend==3.3', 'leaf==1.4', 'own-lib==1.0', 'plaster==1.1', 'web==2.1'],
  ])
  const environment = await place.virtualenv('installed')
  const install = ['-m', 'pip', '--python', environment, 'install', '--index-url', `${place.url}/index/acme/1/`]
  await place.client(await pinnedPip(), [...install, 'leaf', 'own-lib'])
})

it('brings nothing that is there already', async () => {
  await run('fetch', '--resolve', 'leaf<2', '--index-url', upstream.url)
  const { code, stdout } = await run('fetch', '--resolve', 'leaf<2', '--index-url', upstream.url)
  expect([code, stdout]).toEqual([
    0,
    `chosen   leaf==1.4  for leaf<2, from ${upstream.url}\n` +
      `0 files to fetch from ${upstream.url}, 1 already in the pool\n0 files fetched (0 B), 1 already in the pool\n`,
  ])
})

it("takes the team's own projects from the pool alone, whatever an upstream has under their names", async () => {
  const { code, stderr } = await run('fetch', '--resolve', 'own-lib>5', '--index-url', upstream.url)
  expect([code, stderr]).toEqual([
    errors['resolution-failed'].exit,
    expect.stringMatching(/own-lib<=1\.0|only own-lib==1\.0/),
  ])
  expect(stderr).toContain("Of a project that the team uploads itself, the pool's versions alone are taken")
  expect((await ask(place.url, '/simple/own-lib/')).text).not.toContain('9.9')
})

it("refuses a version of the team's own project that somebody else's resolver chose", async () => {
  const body = JSON.stringify({
    sources: [{ name: 'uv (resolved)', text: 'own-lib==9.9\n', as: 'resolved' }],
    targets: ['cp311-manylinux_x86_64'],
    indexes: [upstream.url],
  })
  const headers = { 'Content-Type': 'application/json' }
  const { status, text } = await ask(place.url, '/api/v1/fetch', { method: 'POST', headers, body })
  expect([status, (JSON.parse(text) as { problems: unknown }).problems]).toEqual([
    422,
    [
      {
        place: { source: 'uv (resolved)', line: 1 },
        message: "own-lib==9.9 is not in the pool, and own-lib is the team's own: files of it were uploaded here",
        hint: "upload the version that is lacking; or, if an upstream's files are to be mixed with the team's: --from-upstream own-lib",
      },
    ],
  ])
})

it("takes a project of the team's own from an upstream where it is named", async () => {
  const result = await run('fetch', '--resolve', 'own-lib', '--from-upstream', 'Own_Lib', '--index-url', upstream.url)
  expect([result.code, result.stderr, fetched(result)]).toEqual([0, '', ['own_lib-9.9-py3-none-any.whl']])
})

it('is shown nothing that is younger than is wanted, but what is named', async () => {
  const asked = ['fetch', '--resolve', 'young', '--min-age', '7d', '--index-url', upstream.url]
  const old = await run(...asked)
  expect([old.code, old.stderr, fetched(old)]).toEqual([0, '', ['young-1.0-py3-none-any.whl']])
  const young = await run(...asked, '--allow-young', 'young')
  expect([young.code, young.stderr, fetched(young)]).toEqual([0, '', ['young-2.0-py3-none-any.whl']])
  const none = await run(...asked, 'young>1')
  expect([none.code, none.stderr]).toEqual([
    errors['resolution-failed'].exit,
    expect.stringContaining('What is younger than --min-age, of this command or of the server, is not there'),
  ])
})

it('goes by when files came to the upstream', async () => {
  const result = await run('fetch', '--resolve', 'leaf', '--exclude-newer', '2011-01-01', '--index-url', upstream.url)
  expect([uploadTime > '2011-01-01', result.code, result.stdout]).toEqual([true, errors['resolution-failed'].exit, ''])
})

it('runs the code of a sdist on demand alone', async () => {
  const without = await run('fetch', '--resolve', 'coded', '--index-url', upstream.url)
  expect([without.code, existsSync(marker())]).toEqual([65, false])
  expect(without.stderr).toContain('all versions of coded depend on dependencies-stated-only-in-code')
  const result = await run('fetch', '--resolve', 'coded', '--build-sdists', '--index-url', upstream.url)
  expect([result.code, result.stderr, existsSync(marker())]).toEqual([0, '', true])
  expect(fetched(result)).toEqual(['coded-1.0.tar.gz', 'leaf-2.0-py3-none-any.whl'])
})

it('takes no password in the URL of an upstream, as paths are written to logs', async () => {
  const result = await run('fetch', '--resolve', 'web', '--index-url', 'http://anna:secret@127.0.0.1:9/')
  expect([result.code, result.stderr]).toEqual([
    64,
    'error: Command is not valid: --index-url with a password in it cannot be resolved against: paths are written to logs\n' +
      'hint: give it to the server: firn serve --upstream, FIRN_UPSTREAM\n',
  ])
})

it('says what an upstream answers that cannot be used', async () => {
  const { code, stderr } = await run('fetch', '--resolve', 'closed', '--index-url', upstream.url)
  expect([code, stderr]).toEqual([
    errors['resolver-unusable'].exit,
    expect.stringContaining(`Upstream index cannot be used, ${upstream.url}closed/: it answers 403`),
  ])
})
