/**
 * zc.buildout before 4: setuptools asks for a project by its real name, with no Accept, and looks for files named so.
 */
import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { makeEgg, makeSdist, type Built } from '../support/archives.ts'
import { toolEnvironment } from '../support/python.ts'
import { runBuildout } from './buildout.ts'
import { makeWorkplace, type Asked, type Workplace } from './workplace.ts'

vi.setConfig({ testTimeout: 600_000, hookTimeout: 600_000 })

const web = makeSdist({ name: 'Acme.Web', version: '1.0', requires: ['acme.core', 'repoze.lru'], format: 'zip' })
/** Named as sdists were before PEP 625. */
const sdist = { ...web, filename: 'Acme.Web-1.0.zip' }
const pins = ['acme.core==1.0', 'Acme.Web==1.0', 'repoze.lru==0.7', 'zc.recipe.egg==2.0.7']
/** What runs the installation is there before it. */
const tools = ['--waive', 'setuptools: buildout runs on its own', '--waive', 'zc.buildout: it is what installs']
const files = {
  'acme_core.py': 'def main():\n    print("acme.core 1.0")\n',
  'EGG-INFO/entry_points.txt': '[console_scripts]\nacme = acme_core:main\n',
}

let place: Workplace
let buildout: string
let egg: Built
/** As eggs are named after it: `3.11`. */
let minor: string

beforeAll(async () => {
  place = await makeWorkplace({ min: '3.9', max: '3.11' })
  const requirements = ['zc.buildout==2.13.8', 'setuptools==51.3.3']
  buildout = (await toolEnvironment('buildout-2', requirements, { python: place.python })).bin('buildout')
  minor = (await place.client(place.python, ['-c', 'import sys; print("%d.%d" % sys.version_info[:2])'])).trim()
  egg = makeEgg({ name: 'acme.core', version: '1.0', python: minor, files })
  await place.upload(egg, sdist)
  await place.firn('fetch', 'repoze.lru==0.7', 'zc.recipe.egg==2.0.7')
  await place.firn('freeze', 'acme/1.0', ...pins, ...tools)
  await place.upload(makeSdist({ name: 'acme.core', version: '1.1' }))
})
afterAll(() => place?.stop())

it('installs an egg and sdists with dots in their names, and asks for them by these names', async () => {
  place.takeRequests()
  const index = `${place.url}/index/acme/1.0/`
  const directory = await runBuildout(place, buildout, { index, eggs: ['Acme.Web', 'acme.core'], scripts: ['acme'] })
  expect(await place.client(join(directory, 'bin', 'acme'), [])).toBe('acme.core 1.0\n')
  const probe = 'import acme_core, acme_web, repoze.lru; print(acme_web.__version__)'
  expect(await place.client(join(directory, 'bin', 'py'), ['-c', probe])).toBe('1.0\n')
  expect(place.strayed).toEqual([])
  expectLegacyRequests(place.takeRequests())
})

/** Redirected inside the index, answered with HTML, and given each file once. */
function expectLegacyRequests(asked: readonly Asked[]): void {
  const base = '/index/acme/1.0/'
  expect(asked.map(({ method, path, status, type }) => `${method} ${path} ${status} ${type}`)).toEqual([
    `GET ${base}versions.cfg 200 text/plain; charset=utf-8`,
    ...projectRequests('zc.recipe.egg', 'zc-recipe-egg', 'zc.recipe.egg-2.0.7.tar.gz'),
    ...projectRequests('Acme.Web', 'acme-web', sdist.filename),
    ...projectRequests('acme.core', 'acme-core', egg.filename),
    ...projectRequests('repoze.lru', 'repoze-lru', 'repoze.lru-0.7-py3-none-any.whl'),
  ])
  expect(asked.flatMap(({ location }) => location ?? [])).toEqual([
    '../zc-recipe-egg/',
    '../acme-web/',
    '../acme-core/',
    '../repoze-lru/',
  ])
  expect(asked.filter(({ accept }) => accept !== undefined)).toEqual([])
}

function projectRequests(name: string, project: string, filename: string): readonly string[] {
  return [
    `GET /index/acme/1.0/${name}/ 301 text/plain; charset=utf-8`,
    `GET /index/acme/1.0/${project}/ 200 text/html; charset=utf-8`,
    `GET /pool/${project}/${filename} 200 application/octet-stream`,
  ]
}

it('does not take a file whose bytes are not those of the release', async () => {
  const broken = makeEgg({ name: 'acme.broken', version: '1.0', python: minor })
  await place.upload(broken)
  await place.firn('freeze', 'acme/broken', 'acme.broken==1.0', 'zc.recipe.egg==2.0.7', ...tools)
  const stored = join(place.server.data, 'pool', 'acme-broken', broken.filename)
  await rm(stored)
  await writeFile(stored, Buffer.alloc(broken.bytes.length))

  const wanted = { index: `${place.url}/index/acme/broken/`, eggs: ['acme.broken'], scripts: [] }
  await expect(runBuildout(place, buildout, wanted)).rejects.toThrow('sha256 validation failed for acme.broken-1.0')
})

it('says which egg the release does not have', async () => {
  const wanted = { index: `${place.url}/index/acme/1.0/`, eggs: ['acme.unknown'], scripts: [] }
  await expect(runBuildout(place, buildout, wanted)).rejects.toThrow("Couldn't find a distribution for 'acme.unknown'")
  expect(place.strayed).toEqual([])
})
