/** A release of the real size: Zope, frozen from the pins that its project publishes, installed by all who install Zope. */
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, expect, it, vi } from 'vitest'
import { toolEnvironment } from '../support/python.ts'
import { root } from '../support/server.ts'
import { runBuildout } from './buildout.ts'
import { makeWorkplace, pinnedPip, pinnedUv, type Workplace } from './workplace.ts'

vi.setConfig({ testTimeout: 600_000, hookTimeout: 600_000 })

const data = join(root, 'test', 'data', 'zope')
const published = join(data, 'versions-prod.cfg')

/** What these pins need and do not have; 6.2 is the newest Zope that they fit. */
const missing = [
  'Zope==6.2',
  'typing-extensions==4.16.0', // for beautifulsoup4
  'setuptools==80.9.0', // for what comes as an sdist alone (Zope2), and for zc.buildout
  'zc.buildout==6.0.1', // for zc.recipe.egg, with the next four
  'packaging==26.3',
  'pip==26.3',
  'platformdirs==4.14.8',
  'wheel==0.48.0',
]

let place: Workplace
let index: string

beforeAll(async () => {
  place = await makeWorkplace()
  index = `${place.url}/index/zope/6.2/`
  await place.firn('fetch', '-r', published, ...missing)
  await place.firn('freeze', 'zope/6.2', '-r', published, ...missing)
})
afterAll(() => place?.stop())
beforeEach(() => void place.takeRequests())

const probe = `
import sys
from wsgiref.util import setup_testing_defaults
import AccessControl, App, OFS, Products.Five, Products.PageTemplates, ZODB, ZPublisher, Zope2
from Zope2.Startup.run import make_wsgi_app
environ = {}
setup_testing_defaults(environ)
application = make_wsgi_app({}, sys.argv[1])
page = b"".join(application(environ, lambda status, headers: print(status)))
print(b"<title>Auto-generated default page</title>" in page)
`

const running = '200 OK\nTrue\n'

/** Makes an instance with Zope's own script, and has Zope answer a request in it; returns what the probe printed. */
async function startZope(bin: string, python: string): Promise<string> {
  const instance = join(bin, '..', 'instance')
  await place.client(join(bin, 'mkwsgiinstance'), ['--dir', instance, '--user', 'admin:admin'])
  const script = join(instance, 'probe.py') // the interpreter of buildout's making passes no arguments on to `-c`
  await writeFile(script, probe)
  return place.client(join(bin, python), [script, join(instance, 'etc', 'zope.conf')])
}

/** What was asked of anything but the release and the pool, or not answered. */
function strayRequests(release: string): readonly unknown[] {
  const own = [`/index/zope/${release}/`, '/pool/']
  const asked = place.takeRequests()
  return [
    ...asked.filter(({ path, status }) => status !== 200 || !own.some((prefix) => path.startsWith(prefix))),
    ...place.strayed,
  ]
}

it('is installed whole by pip', async () => {
  const environment = await place.virtualenv('pip')
  const python = join(environment, 'bin', 'python')
  const options = ['--index-url', index, '--require-hashes', '-r', `${index}requirements.txt`]
  await place.client(await pinnedPip(), ['-m', 'pip', '--python', python, 'install', ...options])
  expect(await place.client(python, ['-m', 'pip', 'check'])).toBe('No broken requirements found.\n')
  expect(await startZope(join(environment, 'bin'), 'python')).toBe(running)
  expect(strayRequests('6.2')).toEqual([])
})

it('is installed whole by uv', async () => {
  const environment = await place.virtualenv('uv')
  const python = join(environment, 'bin', 'python')
  const options = ['--index-url', index, '--require-hashes', '-r', `${index}requirements.txt`]
  await place.client(await pinnedUv(), ['pip', 'install', '--python', python, ...options])
  expect(await startZope(join(environment, 'bin'), 'python')).toBe(running)
  expect(strayRequests('6.2')).toEqual([])
})

const wanted = { eggs: ['Zope'], scripts: ['mkwsgiinstance', 'runwsgi'] }

it('is installed by zc.buildout 6', async () => {
  const tools = await toolEnvironment('buildout-6', ['zc.buildout==6.0.1'])
  const directory = await runBuildout(place, tools.bin('buildout'), { ...wanted, index })
  expect(await startZope(join(directory, 'bin'), 'py')).toBe(running)
  expect(strayRequests('6.2')).toEqual([])
})

it('is installed by zc.buildout 4, with the recipe that fits it', async () => {
  const pins = await readFile(published, 'utf8')
  const fitting = join(await place.directory('pins'), 'versions-buildout-4.cfg')
  await writeFile(fitting, pins.replace('zc.recipe.egg = 4.0.0', 'zc.recipe.egg = 3.0.0'))
  const others = missing.map((pin) => (pin.startsWith('zc.buildout==') ? 'zc.buildout==4.1.12' : pin))
  await place.firn('fetch', '-r', fitting, ...others)
  await place.firn('freeze', 'zope/6.2-buildout4', '-r', fitting, ...others)
  place.takeRequests()

  const tools = await toolEnvironment('buildout-4', ['zc.buildout==4.1.12'])
  const release = `${place.url}/index/zope/6.2-buildout4/`
  const directory = await runBuildout(place, tools.bin('buildout'), { ...wanted, index: release })
  expect(await startZope(join(directory, 'bin'), 'py')).toBe(running)
  expect(strayRequests('6.2-buildout4')).toEqual([])
})

const target = ['--target', 'cp311-manylinux_x86_64']

/** What the constraints need and do not pin. */
const unconstrained = ['httpcore==1.0.9', ...missing]

it('is frozen from the constraints too, once the pool has what they pin', async () => {
  const constraints = ['-r', join(data, 'constraints.txt'), ...target]
  const refused = place.firn('freeze', 'zope/constraints', ...constraints, '--dry-run')
  await expect(refused).rejects.toThrow(/constraints\.txt:5: Babel==2\.18\.0: the pool has no file of Babel\n/)

  await place.firn('fetch', ...constraints, 'httpcore==1.0.9')
  await expect(place.firn('freeze', 'zope/constraints', ...constraints)).rejects.toThrow(
    'httpx 0.28.1 needs httpcore==1.*: the release has no httpcore (cp311-manylinux_x86_64)\n    add httpcore==1.0.9, or',
  )
  await place.firn('freeze', 'zope/constraints', ...constraints, ...unconstrained)
  const text = await (await fetch(`${place.url}/index/zope/constraints/constraints.txt`)).text()
  const lines = text.split('\n').filter((line) => /^(?:sphinx|docutils|tomli|babel)=/i.test(line))
  expect(lines).toEqual([
    'babel==2.18.0',
    'docutils==0.22.4 ; python_version > "3.10"',
    'Sphinx==9.0.4 ; python_version == "3.11"',
  ])
})

it('is not frozen from requirements with a source tree among them', async () => {
  const requirements = join(data, 'requirements-full.txt')
  const refused = place.firn('freeze', 'zope/full', '-r', requirements, '--dry-run')
  await expect(refused).rejects.toThrow(`${requirements}:1: "-e git+`)
  await expect(refused).rejects.toThrow('is a repository, not a version')
})

it('reaches nothing but the server', () => {
  expect(place.strayed).toEqual([])
  expect(place.server.internalErrors).toEqual([])
})
