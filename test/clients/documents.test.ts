/** Every document of a release, read back by the tool that it is for, with nothing to go by but the document. */
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { makeEgg, makeSdist, makeWheel } from '../support/archives.ts'
import { run, toolEnvironment } from '../support/python.ts'
import { root } from '../support/server.ts'
import { makeWorkplace, pinnedPip, pinnedUv, type Workplace } from './workplace.ts'

vi.setConfig({ testTimeout: 600_000, hookTimeout: 600_000 })

/** As auditwheel writes it. */
const grafted = JSON.stringify({
  bomFormat: 'CycloneDX',
  specVersion: '1.4',
  version: 1,
  metadata: { component: { type: 'library', 'bom-ref': 'pkg:pypi/acme-core@1.0', name: 'acme_core', version: '1.0' } },
  components: [
    {
      type: 'library',
      'bom-ref': 'pkg:rpm/libxml2@2.9',
      name: 'libxml2',
      version: '2.9',
      purl: 'pkg:rpm/alma/libxml2@2.9',
    },
  ],
  dependencies: [{ ref: 'pkg:pypi/acme-core@1.0', dependsOn: ['pkg:rpm/libxml2@2.9'] }],
})

const core = makeWheel({
  name: 'acme.Core',
  version: '1.0',
  metadata: [
    'Metadata-Version: 2.4',
    'Name: acme.Core',
    'Version: 1.0',
    'License-Expression: MIT OR Apache-2.0',
    'Requires-Dist: ACME_Util>=1',
    'Requires-Dist: nowhere ; os_name == "nt"',
    '',
    '',
  ].join('\n'),
  files: {
    'acme_core-1.0.dist-info/sboms/auditwheel.cdx.json': grafted,
    'acme_core-1.0.dist-info/sboms/other.spdx.json': '{"spdxVersion":"SPDX-2.3"}',
  },
})
const util = makeWheel({ name: 'ACME_Util', version: '1.0.post1', requiresPython: '>=3.8' })
const web = makeSdist({ name: 'acme_web', version: '1.0', requires: ['acme-core', 'acme.util'] })
const egg = makeEgg({ name: 'acme.core', version: '1.0' })
const pins = ['acme_web==1.0', 'acme.Core==1.0', 'ACME_Util==1.0.post1', 'setuptools==80.9.0', 'markupsafe==3.0.2']

let place: Workplace
let index: string

beforeAll(async () => {
  place = await makeWorkplace()
  index = `${place.url}/index/acme/1.0/`
  await place.firn('fetch', 'setuptools==80.9.0', 'markupsafe==3.0.2')
  await place.upload(core, util, web, egg)
  await place.firn('freeze', 'acme/1.0', ...pins)
  await place.upload(makeWheel({ name: 'acme.core', version: '2.0' }), makeWheel({ name: 'acme.util', version: '2.0' }))
})
afterAll(() => place?.stop())
beforeEach(() => void place.takeRequests())

const probe = `
from importlib.metadata import version
import acme_core, acme_util, acme_web, markupsafe
print(*(f"{name}={version(name)}" for name in ("acme.core", "acme.util", "acme.web", "markupsafe")))
`
const released = 'acme.core=1.0 acme.util=1.0.post1 acme.web=1.0 markupsafe=3.0.2\n'

async function installed(environment: string): Promise<string> {
  return place.client(join(environment, 'bin', 'python'), ['-c', probe])
}

/** The document as a file, as somebody has it who downloaded it. */
async function downloaded(name: string): Promise<string> {
  const path = join(await place.directory('documents'), name)
  await writeFile(path, await (await fetch(`${index}${name}`)).text())
  return path
}

async function pip(environment: string, ...args: string[]): Promise<void> {
  await place.client(await pinnedPip(), ['-m', 'pip', '--python', join(environment, 'bin', 'python'), ...args])
}

async function uv(environment: string, ...args: string[]): Promise<void> {
  await place.client(await pinnedUv(), ['pip', ...args, '--python', join(environment, 'bin', 'python')])
}

describe('pylock.toml', () => {
  it('is installed by pip, from its URL and from a file', async () => {
    for (const [at, lock] of [`${index}pylock.toml`, await downloaded('pylock.toml')].entries()) {
      const environment = await place.virtualenv(`pip-lock-${at}`)
      await pip(environment, 'install', '--index-url', index, '-r', lock)
      expect(await installed(environment)).toBe(released)
    }
    expect(place.strayed).toEqual([])
  })

  it.each([
    ['sync', ['sync']],
    ['install', ['install', '-r']],
  ])('is installed by uv pip %s', async (name, command) => {
    const environment = await place.virtualenv(`uv-lock-${name}`)
    await uv(environment, ...command, await downloaded('pylock.toml'), '--default-index', index, '--preview')
    expect(await installed(environment)).toBe(released)
    expect(place.strayed).toEqual([])
  })

  it('is what packaging takes for valid', async () => {
    const script =
      'import sys, tomllib; from packaging.pylock import Pylock; print(len(Pylock.from_dict(tomllib.load(open(sys.argv[1], "rb"))).packages))'
    const { python } = await toolEnvironment('packaging', ['packaging==26.3'])
    expect(await place.client(python, ['-c', script, await downloaded('pylock.toml')])).toBe('5\n')
  })
})

interface Component {
  readonly name: string
  readonly 'bom-ref': string
  readonly purl?: string
  readonly licenses?: unknown
  readonly components?: readonly Component[]
  readonly externalReferences?: readonly { readonly url: string; readonly type: string; readonly comment?: string }[]
}

interface Bom {
  readonly components: readonly Component[]
  readonly dependencies: readonly { readonly ref: string; readonly dependsOn?: readonly string[] }[]
}

const validate = `
import sys
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
for path in sys.argv[1:]:
    print(JsonStrictValidator(SchemaVersion.V1_6).validate_str(open(path, encoding="utf-8").read()))
`

describe('sbom.cdx.json', () => {
  it('is valid by its schema, to the letter, whatever the release is made of', async () => {
    const nasty = join(await place.directory('documents'), 'nasty.cdx.json')
    await writeFile(nasty, (await printedElsewhere({}))['sbom.cdx.json'] ?? '')
    const { python } = await toolEnvironment('cyclonedx', ['cyclonedx-python-lib[json-validation]==11.12.0'])
    const outcome = await place.client(python, ['-c', validate, await downloaded('sbom.cdx.json'), nasty])
    expect(outcome).toBe('None\nNone\n')
  })

  it('has each pin with its licence, its files and what is in them, and who needs whom', async () => {
    const { components, dependencies } = JSON.parse(await readFile(await downloaded('sbom.cdx.json'), 'utf8')) as Bom
    const [first] = components
    const file = `pkg:pypi/acme-core@1.0?file_name=${core.filename}`
    expect([first?.name, first?.purl, first?.licenses]).toEqual([
      'acme.Core',
      'pkg:pypi/acme-core@1.0',
      [{ expression: 'MIT OR Apache-2.0' }],
    ])
    const wheel = first?.components?.find(({ name }) => name === core.filename)
    expect(wheel?.components?.map(({ name, purl }) => [name, purl])).toEqual([['libxml2', 'pkg:rpm/alma/libxml2@2.9']])
    expect(wheel?.externalReferences?.map(({ type, comment }) => [type, comment])).toEqual([
      ['distribution', undefined],
      ['bom', 'acme_core-1.0.dist-info/sboms/auditwheel.cdx.json'],
      ['bom', 'acme_core-1.0.dist-info/sboms/other.spdx.json'],
    ])
    const needs = Object.fromEntries(dependencies.map(({ ref, dependsOn }) => [ref, dependsOn]))
    expect(needs['pkg:pypi/acme-core@1.0']).toEqual(['pkg:pypi/acme-util@1.0.post1'])
    expect(needs['pkg:pypi/acme-web@1.0']).toEqual(['pkg:pypi/acme-core@1.0', 'pkg:pypi/acme-util@1.0.post1'])
    expect(needs[file]).toEqual([wheel?.components?.[0]?.['bom-ref']])
  })
})

/** What another process prints of a nasty release. */
async function printedElsewhere(env: Readonly<Record<string, string>>): Promise<Readonly<Record<string, string>>> {
  const script = join(root, 'test', 'support', 'print-documents.ts')
  const { code, stdout, stderr } = await run(process.execPath, ['--import', 'tsx', script], {
    env: { ...process.env, ...env },
    cwd: root,
  })
  if (code !== 0) throw new Error(stderr)
  return JSON.parse(stdout) as Record<string, string>
}

it('are the same bytes in another process, language and time zone', async () => {
  const here = await printedElsewhere({ LC_ALL: 'C', TZ: 'UTC' })
  expect(Object.values(here).every((text) => text.length > 50)).toBe(true)
  for (const env of [
    { LC_ALL: 'sv_SE.UTF-8', TZ: 'Pacific/Chatham' },
    { LC_ALL: 'tr_TR.UTF-8', TZ: 'America/St_Johns' },
  ])
    expect(await printedElsewhere(env)).toEqual(here)
})
