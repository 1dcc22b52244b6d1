import SQLite from 'better-sqlite3'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { layout } from '../../storage/layout.ts'
import { makeEgg, makeSdist, makeWheel } from '../support/archives.ts'
import { uploadAll } from '../support/catalogue.ts'
import { cleanStop } from '../support/clean-stop.ts'
import { ask, freeze, json, upload } from '../support/requests.ts'
import { startServer, type TestServer } from '../support/server.ts'

const target = 'cp311-manylinux_x86_64'
const pyramid = { name: 'pyramid', version: '2.0.2', requires: ['plaster>=1.0', 'colorama; os_name == "nt"'] }
const pool = [
  makeWheel(pyramid),
  makeWheel({ name: 'plaster', version: '0.5' }),
  makeWheel({ name: 'plaster', version: '1.1.2' }),
  makeSdist({ name: 'built', version: '1.0', requires: ['pyramid'] }),
  makeSdist({ name: 'old', version: '1.0' }),
  makeWheel({ name: 'setuptools', version: '80.9' }),
  makeEgg({ name: 'egg', version: '1.0', requires: ['plaster'] }),
]

let server: TestServer
beforeAll(async () => {
  server = await startServer()
  await uploadAll(server.url, pool)
})
afterAll(() => cleanStop(server))

async function outcome(release: string, pins: string, more: object = {}) {
  const reply = await freeze(server.url, release, pins, more)
  const { problems, notices, manifest } = json(reply) as Record<string, unknown> & {
    manifest?: { waivers: unknown; unknown: unknown }
  }
  return { status: reply.status, problems, notices, waivers: manifest?.waivers, unknown: manifest?.unknown }
}

const lacksPlaster = {
  message: `pyramid 2.0.2 needs plaster>=1.0: the release has no plaster (${target})`,
  hint: 'add plaster==1.1.2, or let it pass: --waive "plaster: REASON"',
}

describe('a release that is not closed', () => {
  it('is refused, with who needs what and what would do, and nothing is made', async () => {
    expect(await outcome('karl/open', 'pyramid==2.0.2\nbuilt==1.0')).toMatchObject({
      status: 422,
      problems: [
        lacksPlaster,
        {
          message: `built 1.0 needs setuptools to be built: the release has no setuptools (${target})`,
          hint: 'add setuptools==80.9, or let it pass: --waive "setuptools: REASON"',
        },
      ],
    })
    expect((await ask(server.url, '/index/karl/open/')).status).toBe(404)
  })

  it('is refused for another version, and for a target on which nothing installs', async () => {
    expect((await outcome('karl/open', 'pyramid==2.0.2\nplaster==0.5')).problems).toEqual([
      { ...lacksPlaster, message: `pyramid 2.0.2 needs plaster>=1.0: the release has 0.5 (${target})` },
    ])
    expect((await outcome('karl/open', 'egg==1.0')).problems).toEqual([
      {
        message: `egg 1.0: no file of it installs there (${target})`,
        hint: `bring a file of it that does (firn fetch --target ${target} egg==VERSION), give its pin a marker, or let it pass: --waive "egg: REASON"`,
      },
    ])
    expect((await outcome('karl/open', 'egg==1.0', { targets: ['cp27-manylinux_x86_64'] })).problems).toMatchObject([
      { message: 'egg 1.0 needs plaster: the release has no plaster (cp27-manylinux_x86_64)' },
    ])
  })

  it('says of a pin without files that alone', async () => {
    const pins = 'pyramid==2.0.2\nplaster==9'
    expect((await outcome('karl/open', pins)).problems).toMatchObject([
      { message: 'plaster==9: the pool has 0.5, 1.1.2 of plaster, not 9' },
    ])
    expect((await outcome('karl/open', 'pyramid==2.0.2\nplaster>=1')).problems).toMatchObject([
      { message: '"plaster>=1" is not pinned' },
    ])
  })
})

describe('a release that is closed', () => {
  it('is frozen, and its unknowns are in the manifest', async () => {
    const pins = 'pyramid==2.0.2\nplaster==1.1.2\nbuilt==1.0\nold==1.0\nsetuptools==80.9'
    expect(await outcome('karl/closed', pins)).toEqual({
      status: 201,
      problems: undefined,
      notices: [],
      waivers: [],
      unknown: ['old-1.0.tar.gz'],
    })
  })
})

function sources(constraints: string): object {
  return {
    sources: [
      { name: 'requirements.txt', text: 'chain==1.0' },
      { name: 'constraints.txt', text: constraints, as: 'constraints' },
    ],
  }
}

describe('constraints', () => {
  it('are taken for what is needed, by what is taken too, and for nothing else', async () => {
    await uploadAll(server.url, [makeWheel({ name: 'chain', version: '1.0', requires: ['pyramid'] })])
    const pins = 'plaster==1.1.2\npyramid==2.0.2\nold==1.0\n'
    const reply = await freeze(server.url, 'karl/constrained', '', sources(pins))
    const { manifest } = json(reply) as { manifest: { pins: { name: string }[]; roots: string[] } }
    expect([reply.status, manifest.pins.map(({ name }) => name), manifest.roots]).toEqual([
      201,
      ['chain', 'plaster', 'pyramid'],
      ['chain==1.0'],
    ])
  })

  it('are refused where they do not fit, or the pool has nothing of them', async () => {
    expect((await outcome('karl/open', '', sources('plaster==0.5\npyramid==2.0.2\n'))).problems).toEqual([
      { ...lacksPlaster, message: `pyramid 2.0.2 needs plaster>=1.0: the release has 0.5 (${target})` },
    ])
    expect((await outcome('karl/open', '', sources('pyramid==3\n'))).problems).toMatchObject([
      { message: 'pyramid==3: the pool has 2.0.2 of pyramid, not 3' },
    ])
  })
})

describe('a waiver', () => {
  const waiver = { project: 'Plaster', reason: 'the hosts have it' }

  it('lets the holes of its project pass, and is kept', async () => {
    expect(await outcome('karl/waived', 'pyramid==2.0.2', { waivers: [waiver] })).toEqual({
      status: 201,
      problems: undefined,
      notices: [],
      waivers: [
        {
          rule: 'closure',
          project: 'plaster',
          reason: 'the hosts have it',
          by: 'anonymous',
          until: null,
          waived: [lacksPlaster.message],
        },
      ],
      unknown: [],
    })
  })

  it('that has ended does not; one that nothing needs is told of', async () => {
    const ended = { ...waiver, until: '2020-01-01' }
    expect((await outcome('karl/open', 'pyramid==2.0.2', { waivers: [ended] })).problems).toEqual([lacksPlaster])
    expect((await outcome('karl/plaster', 'plaster==0.5', { waivers: [ended, waiver] })).notices).toEqual([
      { message: 'the waiver of plaster ended on 2020-01-01: it lets nothing pass' },
      { message: 'the waiver of plaster is not needed: nothing that it lets pass speaks against the release' },
    ])
  })
})

describe('hostile files', () => {
  const nesting = `x = ${'['.repeat(200_000)}`
  it.each([
    ['pyproject.toml of nothing but brackets', { 'pyproject.toml': nesting }],
    ['pyproject.toml that is no text', { 'pyproject.toml': Buffer.from([0xff, 0xfe, 0x00]) }],
    ['pyproject.toml of 20 MB', { 'pyproject.toml': Buffer.alloc(20_000_000, '#') }],
    ['requires.txt of 20 MB', { 'bad.egg-info/requires.txt': Buffer.alloc(20_000_000, 'a\n') }],
    ['requires.txt of a million lines', { 'bad.egg-info/requires.txt': 'a\n'.repeat(500_000) }],
    ['requires.txt that is no text', { 'bad.egg-info/requires.txt': Buffer.from([0xff, 0x00, 0x0a]) }],
  ])('are taken in: %s', async (what, files) => {
    const version = `1.0.${what.length}`
    const sdist = makeSdist({
      name: 'bad',
      version,
      metadata: `Metadata-Version: 1.0\nName: bad\nVersion: ${version}\n`,
      files,
    })
    expect((await upload(server.url, sdist)).status).toBe(200)
    const waivers = [
      { project: 'setuptools', reason: 'nothing is built here' },
      { project: 'a', reason: 'nobody has it' },
    ]
    const { status } = await outcome(`bad/${version}`, `bad==${version}`, { waivers })
    expect(status).toBe(201)
  })

  it('in a SBOM leave out the SBOM alone', async () => {
    const files = { 'bad-2.0.dist-info/sboms/x.json': Buffer.alloc(20_000_000) }
    const wheel = makeWheel({ name: 'bad', version: '2.0', files })
    expect((await upload(server.url, wheel)).status).toBe(200)
    expect((await outcome('bad/2.0', 'bad==2.0')).status).toBe(201)
  })
})

it('reads, once, the facts of files that came before they were kept', async () => {
  const database = new SQLite(layout(server.data).database)
  const before = database.prepare('select * from facts order by sha256').all()
  database.exec('drop trigger facts_no_delete; delete from facts')
  database.close()
  expect((await outcome('karl/open', 'pyramid==2.0.2')).problems).toEqual([lacksPlaster])
  const file = await server.store.records.distribution('pyramid-2.0.2-py3-none-any.whl')
  const facts = await server.store.records.factsOfAll([file?.sha256 ?? ''])
  expect(facts.get(file?.sha256 ?? '')?.requires).toEqual(pyramid.requires)
  expect(before.length).toBeGreaterThan(facts.size)
})
