/** Attestations on their way (PEP 740): uploaded, frozen, exported, bundled, verified, brought to another server. */
import { readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, afterEach, describe, expect, it } from 'vitest'
import type { Manifest } from '../../pool/manifest.ts'
import { makeSdist, makeWheel, type Built } from '../support/archives.ts'
import { attestationOf, buildType } from '../support/attestation.ts'
import { sha256, uploadAll } from '../support/catalogue.ts'
import { cleanStop } from '../support/clean-stop.ts'
import { ask, freeze, json, stagingEmpties, upload } from '../support/requests.ts'
import { firn, startServer, temporaryDirectory, type CommandResult, type TestServer } from '../support/server.ts'
import { itemsOf, tarOf } from '../support/tar-of.ts'

const wheel = makeWheel({ name: 'karl', version: '3.30' })
const plain = makeWheel({ name: 'plain', version: '1.0' })
const provenance = `pool/karl/${wheel.filename}.provenance`
const build = attestationOf(wheel, { statement: { predicateType: buildType } })

let there: TestServer
let here: TestServer
let directory: string
beforeAll(async () => {
  directory = await temporaryDirectory()
  there = await startServer()
  await uploadAll(there.url, [plain])
  await freeze(there.url, 'karl/3.29', 'plain==1.0')
  await put(wheel)
  await put({ filename: `${wheel.filename}.publish.attestation`, bytes: jsonOf(attestationOf(wheel)) })
  await put({ filename: `${wheel.filename}.build.attestation`, bytes: jsonOf(build) })
})
beforeEach(async () => {
  here = await startServer()
})
afterEach(async () => {
  await stagingEmpties(here.data)
  await cleanStop(here)
})
afterAll(async () => {
  await cleanStop(there)
  await rm(directory, { recursive: true })
})

function jsonOf(value: object): Buffer {
  return Buffer.from(JSON.stringify(value))
}

async function put({ filename, bytes }: Pick<Built, 'filename' | 'bytes'>): Promise<string> {
  const path = join(directory, filename)
  await writeFile(path, bytes)
  return path
}

async function command(server: TestServer, ...argv: readonly string[]): Promise<CommandResult> {
  const { code, stdout, stderr } = await firn(argv, { FIRN_URL: server.url })
  return { code, stdout: stdout.replaceAll(directory, 'DIR'), stderr: stderr.replaceAll(directory, 'DIR') }
}

async function manifestOf(server: TestServer, release: string): Promise<Manifest> {
  return json(await ask(server.url, `/index/${release}/manifest.json`)) as Manifest
}

/** The digest under which a server serves the attestations. */
async function served(server: TestServer): Promise<string> {
  const { status, body } = await ask(server.url, `/${provenance}`)
  return status === 200 ? sha256(body) : String(status)
}

it('firn upload --attestations brings those that lie beside a file', async () => {
  const beside = (suffix: string) => join(directory, `${wheel.filename}${suffix}`)
  const paths = ['', '.build.attestation', '.publish.attestation'].map(beside)
  expect(await command(there, 'upload', '--attestations', ...paths)).toEqual({
    code: 0,
    stdout: `added    ${wheel.filename}  ${wheel.bytes.length} B\n1 file in the pool\n`,
    stderr: '',
  })
  const { attestation_bundles: bundles } = json(await ask(there.url, `/${provenance}`)) as {
    attestation_bundles: readonly { attestations: unknown }[]
  }
  expect(bundles.map(({ attestations }) => attestations)).toEqual([[attestationOf(wheel), build]])
  await freeze(there.url, 'karl/3.30', 'karl==3.30\nplain==1.0')
})

it.each([
  ['there are none', undefined, /there is no karl-3\.30\.tar\.gz\.\*\.attestation beside DIR\/karl-3\.30\.tar\.gz\n/],
  ['one is no JSON', '{', /DIR\/karl-3\.30\.tar\.gz\.publish\.attestation: /],
])('firn upload --attestations uploads nothing where %s', async (_name, text, said) => {
  const sdist = makeSdist({ name: 'karl', version: '3.30' })
  const path = await put(sdist)
  if (text !== undefined) await put({ filename: `${sdist.filename}.publish.attestation`, bytes: Buffer.from(text) })
  const { code, stderr } = await command(here, 'upload', '--attestations', path)
  expect([code, stderr]).toEqual([66, expect.stringMatching(said)])
  expect((await ask(here.url, `/pool/karl/${sdist.filename}`)).status).toBe(404)
})

it('a file that is in the pool already is left as it is, and that is said', async () => {
  await uploadAll(here.url, [wheel])
  const { code, stdout } = await command(here, 'upload', '--attestations', join(directory, wheel.filename))
  expect([code, stdout]).toEqual([
    0,
    `already  ${wheel.filename}\nnote     ${wheel.filename}: it was in the pool before, and keeps what it came with; ` +
      'the attestations that came now are not kept\n1 file in the pool\n',
  ])
})

describe('a frozen release', () => {
  it('holds the digest of the attestations of files that have some, and of no others', async () => {
    const { files } = await manifestOf(there, 'karl/3.30')
    expect(files.map((file) => file['provenance-sha256'])).toEqual([await served(there), undefined])
    expect(files.map((file) => 'provenance-sha256' in file)).toEqual([true, false])
    expect(await ask(there.url, '/index/karl/3.29/manifest.json')).toMatchObject({
      text: expect.not.stringContaining('provenance') as string,
    })
  })

  it('is shown with how many files have some', async () => {
    expect((await command(there, 'show', 'karl/3.30')).stdout).toContain('2 projects, 2 files (1 attested), ')
    expect((await command(there, 'show', 'karl/3.29')).stdout).toContain('1 project, 1 file, ')
  })

  it('names them on its pages', async () => {
    const [html, page] = await Promise.all(
      ['text/html', 'application/vnd.pypi.simple.v1+json'].map((accept) =>
        ask(there.url, '/index/karl/3.30/karl/', { headers: { accept } }),
      ),
    )
    expect(html?.text).toContain(` data-provenance="../../../../${provenance}">`)
    expect(JSON.parse(page?.text ?? '')).toMatchObject({ files: [{ _provenance: `../../../../${provenance}` }] })
    expect((await ask(there.url, '/index/karl/3.30/plain/')).text).not.toContain('provenance')
  })

  it('is exported with them, and firn verify reads them again', async () => {
    const top = join(directory, 'tree')
    expect((await command(there, 'export', 'karl/3.30', top)).code).toBe(0)
    const path = join(top, provenance)
    expect(sha256(await readFile(path))).toBe(await served(there))
    expect((await command(there, 'verify', top)).code).toBe(0)
    await rm(path)
    expect((await command(there, 'verify', top)).stdout).toContain(`${provenance} is missing\n`)
    await writeFile(path, '{}')
    expect((await command(there, 'verify', top)).stdout).toContain(`${provenance} holds other bytes`)
    const { code, stderr } = await command(here, 'import', top)
    expect([code, stderr]).toEqual([65, expect.stringContaining(`${provenance} is not what was frozen`)])
    expect(await served(here)).toBe('404')
  })

  it('is verified with them on a server', async () => {
    expect((await command(there, 'verify', 'karl/3.30')).code).toBe(0)
  })
})

describe('a release that is brought to another server', () => {
  let bundle: string
  beforeAll(async () => {
    bundle = join(directory, 'karl.tar')
    await command(there, 'bundle', 'karl/3.30', bundle)
  })

  it.each(['bundle', 'export'])('has its attestations there, under the same digest, by %s', async (how) => {
    const from = how === 'bundle' ? bundle : join(directory, 'whole')
    if (how === 'export') await command(there, 'export', 'karl/3.30', from)
    expect(await command(here, 'import', from)).toMatchObject({ code: 0, stderr: '' })
    expect(await manifestOf(here, 'karl/3.30')).toEqual(await manifestOf(there, 'karl/3.30'))
    expect(await served(here)).toBe(await served(there))
    expect((await command(here, 'verify', 'karl/3.30')).code).toBe(0)
  })

  it('is refused where the pool has the file without them', async () => {
    await uploadAll(here.url, [wheel])
    const { code, stderr } = await command(here, 'import', bundle)
    expect([code, stderr]).toEqual([
      65,
      expect.stringContaining(`${wheel.filename}: the pool has it without the attestations of the release`),
    ])
  })

  it('is refused where the pool has the file with others', async () => {
    await upload(here.url, wheel, { attestations: JSON.stringify([build]) })
    const { code, stderr } = await command(here, 'import', bundle)
    expect([code, stderr]).toEqual([
      65,
      expect.stringContaining(`${wheel.filename}: the pool has it with other attestations`),
    ])
  })

  it('is taken without a word of them where it has none of them in it', async () => {
    await upload(here.url, plain, { attestations: JSON.stringify([attestationOf(plain)]) })
    const old = join(directory, 'old.tar')
    await command(there, 'bundle', 'karl/3.29', old)
    expect(await command(here, 'import', old)).toMatchObject({ code: 0, stderr: '' })
    expect((await ask(here.url, '/index/karl/3.29/plain/')).text).not.toContain('provenance')
  })

  it.each<[string, (items: ReturnType<typeof itemsOf>) => ReturnType<typeof itemsOf>, string]>([
    ['lacks them', (items) => items.filter(({ name }) => name !== provenance), `it does not have "${provenance}"`],
    [
      'has others',
      (items) => items.map((item) => (item.name === provenance ? { ...item, data: Buffer.from('{}') } : item)),
      `${provenance} has sha256`,
    ],
    [
      'has them without the file',
      (items) => items.filter(({ name }) => name !== `pool/karl/${wheel.filename}`),
      `"${provenance}" is not that of a file before it`,
    ],
  ])('is refused where its bundle %s', async (_name, change, said) => {
    const path = join(directory, 'false.tar')
    await writeFile(path, tarOf(change(itemsOf(await readFile(bundle)))))
    const { code, stderr } = await command(here, 'import', path)
    expect([code, stderr]).toEqual([65, expect.stringContaining(said)])
    expect([await served(here), (await ask(here.url, '/index/karl/3.30/')).status]).toEqual(['404', 404])
  })
})
