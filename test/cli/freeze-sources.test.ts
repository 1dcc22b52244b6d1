import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { makeSdist, makeWheel } from '../support/archives.ts'
import { sha256, uploadAll } from '../support/catalogue.ts'
import { cleanStop } from '../support/clean-stop.ts'
import { ask } from '../support/requests.ts'
import { firn, startServer, temporaryDirectory, type TestServer } from '../support/server.ts'

const wheel = makeWheel({ name: 'karl', version: '3.30' })
const sdist = makeSdist({ name: 'karl', version: '3.30' })
const zope = makeWheel({ name: 'zope.interface', version: '5.10' })

const pages: Readonly<Record<string, string>> = {
  '/kgs/versions.cfg': '[buildout]\nextends = more.cfg\n[versions]\nkarl = 3.29\n',
  '/kgs/more.cfg': '[versions]\nzope.interface = 5.10\n',
}

let server: TestServer
let web: Server
let top: string
let directory: string
beforeAll(async () => {
  server = await startServer()
  top = await temporaryDirectory()
  await uploadAll(server.url, [wheel, sdist, zope])
  const login = `Basic ${Buffer.from('team:secret').toString('base64')}`
  web = createServer((req, res) => {
    const page = pages[req.url ?? '']
    res.statusCode = req.headers.authorization !== login ? 401 : page === undefined ? 404 : 200
    res.end(page)
  })
  await new Promise<void>((resolve) => web.listen(0, '127.0.0.1', resolve))
})
beforeEach(async () => {
  directory = await mkdtemp(join(top, 'x-'))
})
afterAll(async () => {
  await new Promise((resolve) => web.close(resolve))
  await rm(top, { recursive: true })
  await cleanStop(server)
})

/** A URL of the web server, with a user and password. */
function webUrl(path: string): string {
  const { port } = web.address() as AddressInfo
  return `http://team:secret@127.0.0.1:${port}${path}`
}

async function write(files: Readonly<Record<string, string | Buffer>>): Promise<void> {
  for (const [name, content] of Object.entries(files)) {
    await mkdir(dirname(join(directory, name)), { recursive: true })
    await writeFile(join(directory, name), content)
  }
}

/** The outcome of `firn freeze` with files of the test's directory, which is shown as `DIR`. */
async function freeze(release: string, ...argv: readonly string[]) {
  const placed = argv.map((each) => each.replace('DIR', directory))
  const all = ['freeze', release, ...placed, '--target', 'cp311-manylinux_x86_64']
  const { code, stdout, stderr } = await firn(all, { FIRN_URL: server.url })
  const { text } = await ask(server.url, `/index/${release}/manifest.json`)
  const manifest =
    code === 0 ? (JSON.parse(text) as { pins: { name: string }[]; files: { filename: string }[] }) : undefined
  const shown = `${stdout}${stderr}`.replaceAll(directory, 'DIR').replaceAll(/127\.0\.0\.1:\d+/g, 'WEB')
  return {
    code,
    shown,
    pins: manifest?.pins.map(({ name }) => name),
    files: manifest?.files.map(({ filename }) => filename),
  }
}

it('follows -r, -c and extends from file to file', async () => {
  await write({
    'requirements.txt': '-r more/base.txt\n-c limits.txt\nkarl\n',
    'more/base.txt': '-r ../last.txt\n',
    'last.txt': 'zope.interface==5.10\n',
    'limits.txt': 'karl==3.30\nnothing-asks-for-this==1.0\n',
    'buildout.cfg': '[buildout]\nextends = kgs/all.cfg\n[versions]\nkarl = 3.30\n',
    'kgs/all.cfg': '[versions]\nkarl = 1.0\nzope.interface = 5.10\n',
  })
  const both = ['karl', 'zope.interface']
  expect((await freeze('karl/r', '-r', 'DIR/requirements.txt')).pins).toEqual(both)
  expect((await freeze('karl/extends', '-r', 'DIR/buildout.cfg')).pins).toEqual(both)
  expect((await freeze('karl/c', 'karl', '-c', 'DIR/limits.txt')).pins).toEqual(['karl'])
})

it('follows extends to a web server, whose password it gives to its neighbours and shows nobody', async () => {
  await write({
    'buildout.cfg': `[buildout]\nextends = ${webUrl('/kgs/versions.cfg')}\n[versions]\nkarl = 3.30\n`,
    'lost.cfg': `[buildout]\nextends = ${webUrl('/kgs/lost.cfg')}\n[versions]\nkarl = 3.30\n`,
  })
  expect((await freeze('karl/web', '-r', 'DIR/buildout.cfg')).pins).toEqual(['karl', 'zope.interface'])
  expect((await freeze('karl/lost', '-r', 'DIR/lost.cfg')).shown).toContain(
    'DIR/lost.cfg:2: http://WEB/kgs/lost.cfg cannot be read: the server answers 404\n',
  )
  expect(await freeze('karl/lost', '-r', webUrl('/lost.txt'))).toMatchObject({
    code: 66,
    shown: 'error: Input cannot be read: http://WEB/lost.txt: the server answers 404\n',
  })
})

it('takes what is installed in a virtualenv', async () => {
  const site = 'venv/lib/python3.11/site-packages'
  await write({
    [`${site}/karl-3.30.dist-info/METADATA`]: 'Metadata-Version: 2.1\nName: karl\nVersion: 3.30\n',
    [`${site}/zope.interface-5.10-py3.11.egg-info/PKG-INFO`]:
      'Metadata-Version: 1.0\nName: zope.interface\nVersion: 5.10\n',
    [`${site}/pip-26.3.dist-info/METADATA`]: 'Metadata-Version: 2.1\nName: pip\nVersion: 26.3\n',
    [`${site}/six.py`]: '',
    'empty/readme.txt': '',
  })
  expect((await freeze('karl/venv', '-r', 'DIR/venv')).pins).toEqual(['karl', 'zope.interface'])
  expect((await freeze('karl/site', '-r', `DIR/${site}`)).pins).toEqual(['karl', 'zope.interface'])
  expect((await freeze('karl/empty', '-r', 'DIR/empty')).shown).toBe(
    'error: Input cannot be read: DIR/empty: it is a directory, but nothing is installed in it: it is no virtualenv or site-packages\n',
  )
})

/** A pylock.toml of karl's wheel. */
function lock(digest: string): string {
  return `lock-version = "1.0"\ncreated-by = "x"\n\n[[packages]]\nname = "karl"\nversion = "3.30"\nwheels = [{ name = "${wheel.filename}", hashes = { sha256 = "${digest}" } }]\n`
}

describe('a lock', () => {
  it('lets the files in alone that it lists', async () => {
    await write({ 'pylock.toml': lock(sha256(wheel.bytes)) })
    expect((await freeze('karl/lock', '-r', 'DIR/pylock.toml')).files).toEqual([wheel.filename])
  })

  it('must agree with the pool on what a file is', async () => {
    await write({ 'pylock.toml': lock('a'.repeat(64)) })
    expect(await freeze('karl/other', '-r', 'DIR/pylock.toml')).toMatchObject({
      code: 65,
      shown: `error: Release cannot be frozen: 1 problem
  DIR/pylock.toml:4: ${wheel.filename}: the pool's has sha256 ${sha256(wheel.bytes)}, but ${'a'.repeat(64)} is stated here
    one of the two was tampered with or built anew: find out which is right
`,
    })
  })
})

it('lists everything that is wrong in all files at once, and makes nothing', async () => {
  await write({
    'a.txt': '-r b.txt\n-r missing.txt\n-r latin.txt\n-r utf16.txt\n./karl\n',
    'b.txt': '-r a.txt\nzope.interface==5.10\n',
    'latin.txt': Buffer.from('# caf\xe9\nsix==1.0\n', 'latin1'),
    'utf16.txt': Buffer.from('six==1.0\n', 'utf16le'),
    'c.cfg': '[versions]\nzope.interface = 5.11\nnot a line\n',
  })
  const { code, shown } = await freeze('karl/wrong', '-r', 'DIR/a.txt', '-r', 'DIR/c.cfg')
  expect([code, (await ask(server.url, '/index/karl/wrong/')).status]).toEqual([65, 404])
  expect(shown.split('\n').filter((line) => line.startsWith('  DIR'))).toEqual([
    '  DIR/a.txt:2: DIR/missing.txt cannot be read: there is no such file or directory',
    '  DIR/a.txt:3: DIR/latin.txt cannot be read: it is no UTF-8 text, but Latin-1 or another encoding of one byte a character: save it as UTF-8',
    '  DIR/a.txt:4: DIR/utf16.txt cannot be read: it is no UTF-8 text, but UTF-16: save it as UTF-8',
    '  DIR/a.txt:5: "./karl" is a path, not a version',
    '  DIR/c.cfg:3: "not a line" is no line of a buildout configuration',
    '  DIR/b.txt:1: a.txt leads in a circle: DIR/a.txt -> DIR/b.txt -> DIR/a.txt',
    '  DIR/b.txt:2: zope.interface==5.10 here, but zope.interface==5.11 in DIR/c.cfg:2',
  ])
  expect((await freeze('karl/used', '-r', 'DIR/b.txt', '--use', 'karl==3.30')).code).toBe(65)
})

it("freezes the pool's version of what is named by its path", async () => {
  await write({ 'requirements.txt': '-e ./src/karl\nzope.interface==5.10\n' })
  const { code, pins } = await freeze('karl/use', '-r', 'DIR/requirements.txt', '--use', 'karl==3.30')
  expect([code, pins]).toEqual([0, ['karl', 'zope.interface']])
})
