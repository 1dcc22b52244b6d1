/** docs/compoze.md: each command on it is run, so that what it says of firn is so. */
import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { chmod, lstat, mkdir, readdir, rm, symlink, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { makeEgg, makeSdist, makeWheel, metadataOf, type Built } from '../support/archives.ts'
import { cleanStop } from '../support/clean-stop.ts'
import { ask } from '../support/requests.ts'
import { root, startServer, temporaryDirectory, type TestServer } from '../support/server.ts'
import { startUpstream, type Upstream, type UpstreamEntry } from '../support/upstream.ts'

vi.setConfig({ testTimeout: 300_000, hookTimeout: 60_000 })

const page = readFileSync(join(root, 'docs', 'compoze.md'), 'utf8')
const karl = makeWheel({ name: 'karl', version: '3.30' })
const zope = makeWheel({ name: 'zope.interface', version: '5.10' })
const lxml = makeWheel({ name: 'lxml', version: '4.9' })
const linked = makeWheel({ name: 'linked', version: '1' })
const local = makeWheel({ name: 'local', version: '1' })
const old = makeSdist({ name: 'repoze.bfg', version: '1.2' })

let server: TestServer
let upstreams: readonly Upstream[]
let directory: string
beforeAll(async () => {
  directory = await temporaryDirectory()
  upstreams = await Promise.all([startOne(), startTwo()])
  server = await startServer({ upstream: upstreams[0]?.url ?? '' })
  await Promise.all([writeInputs(), writeEnvironment(), writeCompozeIndex()])
})
afterAll(async () => {
  await Promise.all(upstreams.map(({ stop }) => stop()))
  await cleanStop(server)
  await rm(directory, { recursive: true })
})

function entry(project: string, built: Built): UpstreamEntry {
  return { project, ...built }
}

function startOne(): Promise<Upstream> {
  const egg = makeEgg({ name: 'ZODB3', version: '3.9.0' })
  return startUpstream({ files: [entry('karl', karl), entry('zope-interface', zope), entry('zodb3', egg)] })
}

function startTwo(): Promise<Upstream> {
  const sha1 = createHash('sha1').update(linked.bytes).digest('hex')
  return startUpstream({
    form: 'html',
    files: [entry('lxml', lxml), entry('elsewhere', linked)],
    pages: { links: `<a href="../../files/${linked.filename}#sha1=${sha1}">linked</a>` },
  })
}

async function put(path: string, text: string | Buffer): Promise<void> {
  await mkdir(dirname(join(directory, path)), { recursive: true })
  await writeFile(join(directory, path), text)
}

async function writeInputs(): Promise<void> {
  await put('site.cfg', '[global]\nverbose = true\n[versions]\nkarl = 3.30\n[kgs]\nzope.interface = 5.10\n')
  await put(`wheels/${local.filename}`, local.bytes)
  const [, toml = ''] = /```toml\n(.*?)```/s.exec(page) ?? []
  await put('site.toml', here(toml))
  await put('bin/firn', `#!/bin/sh\nexec '${process.execPath}' --import tsx '${join(root, 'cli', 'firn.ts')}' "$@"\n`)
  await chmod(join(directory, 'bin', 'firn'), 0o755)
  await symlink(join(root, 'node_modules'), join(directory, 'node_modules'))
}

/** An environment with a Python that sees nothing else. */
async function writeEnvironment(): Promise<void> {
  const site = 'venv/lib/python3.11/site-packages'
  for (const [name, version] of [
    ['karl', '3.30'],
    ['zope.interface', '5.10'],
  ] as const)
    await put(`${site}/${name}-${version}.dist-info/METADATA`, metadataOf({ name, version }))
  await put('venv/bin/python', `#!/bin/sh\nexec env PYTHONPATH='${join(directory, site)}' python3 -S "$@"\n`)
  await chmod(join(directory, 'venv/bin/python'), 0o755)
}

/** As `compoze fetch` and `compoze index` left it. */
async function writeCompozeIndex(): Promise<void> {
  await put(`2010/${old.filename}`, old.bytes)
  await put('2010/simple/index.html', '<a href="repoze.bfg">repoze.bfg</a>')
  await put('2010/simple/repoze.bfg/index.html', `<a href="../../${old.filename}">${old.filename}</a>`)
}

/** What the page says, for this machine. */
function here(text: string): string {
  const [one, two] = upstreams.map(({ url }) => url)
  return text
    .replaceAll('https://one.example/simple/', one ?? '')
    .replaceAll('https://two.example/simple/', two ?? '')
    .replaceAll('/srv/firn/data/pool', join(server.data, 'pool'))
}

/** Every command of the page, in its order: of the right column of its tables, and of its blocks. */
function commandsOf(text: string): readonly string[] {
  return text.split('\n').flatMap((line) => {
    if (line.startsWith('$ ')) return [line.slice(2)]
    const right = line.startsWith('|') ? (line.split('|')[2] ?? '') : ''
    return [...right.matchAll(/`(firn [^`]+)`/g)].map(([, command = '']) => command)
  })
}

interface Outcome {
  readonly command: string
  readonly code: number
  readonly output: string
}

function run(command: string): Promise<Outcome> {
  const env = { ...process.env, PATH: `${join(directory, 'bin')}:${process.env['PATH']}`, FIRN_URL: server.url }
  return new Promise((resolve) => {
    execFile('sh', ['-c', here(command)], { cwd: directory, env }, (error, stdout, stderr) => {
      const code = typeof error?.code === 'number' ? error.code : error ? -1 : 0
      resolve({ command, code, output: `${stdout}${stderr}` })
    })
  })
}

/** Of compoze 0.4, as `compoze --help` and the help of its commands had them. */
const options = [
  '-h --help -s --help-commands -c --config-file -q --quiet -v --verbose -p --path -u --index-url -l --find-links',
  '-f --fetch-site-packages -V --use-versions -S --versions-section -b --include-binary-eggs -k --keep-tempdir',
  '-n --index-name -o --show-only-best -d --include-develop-eggs',
].flatMap((line) => line.split(' '))

it('has every command and option of compoze', () => {
  const left = page.split('\n').map((line) => (line.startsWith('|') ? (line.split('|')[1] ?? '') : ''))
  const named = new Set(left.flatMap((cell) => [...cell.matchAll(/`(-{1,2}[a-zA-Z-]+)/g)].map(([, name]) => name)))
  expect(options.filter((option) => !named.has(option))).toEqual([])
  expect([...page.matchAll(/^## `(\w+)`$/gm)].map(([, name]) => name)).toEqual(['fetch', 'index', 'show', 'pool'])
})

it('has commands that do what it says', async () => {
  const outcomes: Outcome[] = []
  for (const command of commandsOf(page)) outcomes.push(await run(command))
  expect(outcomes.filter(({ code }) => code !== 0)).toEqual([])
  expect(outcomes.length).toBeGreaterThan(30)
  // Each file is in the pool once, wherever it came from.
  const held = await server.store.records.projects()
  expect(held.map(({ project }) => project)).toEqual([
    'karl',
    'linked',
    'local',
    'lxml',
    'repoze-bfg',
    'zodb3',
    'zope-interface',
  ])
  expect((await lstat(join(directory, '2010', old.filename))).isSymbolicLink()).toBe(true)
  const { text } = await ask(server.url, '/index/kgs/2026.11.1/constraints.txt')
  expect(text.split('\n').filter((line) => line.includes('=='))).toEqual(['karl==3.30', 'zope.interface==5.10'])
  expect(await readdir(join(directory, 'kgs', 'index', 'kgs', '2026.11.1'))).toContain('zope-interface')
  expect(await readdir(join(directory, 'www', 'pool'))).toEqual(['karl'])
})
