/** Whatever firn admits is served where its pages say, and independent readers find the same in HTML and JSON. */
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import type { Distribution } from '../../pool/distribution.ts'
import { parseReleaseName } from '../../pool/release-name.ts'
import { readManifest } from '../../pool/manifest.ts'
import { compareVersionTexts, normaliseVersion, compareCodePoints } from '../../pool/version.ts'
import { makeEgg, makeSdist, makeWheel, type Built } from '../support/archives.ts'
import { legacyFiles, sha256, uploadAll, zopeFiles } from '../support/catalogue.ts'
import { cleanStop } from '../support/clean-stop.ts'
import { crawl } from '../support/crawl.ts'
import { firn, startServer, type TestServer } from '../support/server.ts'
import { readIndex, type ReadFile, type ReadIndex, type Readings } from './index-readers.ts'
import { oddFiles } from './odd-files.ts'

vi.setConfig({ testTimeout: 300_000, hookTimeout: 300_000 })

const named = (built: Built, filename: string): Built => ({ ...built, filename })
const long = 'a'.repeat(90)

/** One project with all that was ever odd, on one page. */
const mixed: readonly Built[] = [
  ...(['zip', 'tgz', 'tar.bz2', 'tar.gz'] as const).map((format) =>
    makeSdist({ name: 'Zope.Mixed', version: '1.0', format }),
  ),
  named(makeSdist({ name: 'Zope.Mixed', version: '0.9', format: 'tar.bz2' }), 'Zope.Mixed-0.9.tbz'),
  named(makeSdist({ name: 'Zope.Mixed', version: '0.9.8.0-osi1' }), 'Zope.Mixed-0.9.8.0-osi1.tar.gz'),
  named(makeSdist({ name: 'Zope.Mixed', version: '2.0.1-karl3', format: 'zip' }), 'zope.mixed-2.0.1-karl3.zip'),
  named(makeSdist({ name: 'Zope.Mixed', version: '3.5.0-1' }), 'Zope.Mixed-3.5.0-1.tar.gz'),
  named(makeSdist({ name: 'Zope.Mixed', version: '1!2.0+deb.1' }), 'Zope-Mixed-1!2.0+deb.1.tar.gz'),
  named(makeSdist({ name: 'Zope.Mixed', version: 'SVN-r42' }), 'ZOPE_MIXED-SVN-r42.tgz'),
  makeEgg({ name: 'Zope.Mixed', version: '1.0' }),
  makeEgg({ name: 'Zope.Mixed', version: '1.0', python: '2.4-win32' }),
  makeWheel({ name: 'Zope.Mixed', version: '1.10' }),
  makeWheel({ name: 'Zope.Mixed', version: '1.9' }),
]
const others: readonly Built[] = [
  named(makeSdist({ name: 'repoze.who.plugins_x', version: '1.0' }), 'repoze.who.plugins_x-1.0.tar.gz'),
  makeSdist({ name: `${long}.${long}`, version: '1.0' }),
]

let server: TestServer
beforeAll(async () => {
  server = await startServer()
  await uploadAll(server.url, [...oddFiles('3.11').map(([, file]) => file), ...zopeFiles, ...legacyFiles])
  await uploadAll(server.url, [...mixed, ...others])
  await command('yank', 'repoze.bfg==1.0', '--reason', `loses "mail" & <more>`)
  await command('project', 'status', 'w_plain', '--set', 'archived', '-m', 'succeeded by w.dotted')
  const pins = (await distributions()).map(({ name, version }) => `${name}==${version}`)
  const once = [...new Map(pins.map((pin) => [pin.split('==')[0]?.toLowerCase(), pin])).values()]
  const waived = ['setuptools', 'p-any', 'p-tilde', 'zope-mixed', 'repoze-bfg'].flatMap((name) => [
    '--waive',
    `${name}: x`,
  ])
  await command('freeze', 'odd/1', ...once, '--target', 'cp311-manylinux_x86_64', ...waived)
})
afterAll(() => cleanStop(server))

async function command(...argv: readonly string[]): Promise<void> {
  const { code, stderr } = await firn(argv, { FIRN_URL: server.url })
  if (code !== 0) throw new Error(stderr)
}

async function distributions(): Promise<readonly Distribution[]> {
  const { records } = server.store
  const projects = await records.projects()
  return (await Promise.all(projects.map(({ project }) => records.distributionsOf(project)))).flat()
}

type Listed = Pick<Distribution, 'filename' | 'project' | 'version' | 'kind' | 'sha256' | 'metadataSha256'> &
  Pick<Distribution, 'requiresPython' | 'yanked' | 'size' | 'uploadTime' | 'provenanceSha256'>

function expected(file: Listed, reading: string): ReadFile {
  const json = reading.endsWith('json')
  const url = `${server.url}/pool/${file.project}/${encodeURIComponent(file.filename)}`
  return {
    filename: file.filename,
    url,
    hashes: { sha256: file.sha256 },
    requiresPython: file.requiresPython,
    yanked: file.yanked,
    metadata: file.kind === 'wheel' ? { sha256: file.metadataSha256 } : null,
    size: json ? file.size : null,
    uploadTime: json ? file.uploadTime : null,
    provenance: reading === 'mousebender html' || file.provenanceSha256 === null ? null : `${url}.provenance`,
  }
}

/** By normalised name; the versions of JSON as they are in the pool. */
function pages(reading: string, files: readonly Listed[], status: Readonly<Record<string, string>>): ReadIndex {
  const json = reading.endsWith('json')
  const projects = [...new Set(files.map(({ project }) => project))].toSorted(compareCodePoints)
  return Object.fromEntries(
    projects.map((project) => {
      const own = files.filter((file) => file.project === project).toSorted(byVersionAndFilename)
      const versions = [...new Set(own.map(({ version }) => normaliseVersion(version)))].toSorted(compareVersionTexts)
      const page = {
        files: own.map((file) => expected(file, reading)),
        versions: json ? versions : null,
        // PEP 792 has it in HTML too, where mousebender does not look for it.
        status: reading === 'mousebender html' ? null : (status[project] ?? null),
      }
      return [project, page]
    }),
  )
}

function byVersionAndFilename(a: Listed, b: Listed): number {
  return compareVersionTexts(a.version, b.version) || compareCodePoints(a.filename, b.filename)
}

function normalised(read: ReadIndex): ReadIndex {
  return Object.fromEntries(
    Object.entries(read).map(([name, page]) => [name.toLowerCase().replaceAll(/[-_.]+/g, '-'), page]),
  )
}

function expectAll(readings: Readings, files: readonly Listed[], status: Readonly<Record<string, string>> = {}): void {
  expect(Object.keys(readings).length).toBe(4)
  for (const [reading, index] of Object.entries(readings)) {
    expect([reading, normalised(index)]).toEqual([reading, pages(reading, files, status)])
  }
}

it('gives independent readers all that the pool knows, on the live index', async () => {
  const files = await distributions()
  expect(files.filter(({ yanked }) => yanked !== null).length).toBe(1)
  expectAll(await readIndex(`${server.url}/simple/`), files, { 'w-plain': 'archived' })
})

it('gives them all that the manifest says, on a frozen one', async () => {
  const frozen = await server.store.records.release(parseReleaseName('odd', '1'))
  const { files } = readManifest(frozen?.manifest ?? '')
  expect(files.length).toBeGreaterThan(40)
  const listed = files.map((file) => ({
    ...file,
    metadataSha256: file['metadata-sha256'],
    requiresPython: file['requires-python'],
    uploadTime: file['upload-time'],
    yanked: null,
    provenanceSha256: null,
  }))
  expectAll(await readIndex(`${server.url}/index/odd/1/`), listed)
})

describe.each(['simple', 'index/odd/1'])('/%s/', (index) => {
  it('leads to every file at its link, with its bytes', async () => {
    const visited = await crawl(`${server.url}/${index}/`)
    const files = visited.filter(({ url }) => url.includes('/pool/'))
    expect(visited.filter(({ reply }) => reply.status !== 200)).toEqual([])
    expect(files.length).toBeGreaterThan(40)
    for (const { url, reply } of files) expect(new URL(url).hash).toBe(`#sha256=${sha256(reply.body)}`)
  })
})

it('lists versions that are none after those that are', async () => {
  const { 'pypi-simple json': json } = await readIndex(`${server.url}/simple/`)
  const page = json?.['Zope.Mixed']
  const versions = ['0.9', '1.0', '1.9', '1.10', '3.5.0.post1', '1!2.0+deb.1', '0.9.8.0-osi1', '2.0.1-karl3', 'SVN-r42']
  expect(page?.versions).toEqual(versions)
  expect(page?.files.map(({ filename }) => filename).slice(-4)).toEqual([
    'Zope-Mixed-1!2.0+deb.1.tar.gz',
    'Zope.Mixed-0.9.8.0-osi1.tar.gz',
    'zope.mixed-2.0.1-karl3.zip',
    'ZOPE_MIXED-SVN-r42.tgz',
  ])
})
