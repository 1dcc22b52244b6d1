/** A private product as its customers install it: with a token, by what each client calls a user and a password. */
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { createToken } from '../../server/actions/tokens.ts'
import { makeWheel } from '../support/archives.ts'
import { toolEnvironment } from '../support/python.ts'
import { makeWorkplace, pinnedPip, pinnedUv, writeFiles, type Workplace } from './workplace.ts'

vi.setConfig({ testTimeout: 600_000, hookTimeout: 600_000 })

const core = makeWheel({ name: 'karl', version: '3.30' })
const theme = makeWheel({ name: 'acme.theme', version: '1.0', requires: ['karl'] })

let place: Workplace
let reader: string
let uploader: string

beforeAll(async () => {
  place = await makeWorkplace({ min: '3.9', max: '3.11' }, { access: { privateProducts: ['acme'] } })
  const [freezer, ...others] = [await token('freeze:acme', 'upload'), await token('read:acme'), await token('upload')]
  ;[reader = '', uploader = ''] = others
  await place.upload(core)
  const own = await writeFiles(await place.directory('own'), [theme])
  await place.firn('upload', '--private', 'acme', own, '--token', freezer)
  const buildout = ['zc.buildout==4.1.12', 'zc.recipe.egg==3.0.0', 'setuptools==80.9.0', 'pip==26.3', 'wheel==0.48.0']
  await place.firn('fetch', ...buildout, 'packaging==26.3')
  await place.firn(
    'freeze',
    'acme/1',
    'karl==3.30',
    'acme.theme==1.0',
    ...buildout,
    'packaging==26.3',
    '--token',
    freezer,
  )
})
afterAll(() => place?.stop())

async function token(...scopes: string[]): Promise<string> {
  const deps = { records: place.server.store.records, now: () => new Date().toISOString() }
  return (await createToken(deps, { name: 'test', scopes, expiresAt: null, actor: 'test' })).text
}

function index(secret?: string): string {
  const url = new URL('/index/acme/1/', place.url)
  return secret === undefined ? url.href : url.href.replace('//', `//__token__:${secret}@`)
}

async function themeIn(environment: string): Promise<string> {
  const code = 'from importlib.metadata import version; print(version("acme.theme"), version("karl"))'
  return place.client(join(environment, 'bin', 'python'), ['-c', code])
}

it('is installed by pip with a token in the URL of the index', async () => {
  const environment = await place.virtualenv('pip')
  const pip = ['-m', 'pip', '--python', join(environment, 'bin', 'python'), 'install', '--no-input', '--no-cache-dir']
  const requirements = `${index(reader)}requirements.txt`
  await place.client(await pinnedPip(), [...pip, '--index-url', index(reader), '--require-hashes', '-r', requirements])
  expect(await themeIn(environment)).toBe('1.0 3.30\n')
  const stranger = ['-m', 'pip', 'download', '--no-input', '--index-url', index(), 'acme.theme']
  const refused = await place.tryClient(await pinnedPip(), stranger)
  expect([refused.code, refused.stderr]).toEqual([
    1,
    expect.stringContaining('No matching distribution found') as string,
  ])
})

it('is installed by uv with a token in the URL of the index, and from its lock with one for the host', async () => {
  const uv = await pinnedUv()
  const environment = await place.virtualenv('uv')
  const python = ['--python', join(environment, 'bin', 'python')]
  await place.client(uv, ['pip', 'install', ...python, '--index-url', index(reader), 'acme.theme'])
  expect(await themeIn(environment)).toBe('1.0 3.30\n')
  const refused = await place.tryClient(uv, [
    'pip',
    'install',
    ...python,
    '--reinstall',
    '--index-url',
    index(),
    'acme.theme',
  ])
  expect([refused.code, refused.stderr]).toEqual([1, expect.stringContaining('acme-theme was not found') as string])
})

it('is installed by buildout with a token in the URL of the index', async () => {
  const directory = await place.directory('buildout')
  const versions = await place.firn('show', 'acme/1', '--format', 'versions.cfg', '--token', reader)
  await writeFile(join(directory, 'versions.cfg'), versions)
  const lines = [
    '[buildout]',
    'extends = versions.cfg',
    `index = ${index(reader)}`,
    'allow-picked-versions = false',
    'newest = false',
    'parts = app',
    '[app]',
    'recipe = zc.recipe.egg',
    'eggs = acme.theme',
    'interpreter = py',
  ]
  await writeFile(join(directory, 'buildout.cfg'), `${lines.join('\n')}\n`)
  const tool = await toolEnvironment(
    'buildout4',
    ['zc.buildout==4.1.12', 'setuptools==65.5.0', 'pip==24.0', 'wheel==0.45.1'],
    { python: place.python },
  )
  await place.client(tool.bin('buildout'), [], directory)
  expect(await place.client(join(directory, 'bin', 'py'), ['-c', 'import acme_theme, karl; print("both")'])).toBe(
    'both\n',
  )
})

it('takes what twine uploads for it with a token, and nothing without', async () => {
  const twine = (await toolEnvironment('twine', ['twine==7.0.0'])).bin('twine')
  const dist = await writeFiles(await place.directory('dist'), [makeWheel({ name: 'acme.tools', version: '1.0' })])
  const upload = (secret: string, product: string) =>
    place.tryClient(
      twine,
      `upload --disable-progress-bar --non-interactive --username __token__ --password ${secret} --repository-url ${place.url}/legacy/${product}`
        .split(' ')
        .concat(join(dist, 'acme_tools-1.0-py3-none-any.whl')),
    )
  const wrong = await upload(`firn_0123456789ab_${'A'.repeat(43)}`, '')
  expect([wrong.code, wrong.stdout]).toEqual([
    1,
    expect.stringMatching(/401 Unauthorized[^]*Token does not hold: it is none of this server/) as string,
  ])
  const narrow = await upload(uploader, 'acme/')
  expect([narrow.code, narrow.stdout]).toEqual([
    1,
    expect.stringMatching(/403 Forbidden[^]*Token does not allow it/) as string,
  ])
  expect(await upload(await token('freeze:acme', 'upload:acme-tools'), 'acme/')).toMatchObject({ code: 0 })
  expect(await place.server.store.records.distribution('acme_tools-1.0-py3-none-any.whl')).toMatchObject({
    product: 'acme',
  })
})
