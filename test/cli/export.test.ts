import { mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { makeEgg, makeSdist, makeWheel } from '../support/archives.ts'
import { cleanStop } from '../support/clean-stop.ts'
import { identitiesOf, treeOf } from '../support/plain-tree.ts'
import { ask, freeze, upload } from '../support/requests.ts'
import { firn, startServer, temporaryDirectory, type CommandResult, type TestServer } from '../support/server.ts'

const files = [
  makeWheel({ name: 'karl', version: '3.30+local', requires: ['zope.interface'] }),
  { ...makeSdist({ name: 'zope.interface', version: '5.10', format: 'zip' }), filename: 'zope.interface-5.10.zip' },
  makeEgg({ name: 'ZODB3', version: '3.9.0', python: '3.11' }),
]
const more = makeWheel({ name: 'karl', version: '3.31' })

const waivers = [{ project: 'setuptools', reason: 'nothing is built here' }]

let server: TestServer
let directory: string
let tree: string
beforeAll(async () => {
  server = await startServer()
  for (const file of [...files, more]) await upload(server.url, file)
  await freeze(server.url, 'karl/3.30', 'karl==3.30+local\nzope.interface==5.10\nZODB3==3.9.0', { waivers })
})
beforeEach(async () => {
  directory = await temporaryDirectory()
  tree = join(directory, 'tree')
})
afterEach(() => rm(directory, { recursive: true }))
afterAll(() => cleanStop(server))

async function exported(...argv: readonly string[]): Promise<CommandResult> {
  const { code, stdout, stderr } = await firn(['export', ...argv], {
    FIRN_URL: server.url,
    FIRN_DATA: join(directory, 'none'),
  })
  return { code, stdout: stdout.replaceAll(directory, 'DIR'), stderr: stderr.replaceAll(directory, 'DIR') }
}

const pool = () => ['--pool', join(server.data, 'pool')]

const json = { Accept: 'application/vnd.pypi.simple.v1+json' }

/** What the server has at the URL that a path of the tree stands for. */
async function served(path: string): Promise<Buffer> {
  const page = /^(.*\/)index\.(html|json)$/.exec(path)
  const url = `/${(page?.[1] ?? path).split('/').map(encodeURIComponent).join('/')}`
  const reply = await ask(server.url, url, page?.[2] === 'json' ? { headers: json } : {})
  const { location } = reply.headers
  if (location === undefined) return reply.body
  return (
    await ask(server.url, new URL(location, `http://x${url}`).pathname, page?.[2] === 'json' ? { headers: json } : {})
  ).body
}

const release = 'index/karl/3.30'
/** Every page and file; documents come and go with firn's versions. */
const expected = [
  'index.html',
  ...['', '/ZODB3', '/karl', '/zodb3', '/zope-interface', '/zope.interface'].flatMap((below) => [
    `${release}${below}/index.html`,
    `${release}${below}/index.json`,
  ]),
  ...['manifest.json', 'requirements.txt', 'constraints.txt', 'versions.cfg', 'pylock.toml'].map(
    (name) => `${release}/${name}`,
  ),
  ...[
    'karl/karl-3.30+local-py3-none-any.whl',
    'zodb3/ZODB3-3.9.0-py3.11.egg',
    'zope-interface/zope.interface-5.10.zip',
  ].flatMap((file) => [`pool/${file}`, `pool/${file}.metadata`]),
]

describe('firn export', () => {
  it('writes what the server serves, at the paths of its URLs, and under the real names', async () => {
    const { code, stdout, stderr } = await exported('karl/3.30', tree)
    expect([code, stderr]).toEqual([0, ''])
    expect(stdout).toMatch(
      /^exported karl\/3\.30 to DIR\/tree\n {2}new {6}0 files linked, 6 files copied, \d+ pages\n {2}digest {3}sha256:[0-9a-f]{64}\n$/,
    )
    const paths = Object.keys(await treeOf(tree))
    expect(paths).toEqual(expect.arrayContaining(expected))
    const same = paths.filter((path) => path !== 'index.html' && !/(?:versions\.cfg|pylock\.toml)$/.test(path))
    for (const path of same) expect([path, await readFile(join(tree, path))]).toEqual([path, await served(path)])
  })

  it('names the host where it is told, and none where it is not', async () => {
    await exported('karl/3.30', tree)
    await exported('karl/3.30', join(directory, 'named'), '--base-url', 'https://python.example/karl')
    const [without, named] = await Promise.all(
      [tree, join(directory, 'named')].map((top) => readFile(join(top, release, 'versions.cfg'), 'utf8')),
    )
    expect([without?.includes('://'), named?.includes('https://python.example/karl/index/karl/3.30/')]).toEqual([
      false,
      true,
    ])
  })

  it('links files to the pool, where they are read-only', async () => {
    const { stdout } = await exported('karl/3.30', tree, ...pool())
    expect(stdout).toContain('3 files linked, 3 files copied')
    const path = join('pool', 'karl', files[0]?.filename ?? '')
    const [ours, theirs] = await Promise.all([stat(join(tree, path)), stat(join(server.data, path))])
    expect([ours.ino, (ours.mode & 0o777).toString(8)]).toEqual([theirs.ino, '444'])
  })

  it('does not link a file of the pool whose bytes are others, and takes it from the server', async () => {
    const other = join(directory, 'pool')
    const name = files[0]?.filename ?? ''
    await mkdir(join(other, 'karl'), { recursive: true })
    await writeFile(join(other, 'karl', name), 'other')
    const { stdout } = await exported('karl/3.30', tree, '--pool', other)
    expect(stdout).toContain('0 files linked, 6 files copied')
    expect(await readFile(join(tree, 'pool', 'karl', name))).toEqual(files[0]?.bytes)
  })

  it('changes nothing when it is run again, and adds what is new with --all', async () => {
    await exported('karl/3.30', tree)
    const before = await identitiesOf(tree)
    const again = await exported('--all', tree)
    expect(again.stdout).toContain('0 files linked, 0 files copied, 0 pages')
    expect(await identitiesOf(tree)).toEqual(before)

    await freeze(server.url, 'karl/3.31', 'karl==3.31\nzope.interface==5.10\nZODB3==3.9.0', { waivers })
    const both = await exported('--all', tree, '--json')
    const [first, second] = both.stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>)
    expect([first, second]).toMatchObject([
      {
        release: 'karl/3.31',
        directory: 'DIR/tree',
        linked: 0,
        copied: 2,
        digest: expect.stringMatching(/^[0-9a-f]{64}$/) as string,
      },
      { release: 'karl/3.30', copied: 0, pages: 0 },
    ])
    const after = await identitiesOf(tree)
    const kept = Object.keys(before).filter((path) => path.startsWith(release) || path.endsWith('.zip'))
    expect(kept.filter((path) => before[path] !== after[path])).toEqual([])
    expect(await readFile(join(tree, 'index.html'), 'utf8')).toContain(
      '<a href="index/karl/3.31/index.html">karl/3.31</a>',
    )
  })

  it('exports all that there is, however many pages the list of releases has', async () => {
    const many = await startServer()
    await upload(many.url, more)
    const names = Array.from({ length: 101 }, (_, at) => `karl/${at}`)
    for (const name of names) await freeze(many.url, name, 'karl==3.31')
    const { stdout } = await firn(['export', '--all', tree], { FIRN_URL: many.url, FIRN_DATA: many.data })
    await cleanStop(many)
    expect(stdout.match(/^exported \S+/gm)?.toSorted()).toEqual(names.map((name) => `exported ${name}`).toSorted())
  })

  it('brings back what has been taken out of a tree', async () => {
    await exported('karl/3.30', tree)
    const before = await treeOf(tree)
    for (const path of [`${release}/karl/index.html`, 'pool/zodb3', 'index.html'])
      await rm(join(tree, path), { recursive: true })
    await exported('karl/3.30', tree)
    expect(await treeOf(tree)).toEqual(before)
  })

  it('refuses a tree that holds other bytes, says which, and writes nothing', async () => {
    await exported('karl/3.30', tree)
    const changed = [`${release}/karl/index.html`, 'pool/zodb3/ZODB3-3.9.0-py3.11.egg']
    for (const path of changed) await writeFile(join(tree, path), 'other')
    await rm(join(tree, `${release}/manifest.json`))
    const before = await identitiesOf(tree)
    expect(await exported('karl/3.30', tree)).toEqual({
      code: 73,
      stdout: '',
      stderr: `error: Directory holds other content: DIR/tree
  ${release}/karl/index.html holds other bytes
  pool/zodb3/ZODB3-3.9.0-py3.11.egg holds other bytes
hint: nothing is ever overwritten: export into another directory, or find out who changed this one
`,
    })
    const after = await identitiesOf(tree)
    expect(Object.keys(after)).toEqual(Object.keys(before))
    const answer = JSON.parse((await exported('karl/3.30', tree, '--json')).stdout) as object
    expect(answer).toMatchObject({ code: 'export-differs', directory: 'DIR/tree' })
  })

  it('ends well for two at once into one directory', async () => {
    await exported('karl/3.30', join(directory, 'reference'))
    const both = await Promise.all([exported('karl/3.30', tree), exported('karl/3.30', tree, ...pool())])
    expect(both.map(({ code, stderr }) => [code, stderr])).toEqual([
      [0, ''],
      [0, ''],
    ])
    expect(await treeOf(tree)).toEqual(await treeOf(join(directory, 'reference')))
  })

  it.each([
    [['karl/9.9', 'TREE'], 66, 'error: No such release: karl/9.9\n'],
    [
      ['karl/3.30'],
      64,
      'error: Command is not valid: name one release, or all of them with --all\nhint: firn export --help\n',
    ],
    [['karl/3.30', 'TREE', '--pool', 'none'], 66, 'error: Input cannot be read: none is no directory\n'],
    [
      ['karl/3.30', 'TREE', '--base-url', 'x'],
      64,
      "error: option '--base-url <url>' argument 'x' is invalid. It is an http, https or file URL.\n",
    ],
  ])('refuses %j', async (argv, code, message) => {
    const answer = await exported(...argv.map((each) => each.replace('TREE', tree)))
    expect([answer.code, answer.stderr]).toEqual([code, expect.stringContaining(message)])
  })
})
