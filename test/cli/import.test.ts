import { cp, mkdir, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { makeEgg, makeSdist, makeWheel } from '../support/archives.ts'
import { cleanStop } from '../support/clean-stop.ts'
import { ask, freeze, upload } from '../support/requests.ts'
import { firn, startServer, temporaryDirectory, type CommandResult, type TestServer } from '../support/server.ts'

const longVersion = `1.0+${'long'.repeat(20)}`
const wheel = makeWheel({ name: 'karl', version: '3.30', requires: ['zope.interface'] })
const files = [
  wheel,
  { ...makeSdist({ name: 'zope.interface', version: '5.10', format: 'zip' }), filename: 'zope.interface-5.10.zip' },
  makeEgg({ name: 'ZODB3', version: '3.9.0', python: '3.11' }),
  makeWheel({ name: 'karl.content', version: longVersion, tag: 'cp311-cp311-manylinux_2_17_x86_64' }),
]

const waivers = [{ project: 'setuptools', reason: 'nothing is built here' }]

let there: TestServer
let shared: string
let bundle: string
let tree: string
let here: TestServer
let directory: string
beforeAll(async () => {
  there = await startServer()
  shared = await temporaryDirectory()
  for (const file of files) await upload(there.url, file)
  const pins = ['karl==3.30', 'zope.interface==5.10', 'ZODB3==3.9.0', `karl.content==${longVersion}`]
  await freeze(there.url, 'karl/3.30', pins.join('\n'), { waivers })
  await freeze(there.url, 'karl/3.29', 'ZODB3==3.9.0')
  ;[bundle, tree] = [join(shared, 'karl-3.30.tar'), join(shared, 'tree')]
  await firn(['bundle', 'karl/3.30', bundle], { FIRN_URL: there.url })
  await firn(['export', '--all', tree], { FIRN_URL: there.url })
})
beforeEach(async () => {
  here = await startServer()
  directory = await temporaryDirectory()
})
afterEach(async () => {
  await cleanStop(here)
  await rm(directory, { recursive: true })
})
afterAll(async () => {
  await cleanStop(there)
  await rm(shared, { recursive: true })
})

async function imported(...argv: readonly string[]): Promise<CommandResult> {
  const { code, stdout, stderr } = await firn(['import', ...argv], { FIRN_URL: here.url })
  const short = (text: string) =>
    text.replaceAll(shared, 'SHARED').replaceAll(directory, 'DIR').replaceAll(here.url, 'URL')
  return { code, stdout: short(stdout), stderr: short(stderr) }
}

async function signatures(url: string): Promise<readonly object[]> {
  const { text } = await ask(url, '/index/karl/3.30/manifest.json.sig')
  return (JSON.parse(text) as { signatures: readonly object[] }).signatures
}

async function releases(): Promise<readonly string[]> {
  return (await here.store.records.releases()).map(({ name }) => `${name.product}/${name.release}`)
}

async function expectSamePages(release: string, ...below: readonly string[]): Promise<void> {
  for (const path of ['manifest.json', '', 'requirements.txt', ...below]) {
    const [ours, theirs] = await Promise.all([here, there].map(({ url }) => ask(url, `/index/${release}/${path}`)))
    expect([path, ours?.status, ours?.text]).toEqual([path, 200, theirs?.text])
  }
}

describe('firn import of a bundle', () => {
  it('takes the release as it is, into an empty server, and again', async () => {
    const first = await imported(bundle)
    expect(first).toEqual({
      code: 0,
      stderr: '',
      stdout: expect.stringMatching(
        /^imported karl\/3\.30 from SHARED\/karl-3\.30\.tar\n {2}files {4}4 files, 4 of them new to the pool\n {2}digest {3}sha256:[0-9a-f]{64}\n {2}index {4}URL\/index\/karl\/3\.30\/\n$/,
      ) as string,
    })
    await expectSamePages('karl/3.30', 'zope-interface/', 'zodb3/', 'karl-content/')
    for (const { filename, bytes } of files) {
      const { project = '' } = (await here.store.records.distribution(filename)) ?? {}
      expect((await ask(here.url, `/pool/${project}/${filename}`)).body).toEqual(bytes)
    }
    const again = JSON.parse((await imported(bundle, '--json')).stdout) as object
    expect(again).toMatchObject({ event: 'release', release: 'karl/3.30', outcome: 'same', added: 0, files: 4 })
  })

  it('keeps the signature of who froze it, before its own; its own bundle has that alone', async () => {
    await imported(bundle)
    const [theirs, ours] = await Promise.all([there, here].map(({ url }) => signatures(url)))
    expect([theirs?.length, ours?.length, ours?.[0]]).toEqual([1, 2, theirs?.[0]])
    const again = join(directory, 'again.tar')
    await firn(['bundle', 'karl/3.30', again], { FIRN_URL: here.url })
    expect((await readFile(again)).equals(await readFile(bundle))).toBe(true)
  })

  it('makes nothing on a dry run', async () => {
    const dry = await imported(bundle, '--dry-run')
    expect([dry.code, dry.stdout.split('\n')[0]]).toEqual([
      0,
      'dry run, nothing was imported: karl/3.30 from SHARED/karl-3.30.tar',
    ])
    expect([await releases(), await here.store.records.projects()]).toEqual([[], []])
  })

  it('is refused where the pool has other bytes under a name', async () => {
    await upload(here.url, makeWheel({ name: 'karl', version: '3.30', files: { 'other.py': '' } }))
    const { code, stderr } = await imported(bundle)
    expect([code, stderr]).toEqual([
      65,
      expect.stringMatching(
        /^refused {2}SHARED\/karl-3\.30\.tar\nerror: Release cannot be imported: 1 problem\n {2}karl-3\.30-py3-none-any\.whl: the pool has other bytes under this name, sha256 [0-9a-f]{64}\n$/,
      ),
    ])
    expect(await releases()).toEqual([])
  })
})

describe('firn import of an export', () => {
  it('takes every release of it', async () => {
    const { code, stdout } = await imported(tree, '--json')
    const lines = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>)
    expect([code, lines.filter(({ event }) => event === 'release')]).toMatchObject([
      0,
      [
        { release: 'karl/3.29', outcome: 'imported', added: 1, files: 1 },
        { release: 'karl/3.30', outcome: 'imported', added: 3, files: 4 },
      ],
    ])
    await expectSamePages('karl/3.30', 'zope-interface/')
    await expectSamePages('karl/3.29', 'zodb3/')
  })

  it('lists the files that are not as the manifest says, and takes the other releases', async () => {
    const copy = join(directory, 'tree')
    await cp(tree, copy, { recursive: true })
    await rm(join(copy, 'pool', 'zope-interface'), { recursive: true })
    await rm(join(copy, 'pool', 'karl', wheel.filename))
    await writeFile(join(copy, 'pool', 'karl', wheel.filename), 'other')
    const { code, stdout, stderr } = await imported(copy)
    expect([code, stdout.split('\n').filter((line) => line.startsWith('imported'))]).toEqual([
      65,
      ['imported karl/3.29 from DIR/tree'],
    ])
    expect(stderr).toBe(`refused  DIR/tree
error: Release cannot be imported: karl/3.30: 2 problems
  pool/karl/${wheel.filename} holds other bytes than the manifest says
  pool/zope-interface/zope.interface-5.10.zip is not there
`)
    expect(await releases()).toEqual(['karl/3.29'])
  })

  it('reads no manifest through a link', async () => {
    const place = join(directory, 'tree', 'index', 'karl', '1')
    await mkdir(place, { recursive: true })
    await mkdir(join(directory, 'tree', 'pool'))
    await symlink('/etc/passwd', join(place, 'manifest.json'))
    const { code, stderr } = await imported(join(directory, 'tree'))
    expect([code, stderr]).toEqual([66, expect.stringContaining('manifest.json is no manifest')])
  })
})
