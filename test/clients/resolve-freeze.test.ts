/** Loose requirements become a release by what uv chooses; what it says of a conflict is what people read. */
import { existsSync } from 'node:fs'
import { chmod, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { errors } from '../../pool/errors.ts'
import type { Manifest } from '../../pool/manifest.ts'
import { createToken } from '../../server/actions/tokens.ts'
import { makeSdist, makeWheel } from '../support/archives.ts'
import { uploadAll } from '../support/catalogue.ts'
import { ask, contentPart, formHeaders, formOf } from '../support/requests.ts'
import { firn, startServer, type CommandResult } from '../support/server.ts'
import { makeWorkplace, pinnedPip, pinnedUv, type Workplace } from './workplace.ts'

vi.setConfig({ testTimeout: 300_000, hookTimeout: 300_000 })

const [linux, linux39, mac] = ['cp311-manylinux_x86_64', 'cp39-manylinux_x86_64', 'cp311-macosx_arm64']

const made = (marker: string) => [
  makeWheel({
    name: 'acme.app',
    version: '1.0',
    metadata: [
      'Metadata-Version: 2.1\nName: acme.app\nVersion: 1.0\nProvides-Extra: web\nRequires-Dist: acme.lib>=1',
      'Requires-Dist: acme-mac ; sys_platform == "darwin"\nRequires-Dist: acme-web>=2 ; extra == "web"\n\n',
    ].join('\n'),
  }),
  ...['1.0', '1.5', '2.0', '3.0rc1'].map((version) => makeWheel({ name: 'acme.lib', version })),
  makeWheel({ name: 'acme-mac', version: '1.0' }),
  makeWheel({ name: 'acme-web', version: '2.0', requires: ['acme.lib<2'] }),
  makeWheel({ name: 'acme-new', version: '1.0' }),
  makeWheel({ name: 'acme-new', version: '2.0', requiresPython: '>=3.10' }),
  makeWheel({ name: 'acme-old-py', version: '1.0', requires: ['acme-new<2'], requiresPython: '<3.10' }),
  makeWheel({
    name: 'acme-pair',
    version: '1.0',
    metadata: [
      'Metadata-Version: 2.1\nName: acme-pair\nVersion: 1.0\nRequires-Dist: acme-new<2 ; python_version < "3.10"',
      'Requires-Dist: acme-new>=2 ; python_version >= "3.10"\n\n',
    ].join('\n'),
  }),
  makeSdist({
    name: 'acme-static',
    version: '1.0',
    requires: ['acme.lib<2'],
    metadata: 'Metadata-Version: 2.2\nName: acme-static\nVersion: 1.0\nRequires-Dist: acme.lib<2\n\n',
  }),
  makeSdist({
    name: 'acme-coded',
    version: '1.0',
    metadata: 'Metadata-Version: 1.1\nName: acme-coded\nVersion: 1.0\n\n',
    files: {
      'setup.py': `open(${JSON.stringify(marker)}, "w")\nfrom setuptools import setup\nsetup(name="acme-coded", version="1.0", install_requires=["acme.lib<2"])\n`,
    },
  }),
]

let place: Workplace
let uv: string
/** Written by the setup.py of a sdist if that is run. */
let marker: string
beforeAll(async () => {
  place = await makeWorkplace({ min: '3.10', max: '3.12' })
  uv = await pinnedUv()
  marker = join(await place.directory('home'), 'setup-has-run')
  await place.upload(...made(marker))
  await place.firn('fetch', 'setuptools==80.9.0')
})
afterAll(() => place?.stop())

async function run(argv: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<CommandResult> {
  const home = await place.directory('home')
  return firn(argv, {
    FIRN_URL: place.url,
    FIRN_PYTHON: place.python,
    PATH: process.env['PATH'] ?? '',
    HOME: home,
    FIRN_UV: uv,
    ...env,
  })
}

let number = 0
async function frozen(...argv: readonly string[]): Promise<Pick<Manifest, 'pins' | 'roots'> & { name: string }> {
  const name = `acme/${++number}`
  const targets = argv.includes('--target') ? [] : ['--target', linux]
  const { code, stdout, stderr } = await run(['freeze', name, ...argv, ...targets, '--resolve', '--json'])
  expect([code, stderr, code === 0 ? '' : stdout]).toEqual([0, '', ''])
  return { ...(JSON.parse(stdout) as { manifest: Manifest }).manifest, name }
}

function printed({ pins }: Pick<Manifest, 'pins'>): readonly string[] {
  return pins.map(({ name, version, marker }) => `${name}==${version}${marker === null ? '' : ` ; ${marker}`}`)
}

it('takes what uv chooses, keeps what was asked for, and pip installs it', async () => {
  const release = await frozen('acme.app[web]>=0.9')
  expect([printed(release), release.roots]).toEqual([
    ['acme.app==1.0', 'acme.lib==1.5', 'acme-web==2.0'],
    ['acme.app[web]>=0.9'],
  ])
  const environment = await place.virtualenv('installed')
  const index = `${place.url}/index/${release.name}/`
  const install = ['-m', 'pip', '--python', environment, 'install', '--index-url', index, 'acme.app[web]']
  await place.client(await pinnedPip(), install)
})

it.each([
  [['acme.lib'], ['acme.lib==2.0']],
  [['acme.lib', '--prerelease', 'allow'], ['acme.lib==3.0rc1']],
  [['acme.lib', '--resolution', 'lowest'], ['acme.lib==1.0']],
  [
    ['acme.app', '--resolution', 'lowest-direct'],
    ['acme.app==1.0', 'acme.lib==2.0'],
  ],
])('passes on how to choose: %j', async (argv, expected) => {
  expect(printed(await frozen(...argv))).toEqual(expected)
})

it('passes on constraints, those without a version too', async () => {
  const constraints = join(await place.directory('home'), 'constraints.txt')
  await writeFile(constraints, 'acme.lib!=2.0,<3\nunheard-of==1.0\n')
  expect(printed(await frozen('acme.app', '-c', constraints))).toEqual(['acme.app==1.0', 'acme.lib==1.5'])
})

it('goes by when files came to the pool with --exclude-newer', async () => {
  await place.upload(makeWheel({ name: 'acme-late', version: '1.0' }))
  const times = await uploadAll(place.url, [makeWheel({ name: 'acme-late', version: '2.0' })])
  const before = [...times.values()][0] ?? ''
  expect(printed(await frozen('acme-late', '--exclude-newer', before))).toEqual(['acme-late==1.0'])
  expect(printed(await frozen('acme-late'))).toEqual(['acme-late==2.0'])
})

describe('several targets', () => {
  it('have one version of a project, which one of them needs alone', async () => {
    const release = await frozen('acme.app', 'acme-new', '--target', linux39, '--target', mac)
    expect(printed(release)).toEqual([
      'acme.app==1.0',
      'acme.lib==2.0',
      'acme-mac==1.0 ; python_version == "3.11"',
      'acme-new==1.0',
    ])
  })

  it('have the version that the oldest can have, whichever is named first', async () => {
    const release = await frozen('acme-new', '--target', linux, '--target', linux39)
    expect(printed(release)).toEqual(['acme-new==1.0'])
  })

  it('that need different versions are named with them', async () => {
    const targets = ['--target', linux39, '--target', linux]
    const { code, stderr } = await run(['freeze', 'acme/no', 'acme-pair', ...targets, '--resolve'])
    expect([code, stderr]).toEqual([
      65,
      `error: Requirements cannot be met: the targets need different versions
  acme-new: 1.0 for cp39-manylinux_x86_64, 2.0 for cp311-manylinux_x86_64
    a release holds one version of a project: bound it so that one does for all, or freeze a release for each of these targets
hint: nothing was made
`,
    ])
  })

  it('that uv does not know are named at once', async () => {
    const targets = [
      '--target',
      'cp27-manylinux_x86_64',
      '--target',
      'pp310-manylinux_x86_64',
      '--target',
      'cp311-manylinux_s390x',
    ]
    const { code, stderr } = await run(['freeze', 'acme/no', 'acme.lib', ...targets, '--resolve'])
    expect([code, stderr.split('\n').slice(1, 4)]).toEqual([
      65,
      [
        '  cp27-manylinux_x86_64: uv resolves for Python 3 alone',
        '  pp310-manylinux_x86_64: uv resolves for CPython alone',
        '  cp311-manylinux_s390x: uv knows no such platform',
      ],
    ])
  })
})

it('says what uv says of a conflict', async () => {
  const { code, stderr } = await run([
    'freeze',
    'acme/no',
    'acme.app[web]',
    'acme.lib>=2',
    '--target',
    linux,
    '--resolve',
  ])
  expect(code).toBe(errors['resolution-failed'].exit)
  expect(stderr).toContain('error: Requirements cannot be met: cp311-manylinux_x86_64\n')
  expect(stderr).toMatch(/all versions of acme-web depend on acme-lib<2/)
  expect(stderr).toMatch(/\nhint: bring what is lacking into the pool: firn fetch --resolve/)
})

describe('a base', () => {
  it("holds what a customer needs to the base's versions, but for what the customer asks for by name", async () => {
    const base = await frozen('acme.lib==1.0')
    const customer = await frozen('acme.app', '--base', base.name)
    expect(printed(customer)).toEqual(['acme.app==1.0', 'acme.lib==1.0'])
    const other = await frozen('acme.app', 'acme.lib>1', '--base', base.name)
    expect(printed(other)).toEqual(['acme.app==1.0', 'acme.lib==2.0'])
  })
})

describe('a sdist', () => {
  it('is read, not built, with what it needs to be built', async () => {
    const release = await frozen('acme-static')
    expect(printed(release)).toEqual(['acme.lib==1.5', 'acme-static==1.0', 'setuptools==80.9.0'])
  })

  it('that says only in code what it needs is run on demand alone', async () => {
    const asked = ['acme-coded', 'setuptools']
    const { code, stderr } = await run(['freeze', 'acme/no', ...asked, '--target', linux, '--resolve'])
    expect([code, existsSync(marker)]).toEqual([65, false])
    expect(stderr).toMatch(/all versions of acme-coded depend on dependencies-stated-only-in-code/)
    const release = await frozen(...asked, '--build-sdists')
    expect(printed(release)).toEqual(['acme-coded==1.0', 'acme.lib==1.5', 'setuptools==80.9.0'])
    expect(existsSync(marker)).toBe(true)
  })
})

describe('text that is hostile', () => {
  it.each([
    [['--', '--index-url=http://127.0.0.1:9/', 'acme.lib']],
    [['--', 'acme.lib\n--extra-index-url http://127.0.0.1:9/']],
    [['acme.lib ; python_version > "3" \f\n--find-links http://127.0.0.1:9/']],
  ])('is no option of uv: %j', async (argv) => {
    const options = ['--target', linux, '--resolve', '--json']
    const { code, stdout } = await run(['freeze', `acme/${++number}`, ...options, ...argv])
    expect(code).toBe(0)
    expect(printed((JSON.parse(stdout) as { manifest: Manifest }).manifest)).toEqual(['acme.lib==2.0'])
  })
})

it('sees what is private to a product with a token, which no process shows', async () => {
  const server = await startServer({ access: { privateProducts: ['globex'] } })
  try {
    const deps = { records: server.store.records, now: () => new Date().toISOString() }
    const { text } = await createToken(deps, { name: 'ci', scopes: ['admin'], expiresAt: null, actor: 'test' })
    const headers = { ...formHeaders, Authorization: `Bearer ${text}` }
    const body = formOf([contentPart(makeWheel({ name: 'globex-theme', version: '1.0' }))])
    expect((await ask(server.url, '/legacy/globex/', { method: 'POST', headers, body })).status).toBe(200)
    const shown = join(await place.directory('home'), 'shown')
    const spy = join(await place.directory('home'), 'uv-spy')
    await writeFile(spy, `#!/bin/sh\necho "$@" >> ${shown}\nexec ${uv} "$@"\n`)
    await chmod(spy, 0o755)
    const argv = ['freeze', 'globex/1', 'globex-theme', '--target', linux, '--resolve', '--url', server.url]
    const without = await run(argv, { FIRN_UV: spy })
    expect([without.code, without.stderr]).toEqual([65, expect.stringContaining('globex-theme was not found')])
    const { code, stderr } = await run(argv, { FIRN_UV: spy, FIRN_TOKEN: text })
    expect([code, stderr]).toEqual([0, ''])
    expect(await readFile(shown, 'utf8')).not.toContain(text)
  } finally {
    await server.stop()
  }
})
