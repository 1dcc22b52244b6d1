/** A pool that fills itself: real installers on a live index whose upstream has what it lacks. */
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { makeSdist, makeWheel } from '../support/archives.ts'
import { startUpstream, type Upstream } from '../support/upstream.ts'
import { makeWorkplace, pinnedPip, pinnedUv, type Workplace } from './workplace.ts'

vi.setConfig({ testTimeout: 300_000, hookTimeout: 300_000 })

const about = (name: string, version: string, requires: readonly string[] = []) =>
  [
    'Metadata-Version: 2.1',
    `Name: ${name}`,
    `Version: ${version}`,
    ...requires.map((each) => `Requires-Dist: ${each}`),
    '\n',
  ].join('\n')

const app = makeWheel({ name: 'app', version: '1.0', metadata: about('app', '1.0', ['lib<3']) })
const libs = ['1.0', '2.0', '3.0'].map((version) =>
  makeWheel({ name: 'lib', version, metadata: about('lib', version) }),
)
/** Nobody's file may come in under this name. */
const theirs = makeWheel({ name: 'ours', version: '9.0' })
const ours = makeWheel({ name: 'ours', version: '1.0' })

let upstream: Upstream
let place: Workplace
beforeAll(async () => {
  upstream = await startUpstream({
    files: [
      { project: 'app', ...app, metadata: { text: about('app', '1.0', ['lib<3']) } },
      ...libs.map((lib) => ({ project: 'lib', ...lib })),
      { project: 'lib', ...makeSdist({ name: 'lib', version: '2.5.dev1' }) },
      { project: 'ours', ...theirs },
    ],
  })
  place = await makeWorkplace({ min: '3.10' }, { upstream: upstream.url, pullThrough: true })
  await place.upload(ours)
})
afterAll(async () => {
  await place?.stop()
  await upstream.stop()
})

const held = async () =>
  (await place.server.store.records.events()).filter(({ verb }) => verb === 'pull').map(({ subject }) => subject)

describe('a live index that pulls through', () => {
  it('serves pip, and has afterwards what pip installed', async () => {
    const environment = await place.virtualenv('pip')
    const args = ['--python', environment, 'install', '--index-url', `${place.url}/simple/`, 'app', 'ours']
    const printed = await place.client(await pinnedPip(), ['-m', 'pip', ...args])
    expect(printed).toContain('Successfully installed app-1.0 lib-2.0 ours-1.0')
    expect((await held()).toSorted()).toEqual([app.filename, libs[1]?.filename])
  })

  it('serves uv, from the pool what the pool has by now', async () => {
    const before = upstream.requests.filter((each) => each.includes('/files/')).length
    const environment = await place.virtualenv('uv')
    const args = ['pip', 'install', '--python', environment, '--index-url', `${place.url}/simple/`, 'app', 'lib<2']
    const { code, stderr } = await place.tryClient(await pinnedUv(), args)
    expect([code, stderr]).toEqual([0, expect.stringContaining('+ lib==1.0') as unknown])
    const asked = upstream.requests.filter((each) => each.includes('/files/')).slice(before)
    expect(new Set(asked.map((each) => each.split('/').at(-1)))).toEqual(new Set([libs[0]?.filename]))
  })

  it('gives uv the same by a date, whatever has been taken in since', async () => {
    const resolve = async () => {
      const input = await place.directory('dated')
      await writeFile(join(input, 'in.txt'), 'lib\n')
      const dated = ['--exclude-newer', '2020-01-01', '--index-url', `${place.url}/simple/`]
      return place.client(await pinnedUv(), ['pip', 'compile', '--no-header', join(input, 'in.txt'), ...dated])
    }
    const first = await resolve()
    expect(first).toContain('lib==3.0')
    const environment = await place.virtualenv('dated')
    const args = ['pip', 'install', '--python', environment, '--index-url', `${place.url}/simple/`, 'lib==3.0']
    expect((await place.tryClient(await pinnedUv(), args)).code).toBe(0)
    expect(await resolve()).toBe(first)
  })

  it('freezes what it pulled, and the frozen index needs no upstream', async () => {
    await place.firn('freeze', 'karl/1', 'app==1.0', 'lib==2.0')
    await upstream.stop()
    const environment = await place.virtualenv('frozen')
    const index = `${place.url}/index/karl/1/`
    const args = ['--python', environment, 'install', '--index-url', index, '-r', `${index}requirements.txt`]
    expect(await place.client(await pinnedPip(), ['-m', 'pip', ...args])).toContain('app-1.0 lib-2.0')
    expect(place.strayed).toEqual([])
  })
})
