import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { withoutCredentials } from '../../cli/git-source.ts'
import { errors } from '../../pool/errors.ts'
import { printManifest, readManifest, type Manifest } from '../../pool/manifest.ts'
import { makeWheel } from '../support/archives.ts'
import { sha256, uploadAll } from '../support/catalogue.ts'
import { cleanStop } from '../support/clean-stop.ts'
import { run } from '../support/python.ts'
import { ask, upload } from '../support/requests.ts'
import { firn, startServer, temporaryDirectory, type CommandResult, type TestServer } from '../support/server.ts'

const karl = makeWheel({ name: 'karl', version: '3.30' })
const old = makeWheel({ name: 'lxml', version: '4.9' })
const lately = makeWheel({ name: 'lxml', version: '4.9', tag: 'cp311-cp311-manylinux_2_17_x86_64' })
const own = makeWheel({ name: 'lxml', version: '5.2' })
const theme = makeWheel({ name: 'acme.theme', version: '1.0' })
const target = 'cp311-manylinux_x86_64'

let server: TestServer
let top: string
let directory: string
beforeAll(async () => {
  server = await startServer()
  top = await temporaryDirectory()
  await uploadAll(server.url, [karl, old, own, theme])
  await freeze('karl/3.30', 'karl==3.30', 'lxml==4.9', '--target', target)
  await upload(server.url, lately)
})
beforeEach(async () => {
  directory = await mkdtemp(join(top, 'x-'))
})
afterAll(async () => {
  await rm(top, { recursive: true })
  await cleanStop(server)
})

/** Its server is shown as `URL`, the directory of this test as `DIR`. */
async function freeze(...argv: readonly string[]): Promise<CommandResult> {
  const env = { FIRN_URL: server.url, PATH: process.env['PATH'] ?? '', GIT_DIR: '/nowhere', FIRN_PYTHON: '/nowhere' }
  const { code, stdout, stderr } = await firn(['freeze', ...argv], env)
  const shown = (text: string) => text.replaceAll(directory, 'DIR').replaceAll(server.url, 'URL')
  return { code, stdout: shown(stdout), stderr: shown(stderr) }
}

async function manifestOf(release: string): Promise<Manifest> {
  return readManifest((await ask(server.url, `/index/${release}/manifest.json`)).text)
}

async function file(name: string, text: string): Promise<string> {
  await writeFile(join(directory, name), text)
  return join(directory, name)
}

describe('firn freeze --base', () => {
  it('lays pins over a release, and shows and keeps what it has instead', async () => {
    const cfg = await file('acme.cfg', '[versions]\nlxml = 5.2\nacme.theme = 1.0\n')
    const { code, stdout, stderr } = await freeze('acme/2026.11.1', '--base', 'karl/3.30', '-r', cfg)
    const manifest = await manifestOf('acme/2026.11.1')
    const base = await manifestOf('karl/3.30')
    const digest = sha256(printManifest(base))
    const bytes = [theme, karl, own].reduce((total, file) => total + file.bytes.length, 0)
    expect([code, stderr, stdout]).toEqual([
      0,
      '',
      `frozen acme/2026.11.1
  pins     3 projects, 3 files, ${(bytes / 1000).toFixed(1)} kB
  base     karl/3.30 sha256:${digest.slice(0, 12)}
  overrides  lxml 5.2 instead of 4.9 (karl/3.30)
  targets  ${target}
  digest   sha256:${sha256(printManifest(manifest))}
  index    URL/index/acme/2026.11.1/
  install  pip install --index-url URL/index/acme/2026.11.1/ --require-hashes -r URL/index/acme/2026.11.1/requirements.txt
`,
    ])
    expect({ ...manifest, files: manifest.files.map(({ filename }) => filename) }).toMatchObject({
      base: { product: 'karl', release: '3.30', digest },
      overrides: [{ project: 'lxml', name: 'lxml', from: '4.9', to: '5.2' }],
      targets: [target],
      roots: ['acme.theme==1.0', 'lxml==5.2'],
      files: [theme.filename, karl.filename, own.filename],
    })
    const { text } = await ask(server.url, '/index/acme/2026.11.1/requirements.txt')
    expect(text.split('\n').filter((line) => /^\w/.test(line))).toEqual([
      'acme.theme==1.0 \\',
      'karl==3.30 \\',
      'lxml==5.2 \\',
    ])
  })

  it('alone is the base once more, with no file that the pool has got since', async () => {
    expect((await freeze('acme/plain', '--base', 'karl/3.30')).code).toBe(0)
    const [manifest, base] = [await manifestOf('acme/plain'), await manifestOf('karl/3.30')]
    expect([manifest.pins, manifest.files, manifest.roots]).toEqual([base.pins, base.files, []])
    expect(manifest.files.map(({ filename }) => filename)).not.toContain(lately.filename)
  })

  it('leaves out what it is told to', async () => {
    const { code, stdout } = await freeze('acme/without', '-b', 'karl/3.30', '--without', 'LXML')
    expect([code, stdout.split('\n')[3]]).toEqual([0, '  overrides  lxml left out, 4.9 in karl/3.30'])
    expect((await ask(server.url, '/index/acme/without/lxml/')).status).toBe(404)
    const other = await freeze('acme/without', '-b', 'karl/3.30')
    expect([other.code, other.stderr]).toEqual([
      73,
      `error: Release is already frozen with other content: acme/without
  not in the frozen release: ${old.filename}
  left out of the base, only in the frozen release: lxml
hint: a frozen release never changes: freeze under a new name
`,
    ])
  })

  it('says all that is wrong at once', async () => {
    const changes = await file('CHANGES.txt', '3.29\n====\n- x\n')
    const argv = ['acme/bad', '-b', 'karl/3.30', 'lxml==5.2', 'none==1', '--without', 'lxml', '--without', 'zodb']
    const { code, stderr } = await freeze(...argv, '--changes', changes)
    expect([code, stderr]).toEqual([
      errors['freeze-refused'].exit,
      `error: Release cannot be frozen: 4 problems
  arguments:2: none==1: the pool has no file of none
    bring what is lacking into the pool: firn fetch with the same arguments, or firn upload
  DIR/CHANGES.txt:1: it has no section of bad, but of 3.29
    write the section of bad, or give its changelog under the name that it has there
  lxml is pinned, and is to be left out as well
    decide for one: take it out of --without, or its pin out of the pins
  zodb is to be left out, but karl/3.30 has none
`,
    ])
  })

  it.each([
    ['no such base', ['-b', 'karl/9'], errors['release-unknown'].exit],
    ['a base that is no release', ['-b', 'karl'], errors['release-name-invalid'].exit],
    ['a name to leave out that is none', ['-b', 'karl/3.30', '--without', '../x'], errors['name-invalid'].exit],
    ['nothing at all', ['-t', target], errors.usage.exit],
  ])('refuses %s', async (_, argv, exit) => {
    expect((await freeze('acme/none', ...argv)).code).toBe(exit)
    expect((await ask(server.url, '/index/acme/none/')).status).toBe(404)
  })

  it('asked by others than the command line, refuses a release of nothing', async () => {
    const headers = { 'Content-Type': 'application/json' }
    const reply = await ask(server.url, '/api/v1/releases/acme/none', { method: 'PUT', headers, body: '{}' })
    const { problems } = JSON.parse(reply.text) as { problems: { message: string }[] }
    expect([reply.status, problems.map(({ message }) => message)]).toEqual([
      422,
      ['no pins were given', 'no target was given'],
    ])
  })
})

async function git(...argv: readonly string[]): Promise<string> {
  const options = ['-c', 'user.name=Ann', '-c', 'user.email=ann@example.org', '-c', 'init.defaultBranch=main']
  const { code, stdout, stderr } = await run('git', [...options, '-C', directory, ...argv])
  if (code !== 0) throw new Error(stderr)
  return stdout.trim()
}

describe('firn freeze --changes --source-dir', () => {
  it('keeps what changed and the commit that it was released from', async () => {
    await git('init', '--quiet')
    const changes = await file(
      'CHANGES.txt',
      '2026.12 (2026-12-01)\n====================\n\n- Blue.\n\n2026.11\n=======\n',
    )
    await git('add', '.')
    await git('commit', '--quiet', '-m', 'one')
    for (const tag of ['aaa', 'v2026.12']) await git('tag', tag)
    await git('remote', 'add', 'origin', 'https://ann:secret@example.org/acme.git?token=secret')
    await file('untracked.txt', 'x')
    const argv = ['acme/2026.12', '-b', 'karl/3.30', '--changes', changes, '--source-dir', directory]
    const { code, stdout, stderr } = await freeze(...argv)
    const revision = await git('rev-parse', 'HEAD')
    const { source, changes: kept } = await manifestOf('acme/2026.12')
    expect([code, stderr, kept, source]).toEqual([
      0,
      '',
      '- Blue.',
      { url: 'https://example.org/acme.git', revision, tag: 'v2026.12' },
    ])
    expect(stdout).toContain(`\n  source   v2026.12 ${revision} https://example.org/acme.git\n`)
    await writeFile(changes, 'other')
    expect(await freeze('acme/2026.13', '-b', 'karl/3.30', '--source-dir', directory)).toEqual({
      code: errors['source-changed'].exit,
      stdout: '',
      stderr: `error: Work tree has changes that are not committed: DIR
   M CHANGES.txt
hint: commit them or put them aside (git stash): no commit says what is released otherwise
`,
    })
  })

  it('refuses what is no work tree', async () => {
    const { code, stderr } = await freeze('acme/2026.13', '-b', 'karl/3.30', '--source-dir', directory)
    expect([code, stderr.split('\n')[0]?.startsWith('error: Input cannot be read: DIR: fatal: ')]).toEqual([
      errors['input-unreadable'].exit,
      true,
    ])
  })

  it.each([
    ['https://user:token@example.org/a.git', 'https://example.org/a.git'],
    ['https://token@example.org/a?private_token=x#y', 'https://example.org/a'],
    ['ssh://git:secret@example.org/a.git', 'ssh://git@example.org/a.git'],
    ['git@example.org:a/b.git', 'git@example.org:a/b.git'],
    ['/srv/git/a.git', null],
    ['file:///srv/git/a.git', null],
    ['', null],
  ])('keeps no credentials and no path of a machine: %j', (url, expected) => {
    expect(withoutCredentials(url)).toBe(expected)
  })
})
