/** Which installer can use which file: the table of `pool/clients.ts`, asked of the installers themselves. */
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { clientsOf, clients, type Client } from '../../pool/clients.ts'
import { toolEnvironment, type ToolEnvironment } from '../support/python.ts'
import { mixedFiles, oddFiles, type OddFile } from './odd-files.ts'
import { makeWorkplace, pinnedPip, pinnedUv, type Workplace } from './workplace.ts'

vi.setConfig({ testTimeout: 600_000, hookTimeout: 600_000 })

let place: Workplace
let table: readonly (readonly [string, OddFile])[]

beforeAll(async () => {
  place = await makeWorkplace({ min: '3.9', max: '3.11' })
  const minor = await place.client(place.python, ['-c', 'import sys; print("%d.%d" % sys.version_info[:2])'])
  table = oddFiles(minor.trim())
  await place.upload(...table.map(([, file]) => file))
  await place.upload(...mixedFiles(minor.trim()))
})
afterAll(() => place?.stop())

/** The filenames of those that a tool has installed, each pinned as a release's documents pin it. */
type Installed = Promise<ReadonlySet<string>>

async function installedBy(name: string, tool: string, ...options: string[]): Installed {
  const done = new Set<string>()
  const index = ['--index-url', `${place.url}/simple/`]
  for (const [, file] of table) {
    const target = ['--target', await place.directory(`${name}-${file.name}`)]
    const { code } = await place.tryClient(tool, [...options, ...target, ...index, `${file.name}==${file.version}`])
    if (code === 0) done.add(file.filename)
  }
  return done
}

function oldPip(version: string): Promise<ToolEnvironment> {
  const requirements = [`pip==${version}`, 'setuptools==65.5.0']
  return toolEnvironment(`pip-${version}`, requirements, { python: place.python })
}

async function byPip(version: string): Installed {
  const { python } = await oldPip(version)
  return byPython(`pip-${version}`, python, '--no-build-isolation')
}

function byPython(name: string, python: string, ...options: string[]): Installed {
  return installedBy(name, python, '-m', 'pip', 'install', '--no-deps', ...options)
}

/** What `zc.buildout` runs for each part, for many in one process. */
const driver = `
import logging, sys, tempfile
from zc.buildout import easy_install
logging.disable(logging.CRITICAL)
for name, version, filename in (each.split() for each in sys.argv[2:]):
    try:
        easy_install.install([name], tempfile.mkdtemp(), index=sys.argv[1], versions={name: version})
        print("installed", filename, flush=True)
    except (Exception, SystemExit):
        pass
`

async function byBuildout({ python, directory }: ToolEnvironment): Installed {
  const cwd = await place.directory(`driven-${directory.split('/').at(-1)}`)
  const script = join(cwd, 'driver.py')
  await writeFile(script, driver)
  const asked = table.map(([, { name, version, filename }]) => `${name} ${version} ${filename}`)
  const printed = await place.client(python, [script, `${place.url}/simple/`, ...asked], cwd)
  return new Set([...printed.matchAll(/^installed (.+)$/gm)].map(([, filename = '']) => filename))
}

/** The newest first. */
async function buildoutTools(): Promise<readonly ToolEnvironment[]> {
  const two = { python: place.python }
  return [
    await toolEnvironment('buildout-6', ['zc.buildout==6.0.1']),
    await toolEnvironment('buildout-4', ['zc.buildout==4.1.12']),
    await toolEnvironment('buildout-2', ['zc.buildout==2.13.8', 'setuptools==51.3.3'], two),
  ]
}

async function buildouts(): Promise<readonly Awaited<Installed>[]> {
  const installed: Awaited<Installed>[] = []
  for (const tools of await buildoutTools()) installed.push(await byBuildout(tools))
  return installed
}

it('knows which client can use a file', async () => {
  const [[six, four, two], pips, uv] = await Promise.all([
    buildouts(),
    Promise.all([byPython('pip', await pinnedPip()), byPip('21.3.1'), byPip('20.3.4')]),
    installedBy('uv', await pinnedUv(), 'pip', 'install', '--no-deps', '--python', place.python),
  ])
  const [pip, ...older] = pips
  const takes: Readonly<Record<Client, readonly (ReadonlySet<string> | undefined)[]>> = {
    pip: [pip],
    uv: [uv],
    buildout: [six, four],
    'pip<22': older,
    'buildout<4': [two],
  }
  const seen = table.map(([, { filename }]) => {
    const able = clients.filter((client) => takes[client].every((tool) => tool?.has(filename)))
    return `${filename}: ${able.join(' ')}`
  })
  expect(seen).toEqual(table.map(([able, { filename }]) => `${filename}: ${able}`))
  const held = await Promise.all(table.map(([, { filename }]) => place.server.store.records.distribution(filename)))
  expect(held.map((file) => file && `${file.filename}: ${clientsOf(file).join(' ')}`)).toEqual(seen)
  expect(place.strayed).toEqual([])
})

const onePart = `
import sys, tempfile
from zc.buildout import easy_install
print(*easy_install.install(["mixed"], tempfile.mkdtemp(), index=sys.argv[1]))
`

it('breaks no page for a client by a file that it cannot use', async () => {
  const index = ['--index-url', `${place.url}/simple/`]
  const target = async (name: string) => ['--target', await place.directory(`mixed-${name}`)]
  const pips = [await pinnedPip(), (await oldPip('21.3.1')).python, (await oldPip('20.3.4')).python]
  const uv = ['pip', 'install', '--python', place.python, ...(await target('uv')), ...index, 'mixed']
  await place.client(await pinnedUv(), uv)
  for (const [at, pip] of pips.entries()) {
    await place.client(pip, ['-m', 'pip', 'install', ...(await target(`pip-${at}`)), ...index, 'mixed'])
  }
  for (const { python, directory } of await buildoutTools()) {
    const printed = await place.client(python, ['-c', onePart, `${place.url}/simple/`])
    expect(`${directory}: ${printed}`).toBe(`${directory}: mixed 1.0\n`)
  }
})
