import { readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { makeEgg, makeSdist, makeWheel } from '../support/archives.ts'
import { errors } from '../../pool/errors.ts'
import { sha256 } from '../support/catalogue.ts'
import { cleanStop } from '../support/clean-stop.ts'
import { treeOf } from '../support/plain-tree.ts'
import { run } from '../support/python.ts'
import { ask, freeze, upload } from '../support/requests.ts'
import { firn, startServer, temporaryDirectory, type TestServer } from '../support/server.ts'

const files = [
  makeWheel({ name: 'karl', version: '3.30', requires: ['zope.interface'] }),
  { ...makeSdist({ name: 'zope.interface', version: '5.10', format: 'zip' }), filename: 'zope.interface-5.10.zip' },
  makeEgg({ name: 'ZODB3', version: '3.9.0', python: '3.11' }),
  // Longer than the name of a tar's header.
  makeWheel({ name: 'karl.content', version: `1.0+${'long'.repeat(20)}`, tag: 'cp311-cp311-manylinux_2_17_x86_64' }),
]

const waivers = [{ project: 'setuptools', reason: 'nothing is built here' }]

let here: TestServer
let there: TestServer
let directory: string
beforeAll(async () => {
  here = await startServer()
  there = await startServer()
  for (const file of files) await upload(here.url, file)
  const pins = ['karl==3.30', 'zope.interface==5.10', 'ZODB3==3.9.0', `karl.content==1.0+${'long'.repeat(20)}`]
  await freeze(here.url, 'karl/3.30', pins.join('\n'), { waivers })
  for (const file of files.toReversed()) await upload(there.url, file)
  const [manifest, envelope] = await Promise.all(
    ['', '.sig'].map(async (more) => (await ask(here.url, `/index/karl/3.30/manifest.json${more}`)).text),
  )
  const headers = { 'Content-Type': 'application/json' }
  await ask(there.url, '/api/v1/releases/import', {
    method: 'POST',
    headers,
    body: JSON.stringify({ manifest, envelope }),
  })
})
beforeEach(async () => {
  directory = await temporaryDirectory()
})
afterEach(() => rm(directory, { recursive: true }))
afterAll(async () => {
  await cleanStop(here)
  await cleanStop(there)
})

describe('firn bundle', () => {
  it('makes the same bytes of the same release, on two servers, from the pool or over HTTP', async () => {
    const ways = [
      { url: here.url, more: [] },
      { url: here.url, more: ['--pool', join(here.data, 'pool')] },
      { url: there.url, more: [] },
    ]
    const digests: string[] = []
    for (const [at, { url, more }] of ways.entries()) {
      const path = join(directory, `${at}.tar`)
      const { code, stdout, stderr } = await firn(['bundle', 'karl/3.30', path, '--json', ...more], { FIRN_URL: url })
      expect([code, stderr]).toEqual([0, ''])
      const said = JSON.parse(stdout) as Record<string, string>
      const digest = sha256(await readFile(path))
      expect(said).toMatchObject({ release: 'karl/3.30', file: path, sha256: digest })
      digests.push(digest)
    }
    expect(new Set(digests).size).toBe(1)
    expect(await readdir(directory)).toEqual(['0.tar', '1.tar', '2.tar'])
  })

  it('holds what an export holds, nobody’s name, and one time', async () => {
    const path = join(directory, 'karl.tar')
    const { stdout } = await firn(['bundle', 'karl/3.30', path], { FIRN_URL: here.url })
    expect(stdout).toMatch(
      /^bundled karl\/3\.30 as .*: 4 files, .*\n {2}digest {3}sha256:[0-9a-f]{64}\n {2}file {5}sha256:[0-9a-f]{64}\n$/,
    )
    const listed = await run('tar', ['--list', '--verbose', '--numeric-owner', '--utc', '--full-time', '-f', path])
    const lines = listed.stdout
      .trimEnd()
      .split('\n')
      .map((line) => line.split(/\s+/))
    const frozenAt = (await ask(here.url, '/index/karl/3.30/manifest.json')).text.match(/"frozen-at":"(\S{10})T(\S{8})/)
    const facts = lines.map(([mode, owner, , day, time]) => [mode, owner, day, time].join(' '))
    expect(new Set(facts)).toEqual(new Set([`-rw-r--r-- 0/0 ${frozenAt?.[1]} ${frozenAt?.[2]}`]))

    await run('tar', ['--extract', '-f', path], { cwd: directory })
    await rm(path)
    const exported = join(directory, 'exported')
    await firn(['export', 'karl/3.30', exported], { FIRN_URL: here.url })
    const [inBundle, inExport] = [await treeOf(directory), await treeOf(exported)]
    const own = Object.entries(inBundle).filter(([name]) => !name.startsWith('exported/'))
    expect(Object.fromEntries(own)).toEqual(inExport)
    expect(own.map(([name]) => name)).toEqual(lines.map((line) => line.at(-1)))
  })

  it('leaves the file that was there when it cannot be done', async () => {
    const path = join(directory, 'karl.tar')
    await firn(['bundle', 'karl/3.30', path], { FIRN_URL: here.url })
    const before = sha256(await readFile(path))
    const { code, stderr } = await firn(['bundle', 'karl/9', path], { FIRN_URL: here.url })
    expect([code, stderr]).toEqual([66, 'error: No such release: karl/9\n'])
    expect([sha256(await readFile(path)), await readdir(directory)]).toEqual([before, ['karl.tar']])
  })

  it('replaces nothing: the same again is fine, another file of that name is left alone', async () => {
    const path = join(directory, 'again.tar')
    const bundle = () => firn(['bundle', 'karl/3.30', path], { FIRN_URL: here.url })
    expect([(await bundle()).code, (await bundle()).code]).toEqual([0, 0])
    await writeFile(path, 'head of the log')
    const { code, stderr } = await bundle()
    expect([code, stderr, await readFile(path, 'utf8')]).toEqual([
      73,
      `error: ${errors['export-differs'].title}: ${path} holds other bytes\nhint: nothing is ever overwritten: give another name, or remove it\n`,
      'head of the log',
    ])
    const below = await firn(['export', 'karl/3.30', path], { FIRN_URL: here.url })
    expect([below.code, below.stderr]).toEqual([
      66,
      expect.stringContaining('cannot be made a directory: a file is there') as string,
    ])
  })
})
