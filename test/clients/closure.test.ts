/** Whether a release is closed is for installers to say: pip installs what is pinned from it alone, or it does not. */
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { machineTarget } from '../../cli/machine-target.ts'
import { makeSdist, makeWheel } from '../support/archives.ts'
import { freeze, json } from '../support/requests.ts'
import { root } from '../support/server.ts'
import { makeWorkplace, pinnedPip, type Workplace } from './workplace.ts'

vi.setConfig({ testTimeout: 600_000, hookTimeout: 600_000 })

const made = [
  makeWheel({
    name: 'acme.app',
    version: '1.0',
    metadata: [
      'Metadata-Version: 2.1\nName: acme.app\nVersion: 1.0\nProvides-Extra: x\nRequires-Dist: acme.lib>=1',
      'Requires-Dist: colorama ; sys_platform == "win32"\nRequires-Dist: acme-x>=2 ; extra == "x"\n\n',
    ].join('\n'),
  }),
  makeWheel({ name: 'acme.lib', version: '0.9' }),
  makeWheel({ name: 'acme.lib', version: '2.0rc1' }),
  makeWheel({ name: 'acme-x', version: '2.0' }),
  makeWheel({ name: 'acme-asks', version: '1.0', requires: ['acme.app[x]'] }),
  makeWheel({ name: 'acme-windows', version: '1.0', tag: 'cp311-cp311-win_amd64' }),
  makeWheel({ name: 'acme-future', version: '1.0', requiresPython: '>=3.99' }),
  makeSdist({ name: 'acme-built', version: '1.0', requires: ['acme.lib'] }),
]

const lib = 'acme.lib==2.0rc1'
const built = ['acme-built==1.0', lib]
const pyramid = [
  'pyramid==2.0.2',
  'hupper==1.12.1',
  'plaster==1.1.2',
  'plaster-pastedeploy==1.0.1',
  'PasteDeploy==3.1.0',
  'setuptools==78.1.1',
  'translationstring==1.4',
  'venusian==3.1.1',
  'WebOb==1.8.11',
  'zope.deprecation==6.0',
  'zope.interface==8.0.1',
]

let place: Workplace
let target: string
let environment: string

beforeAll(async () => {
  place = await makeWorkplace({ min: '3.10', max: '3.12' })
  target = await machineTarget(place.python)
  environment = await place.virtualenv('environment')
  await place.upload(...made)
  await place.firn('fetch', '-r', join(root, 'tour', 'requirements.txt'))
  await place.firn('fetch', 'setuptools==69.5.1')
})
afterAll(() => place?.stop())

let number = 0

/** Whether firn takes it for closed; frozen anyway, with each hole let pass. */
async function freezeAnyway(pins: readonly string[]): Promise<{ closed: boolean; index: string }> {
  const release = `acme/${++number}`
  const first = await freeze(place.url, release, pins.join('\n'), { targets: [target] })
  const { problems = [] } = json(first) as { problems?: readonly { hint?: string }[] }
  const named = problems.map(({ hint = '' }) => /--waive "([^:]+):/.exec(hint)?.[1] ?? '')
  const waivers = [...new Set(named)].map((project) => ({ project, reason: 'to see what pip says' }))
  const last =
    first.status === 201 ? first : await freeze(place.url, release, pins.join('\n'), { targets: [target], waivers })
  if (last.status !== 201) throw new Error(last.text)
  return { closed: first.status === 201, index: `${place.url}/index/${release}/` }
}

async function pipInstalls(pins: readonly string[], index: string): Promise<boolean> {
  const options = ['--python', join(environment, 'bin', 'python'), 'install', '--dry-run', '--no-cache-dir']
  const { code } = await place.tryClient(await pinnedPip(), ['-m', 'pip', ...options, '--index-url', index, ...pins])
  return code === 0
}

it.each<[string, readonly string[], boolean]>([
  ['Pyramid and all it needs', pyramid, true],
  ['Pyramid without plaster', pyramid.filter((pin) => !pin.startsWith('plaster==')), false],
  ['Pyramid without setuptools', pyramid.filter((pin) => !pin.startsWith('setuptools')), false],
  ['a pre-release that is pinned', ['acme.app==1.0', lib], true],
  ['a version that does not fit', ['acme.app==1.0', 'acme.lib==0.9'], false],
  ['an extra, of which nothing is there', ['acme.app[x]==1.0', lib], false],
  ['an extra with what it needs', ['acme.app[x]==1.0', lib, 'acme-x==2.0'], true],
  ['an extra that another asks for', ['acme-asks==1.0', 'acme.app==1.0', lib], false],
  ['a wheel for another platform', ['acme-windows==1.0'], false],
  ['a wheel for another Python', ['acme-future==1.0'], false],
  ['a sdist without what builds it', built, false],
  ['a sdist with what builds it', [...built, 'setuptools==78.1.1'], true],
  ['a sdist whose setuptools asks for wheel', [...built, 'setuptools==69.5.1'], false],
  ['a sdist whose setuptools has wheel', [...built, 'setuptools==69.5.1', 'wheel==0.45.1'], true],
])('%s', async (_, pins, expected) => {
  const { closed, index } = await freezeAnyway(pins)
  expect({ firn: closed, pip: await pipInstalls(pins, index) }).toEqual({ firn: expected, pip: expected })
})
