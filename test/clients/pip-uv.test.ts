import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, expect, it, vi } from 'vitest'
import { makeSdist, makeWheel } from '../support/archives.ts'
import { findPython, toolEnvironment } from '../support/python.ts'
import { makeWorkplace, pinnedPip, pinnedUv, writeFiles, type Workplace } from './workplace.ts'

vi.setConfig({ testTimeout: 600_000, hookTimeout: 600_000 })

const core = makeWheel({ name: 'acme.Core', version: '1.0', requires: ['ACME_Util>=1'] })
const util = makeWheel({ name: 'ACME_Util', version: '1.0.post1' })
/** Named as sdists were before PEP 625. */
const web = {
  ...makeSdist({ name: 'Acme.Web', version: '1.0', requires: ['acme-core', 'acme.util'] }),
  filename: 'Acme.Web-1.0.tar.gz',
}
const pins = ['Acme.Web==1.0', 'acme.Core==1.0', 'ACME_Util==1.0.post1', 'setuptools==80.9.0']

let place: Workplace
let index: string

beforeAll(async () => {
  place = await makeWorkplace()
  index = `${place.url}/index/acme.suite/1.0/`
  await place.firn('fetch', 'setuptools==80.9.0')
  await place.upload(core, util, web)
  await place.firn('freeze', 'acme.suite/1.0', ...pins)
  await place.upload(makeWheel({ name: 'acme.core', version: '2.0' }), makeWheel({ name: 'acme.util', version: '2.0' }))
})
afterAll(() => place?.stop())
beforeEach(() => void place.takeRequests())

const versions = `
from importlib.metadata import version
import acme_core, acme_util, acme_web
print(*(f"{name}={version(name)}" for name in ("acme.core", "acme.util", "acme.web")))
`
const released = 'acme.core=1.0 acme.util=1.0.post1 acme.web=1.0\n'

async function installed(environment: string): Promise<string> {
  return place.client(join(environment, 'bin', 'python'), ['-c', versions])
}

async function pipInstall(environment: string, ...args: string[]): Promise<string> {
  const command = ['-m', 'pip', '--python', join(environment, 'bin', 'python'), 'install', '--index-url', index]
  return place.client(await pinnedPip(), [...command, ...args])
}

async function uvInstall(environment: string, ...args: string[]): Promise<string> {
  const command = ['pip', 'install', '--python', join(environment, 'bin', 'python'), '--index-url', index]
  return place.client(await pinnedUv(), [...command, ...args])
}

function expectOnlyTheRelease(): void {
  const asked = place.takeRequests()
  const { pathname } = new URL(index)
  const pages = asked.filter(({ path }) => !path.startsWith('/pool/'))
  expect(pages.filter(({ path }) => !path.startsWith(pathname))).toEqual([])
  expect(asked.filter(({ status }) => status !== 200)).toEqual([])
  expect(place.strayed).toEqual([])
}

it('lets pip install everything by hash, with the requirements by URL', async () => {
  const environment = await place.virtualenv('pip-hashes')
  await pipInstall(environment, '--require-hashes', '-r', `${index}requirements.txt`)
  expect(await installed(environment)).toBe(released)
  expectOnlyTheRelease()
})

it('lets pip install by name, with the constraints by URL', async () => {
  const environment = await place.virtualenv('pip-constraints')
  await pipInstall(environment, '-c', `${index}constraints.txt`, 'acme_web')
  expect(await installed(environment)).toBe(released)
  expectOnlyTheRelease()
})

it('lets uv install everything by hash, with the requirements by URL', async () => {
  const environment = await place.virtualenv('uv-hashes')
  await uvInstall(environment, '--require-hashes', '-r', `${index}requirements.txt`)
  expect(await installed(environment)).toBe(released)
  expectOnlyTheRelease()
})

it('lets uv install by name, with the index alone', async () => {
  const environment = await place.virtualenv('uv-names')
  await uvInstall(environment, 'ACME-Web')
  expect(await installed(environment)).toBe(released)
  expectOnlyTheRelease()
})

it('gives pip the metadata of wheels, so that it resolves without downloading them', async () => {
  const environment = await place.virtualenv('pip-dry')
  const report: unknown = JSON.parse(
    await pipInstall(environment, '--quiet', '--dry-run', '--report', '-', 'acme.core'),
  )
  expect(report).toMatchObject({
    install: [{ metadata: { name: 'acme.Core' } }, { metadata: { name: 'ACME_Util', version: '1.0.post1' } }],
  })
  expect(place.takeRequests().map(({ path, type }) => `${path} ${type}`)).toEqual([
    '/index/acme.suite/1.0/acme-core/ application/vnd.pypi.simple.v1+json',
    `/pool/acme-core/${core.filename}.metadata text/plain; charset=utf-8`,
    '/index/acme.suite/1.0/acme-util/ application/vnd.pypi.simple.v1+json',
    `/pool/acme-util/${util.filename}.metadata text/plain; charset=utf-8`,
  ])
})

it('gives uv the metadata of wheels, so that it asks for each file once and for no part of one', async () => {
  await uvInstall(await place.virtualenv('uv-metadata'), 'acme.core')
  const asked = place.takeRequests().map(({ method, path }) => `${method} ${path}`)
  const wheels = [`acme-core/${core.filename}`, `acme-util/${util.filename}`]
  expect(asked.toSorted()).toEqual([
    'GET /index/acme.suite/1.0/acme-core/',
    'GET /index/acme.suite/1.0/acme-util/',
    ...wheels.flatMap((wheel) => [`GET /pool/${wheel}`, `GET /pool/${wheel}.metadata`]),
  ])
})

it('lets pip list the versions of a project', async () => {
  const list = ['-m', 'pip', 'index', 'versions', '--index-url']
  expect(await place.client(await pinnedPip(), [...list, index, 'Acme.Core'])).toContain('Available versions: 1.0\n')
  const live = await place.client(await pinnedPip(), [...list, `${place.url}/simple/`, 'Acme.Core'])
  expect(live).toContain('Available versions: 2.0, 1.0\n')
})

it('lets a pip that knows HTML alone install by hash', async () => {
  const python = await findPython({ min: '3.9', max: '3.11' })
  const old = await toolEnvironment('pip-2020', ['pip==20.3.4', 'setuptools==65.5.0'], { python })
  const target = await place.directory('pip-2020')
  const requirements = ['--require-hashes', '-r', `${index}requirements.txt`]
  await place.client(old.python, ['-m', 'pip', 'install', '--target', target, '--index-url', index, ...requirements])
  expect(await readdir(target)).toEqual(expect.arrayContaining(['acme_core.py', 'acme_util.py', 'acme_web.py']))
  const pages = place.takeRequests().filter(({ path }) => path.endsWith('/'))
  expect(new Set(pages.map(({ accept, type }) => `${accept} ${type}`))).toEqual(
    new Set(['text/html text/html; charset=utf-8']),
  )
})

it.each(['22.3.1', '23.0.1', '23.1.2'])(
  'lets pip %s install by hash, which knows JSON and not PEP 714',
  async (version) => {
    const python = await findPython({ min: '3.9', max: '3.11' })
    const old = await toolEnvironment(`pip-${version}`, [`pip==${version}`], { python })
    const target = await place.directory(`pip-${version}`)
    const requirements = ['--require-hashes', '-r', `${index}requirements.txt`]
    await place.client(old.python, ['-m', 'pip', 'install', '--target', target, '--index-url', index, ...requirements])
    expect(await readdir(target)).toEqual(expect.arrayContaining(['acme_core.py', 'acme_util.py', 'acme_web.py']))
    const pages = place.takeRequests().filter(({ path }) => path.endsWith('/'))
    expect(new Set(pages.map(({ type }) => type))).toEqual(new Set(['application/vnd.pypi.simple.v1+json']))
  },
)

it('refuses files that are not those of the requirements, whoever installs', async () => {
  const text = await (await fetch(`${index}requirements.txt`)).text()
  const [hash = ''] = /(?<=^acme\.Core==1\.0 \\\n {4}--hash=sha256:)\w{64}/m.exec(text) ?? []
  const changed = { filename: 'requirements.txt', bytes: Buffer.from(text.replace(hash, hash.replaceAll(/\w/g, '0'))) }
  const path = join(await writeFiles(await place.directory('changed'), [changed]), changed.filename)
  const environment = await place.virtualenv('refused')
  await expect(pipInstall(environment, '--require-hashes', '-r', path)).rejects.toThrow('DO NOT MATCH THE HASHES')
  await expect(uvInstall(environment, '--require-hashes', '-r', path)).rejects.toThrow('Hash mismatch')
})

it('reaches nothing but the server', () => {
  expect(place.strayed).toEqual([])
  expect(place.server.internalErrors).toEqual([])
})
