/** What a release is for: installed again later, whatever came into the pool since, it is the same to the byte. */
import { basename, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { makeSdist, makeWheel } from '../support/archives.ts'
import { installedTree, type InstalledTree } from './installed-tree.ts'
import { makeWorkplace, pinnedPip, pinnedUv, type Workplace } from './workplace.ts'

vi.setConfig({ testTimeout: 600_000, hookTimeout: 600_000 })

const entryPoints = '[console_scripts]\nacme = acme_app:main\n'
const app = {
  name: 'acme.app',
  requires: ['acme.lib>=1', 'Acme-Plain', 'acme-extra>=1; python_version >= "3"'],
}
const released = [
  makeWheel({
    ...app,
    version: '1.0',
    files: { 'acme_app.py': 'def main():\n    print("1.0")\n', 'acme_app-1.0.dist-info/entry_points.txt': entryPoints },
  }),
  makeWheel({ name: 'acme.lib', version: '1.0' }),
  makeSdist({ name: 'acme.lib', version: '1.0' }),
  makeSdist({ name: 'Acme-Plain', version: '1.0' }),
  makeWheel({ name: 'acme-extra', version: '1.0' }),
]
const pins = ['acme.app==1.0', 'acme.lib==1.0', 'Acme-Plain==1.0', 'acme-extra==1.0']

/** Files of the same projects, each of which an installer would rather take than one of the release. */
function laterFiles(pythonTag: string): Parameters<Workplace['upload']> {
  const files = { 'later.py': 'later = True\n' }
  const lib = { name: 'acme.lib', version: '1.0', files: { 'later_lib.py': 'later = True\n' } }
  const extra = { name: 'acme-extra', version: '1.0', files: { 'later_extra.py': '' }, tag: `${pythonTag}-none-any` }
  return [
    makeWheel({ ...lib, tag: '1-py3-none-any' }),
    makeWheel(extra),
    makeWheel({ name: 'Acme-Plain', version: '1.0', files: { 'later_plain.py': '' } }),
    makeWheel({ name: 'acme.lib', version: '1.1', files }),
    makeSdist({ name: 'Acme-Plain', version: '2.0' }),
    makeWheel({ ...app, version: '1.0.post1', requires: [...app.requires, 'acme-new'] }),
    makeWheel({ name: 'acme-new', version: '1.0' }),
  ]
}

let place: Workplace

beforeAll(async () => {
  place = await makeWorkplace()
  await place.firn('fetch', 'setuptools==80.9.0')
  await place.upload(...released)
  await place.firn('freeze', 'acme/1.0', ...pins, 'setuptools==80.9.0')
})
afterAll(() => place?.stop())

type Install = (environment: string, index: string) => Promise<string>

const installers: Readonly<Record<string, Install>> = {
  'pip, from the requirements': async (environment, index) =>
    pip(environment, index, '--require-hashes', '-r', `${index}requirements.txt`),
  'pip, from the index alone': async (environment, index) => pip(environment, index, 'acme.app'),
  'uv, from the requirements': async (environment, index) =>
    uv(environment, index, '--require-hashes', '-r', `${index}requirements.txt`),
  'uv, from the index alone': async (environment, index) => uv(environment, index, 'acme.app'),
}

async function pip(environment: string, index: string, ...args: string[]): Promise<string> {
  const options = ['--python', join(environment, 'bin', 'python'), 'install', '--index-url', index]
  return place.client(await pinnedPip(), ['-m', 'pip', ...options, ...args])
}

async function uv(environment: string, index: string, ...args: string[]): Promise<string> {
  const options = ['--python', join(environment, 'bin', 'python'), '--index-url', index]
  return place.client(await pinnedUv(), ['pip', 'install', ...options, ...args])
}

async function installTo(name: string, install: Install, path: string): Promise<InstalledTree> {
  const environment = await place.virtualenv(name)
  await install(environment, `${place.url}${path}`)
  expect(await place.client(join(environment, 'bin', 'acme'), [])).toBe('1.0\n')
  return installedTree(environment)
}

describe('a release installed before and after newer and other files came', () => {
  const names = Object.keys(installers)
  const before = new Map<string, InstalledTree>()

  it.each(names)('is installed by %s', async (name) => {
    const install = installers[name] ?? pip
    const tree = await installTo(`before-${names.indexOf(name)}/environment`, install, '/index/acme/1.0/')
    expect(Object.keys(tree).filter((path) => path.includes('acme')).length).toBeGreaterThan(20)
    before.set(name, tree)
  })

  it('sees other files of its projects come into the pool', async () => {
    const tag = await place.client(place.python, ['-c', 'import sys; print("cp%d%d" % sys.version_info[:2])'])
    await place.upload(...laterFiles(tag.trim()))
    await place.firn('fetch', 'setuptools==84.2.1')
    const answer = await fetch(`${place.url}/simple/acme-lib/?format=application/vnd.pypi.simple.v1%2Bjson`)
    expect(await answer.json()).toMatchObject({ versions: ['1.0', '1.1'] })
  })

  it.each(names)('is the same to the byte by %s', async (name) => {
    const install = installers[name] ?? pip
    const after = await installTo(`later-and-elsewhere-${names.indexOf(name)}/environment`, install, '/index/acme/1.0/')
    expect(after).toEqual(before.get(name))
  })

  it.each([
    ['newer versions', ['acme.app'], ['acme_new.py', 'later.py', 'later_extra.py']],
    ['the same versions', pins, ['later_extra.py', 'later_lib.py', 'later_plain.py']],
  ])('would not be without the release: the live index gives other files for %s', async (name, wanted, later) => {
    const environment = await place.virtualenv(`live ${name}`)
    await pip(environment, `${place.url}/simple/`, ...wanted)
    const files = Object.keys(await installedTree(environment)).map((path) => basename(path))
    expect(files.filter((file) => /^(?:acme_new|later.*)\.py$/.test(file))).toEqual(later)
  })

  it('is installed from the server alone', () => {
    expect(place.strayed).toEqual([])
    expect(place.server.internalErrors).toEqual([])
  })
})
