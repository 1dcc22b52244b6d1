/** A release as plain files, behind servers that know nothing of firn: the same software for every client. */
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { makeEgg, makeSdist, makeWheel } from '../support/archives.ts'
import { toolEnvironment } from '../support/python.ts'
import { staticServers, type StaticServer } from '../support/static-servers.ts'
import { runBuildout } from './buildout.ts'
import { makeWorkplace, pinnedPip, pinnedUv, type Workplace } from './workplace.ts'

vi.setConfig({ testTimeout: 600_000, hookTimeout: 600_000 })

const modern = [
  'acme.app==1.0+local',
  'ACME_Util==1.0',
  'acme.source==1.0',
  'zc.recipe.egg==4.0.0',
  'zc.buildout==6.0.1',
  'setuptools==80.9.0',
  'packaging==26.3',
  'pip==26.3',
  'platformdirs==4.14.8',
  'wheel==0.48.0',
]

let place: Workplace
let tree: string
/** zc.buildout 2 runs on Pythons before 3.12. */
let old: { readonly buildout: string }

beforeAll(async () => {
  place = await makeWorkplace({ min: '3.10', max: '3.11' })
  tree = await place.directory('tree')
  const requirements = ['zc.buildout==2.13.8', 'setuptools==51.3.3']
  const tools = await toolEnvironment('buildout-2', requirements, { python: place.python })
  old = { buildout: tools.bin('buildout') }
  await makeReleases()
  await place.firn('export', '--all', tree)
  place.takeRequests()
})
afterAll(() => place?.stop())

async function makeReleases(): Promise<void> {
  const minor = await place.client(place.python, ['-c', 'import sys; print("%d.%d" % sys.version_info[:2])'])
  await place.upload(
    makeWheel({ name: 'acme.app', version: '1.0+local', requires: ['ACME-Util'] }),
    makeWheel({ name: 'ACME_Util', version: '1.0' }),
    // Not among what buildout is to install: for what an sdist is built with, its pip asks the index of this machine.
    makeSdist({ name: 'acme.source', version: '1.0' }),
    {
      ...makeSdist({ name: 'Acme.Web', version: '1.0', requires: ['acme.core'], format: 'zip' }),
      filename: 'Acme.Web-1.0.zip',
    },
    makeEgg({ name: 'acme.core', version: '1.0', python: minor.trim() }),
  )
  await place.firn('fetch', ...modern.slice(3))
  await place.firn('fetch', 'zc.recipe.egg==2.0.7')
  await place.firn('freeze', 'acme/1.0', ...modern)
  const own = ['setuptools', 'zc.buildout'].flatMap((name) => ['--waive', `${name}: buildout has its own`])
  await place.firn('freeze', 'acme/old', 'Acme.Web==1.0', 'acme.core==1.0', 'zc.recipe.egg==2.0.7', ...own)
}

const probe = 'import acme_app, acme_util; print(acme_app.__version__, acme_util.__version__)'

describe.each(Object.keys(staticServers))('behind %s', (kind) => {
  let server: StaticServer
  let index: string
  beforeAll(async () => {
    const start = staticServers[kind]
    if (!start) throw new Error(`no server is called ${kind}`)
    server = await start(tree, place.python)
    index = `${server.url}/index/acme/1.0/`
  })
  afterAll(() => server?.stop())

  it('pip installs it by hash', async () => {
    const python = join(await place.virtualenv(`pip ${kind.replaceAll(/\W+/g, '-')}`), 'bin', 'python')
    const options = ['--index-url', index, '--require-hashes', '-r', `${index}requirements.txt`]
    await place.client(await pinnedPip(), ['-m', 'pip', '--python', python, 'install', ...options])
    expect(await place.client(python, ['-c', probe])).toBe('1.0+local 1.0\n')
  })

  it('uv installs it by hash', async () => {
    const python = join(await place.virtualenv(`uv ${kind.replaceAll(/\W+/g, '-')}`), 'bin', 'python')
    const requirements = kind === 'file://' ? join(tree, 'index/acme/1.0/requirements.txt') : `${index}requirements.txt`
    const options = ['--index-url', index, '--require-hashes', '-r', requirements]
    await place.client(await pinnedUv(), ['pip', 'install', '--python', python, ...options])
    expect(await place.client(python, ['-c', probe])).toBe('1.0+local 1.0\n')
  })

  it('zc.buildout 6 installs it', async () => {
    const tools = await toolEnvironment('buildout-6', ['zc.buildout==6.0.1'])
    const name = `buildout-6-${kind.replaceAll(/\W+/g, '-')}`
    const directory = await runBuildout(place, tools.bin('buildout'), { name, index, eggs: ['acme.app'], scripts: [] })
    expect(await place.client(join(directory, 'bin', 'py'), ['-c', probe])).toBe('1.0+local 1.0\n')
  })

  it('zc.buildout 2 installs eggs and sdists by their real names', async () => {
    const name = `buildout-2-${kind.replaceAll(/\W+/g, '-')}`
    const wanted = { name, index: `${server.url}/index/acme/old/`, eggs: ['Acme.Web'], scripts: [] }
    const directory = await runBuildout(place, old.buildout, wanted)
    const script = 'import acme_web, acme_core; print(acme_web.__version__, acme_core.__version__)'
    expect(await place.client(join(directory, 'bin', 'py'), ['-c', script])).toBe('1.0 1.0\n')
  })
})

it('asks nothing else, not even the server that it came from', () => {
  expect([place.strayed, place.takeRequests()]).toEqual([[], []])
})
