import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { Manifest } from '../../pool/manifest.ts'
import { defaultPolicy, type Policy } from '../../pool/policy/policy.ts'
import { makeSdist, makeWheel, type Built } from '../support/archives.ts'
import { sha256, uploadAll } from '../support/catalogue.ts'
import { cleanStop } from '../support/clean-stop.ts'
import { ask } from '../support/requests.ts'
import { firn, startServer, temporaryDirectory, type CommandResult, type TestServer } from '../support/server.ts'
import { startUpstream, type Upstream } from '../support/upstream.ts'

const target = ['--target', 'cp311-manylinux_x86_64']

function licensed(name: string, ...lines: readonly string[]): Built {
  const metadata = ['Metadata-Version: 2.4', `Name: ${name}`, 'Version: 1.0', ...lines, '', ''].join('\n')
  return makeWheel({ name, version: '1.0', metadata })
}

const own = [
  licensed('free', 'License-Expression: MIT'),
  licensed('affero', 'Classifier: License :: OSI Approved :: GNU Affero General Public License v3'),
  licensed('silent'),
  makeSdist({ name: 'source', version: '1.0', metadata: 'Metadata-Version: 2.2\nName: source\nVersion: 1.0\n\n' }),
  makeWheel({ name: 'setuptools', version: '80.0' }),
]

let upstream: Upstream
let plain: TestServer
let strict: TestServer
let top: string
let directory: string
beforeAll(async () => {
  const lxml = makeWheel({ name: 'lxml', version: '4.9.1' })
  upstream = await startUpstream({ files: [{ ...lxml, project: 'lxml', yanked: 'broken wheel' }] })
  plain = await startFilled()
  strict = await startFilled({ ...defaultPolicy, yanked: 'refuse', clientWaivers: false })
  top = await temporaryDirectory()
})
beforeEach(async () => {
  directory = await mkdtemp(join(top, 'x-'))
})
afterAll(async () => {
  await rm(top, { recursive: true })
  await Promise.all([cleanStop(plain), cleanStop(strict)])
  await upstream.stop()
})

/** A server whose pool has the team's own files, and lxml 4.9.1, which was yanked. */
async function startFilled(policy?: Policy): Promise<TestServer> {
  const server = await startServer({ upstream: upstream.url, ...(policy && { policy }) })
  await uploadAll(server.url, own)
  const { code, stderr } = await firn(['fetch', 'lxml==4.9.1', ...target], { FIRN_URL: server.url })
  if (code !== 0) throw new Error(stderr)
  return server
}

/** `firn freeze` with a `firn.toml` of this text. */
async function freeze(server: TestServer, toml: string, ...argv: readonly string[]): Promise<CommandResult> {
  await writeFile(join(directory, 'firn.toml'), toml)
  return firn(['freeze', ...argv, ...target], { FIRN_URL: server.url, FIRN_CONFIG: join(directory, 'firn.toml') })
}

async function manifestOf(server: TestServer, release: string): Promise<Manifest> {
  return JSON.parse((await ask(server.url, `/index/${release}/manifest.json`)).text) as Manifest
}

describe('a policy', () => {
  it('that refuses keeps a release from being frozen, and says all that it has against it', async () => {
    const toml = `[policy]
yanked = "refuse"
sdist-only = "refuse"
age = { least = "9999w", action = "refuse" }
licences = { allow = ["MIT"], unknown = "warn", action = "refuse" }
`
    const pins = ['lxml==4.9.1', 'free==1.0', 'affero==1.0', 'source==1.0', 'setuptools==80.0']
    for (const more of [[], ['--dry-run']]) {
      const { code, stdout, stderr } = await freeze(plain, toml, 'karl/refused', ...pins, ...more)
      expect([code, stdout]).toEqual([65, ''])
      expect(stderr).toMatchInlineSnapshot(`
        "error: Release cannot be frozen: 4 problems
          affero 1.0 is under AGPL-3.0-only, which is not among the allowed licences (client policy)
            take another version, or let it pass: --waive "licence affero: REASON"
          lxml 4.9.1 was uploaded on 2011-02-03, less than 69993 days before the freeze (client policy)
            take another version, or let it pass: --waive "age lxml: REASON"
          lxml 4.9.1 was yanked upstream: "broken wheel" (server and client policy)
            take another version, or let it pass: --waive "yanked lxml: REASON"
          source 1.0 would be built from source on cp311-manylinux_x86_64 (client policy)
            take another version, or let it pass: --waive "sdist-only source: REASON"
        "
      `)
    }
    expect((await ask(plain.url, '/index/karl/refused/')).status).toBe(404)
  })

  it('that warns says so, and freezes', async () => {
    const toml = '[policy]\nyanked = "warn"\nlicences = { refuse = ["AGPL-3.0-only"], action = "warn" }\n'
    const { code, stdout, stderr } = await freeze(
      plain,
      toml,
      'karl/warned',
      'lxml==4.9.1',
      'silent==1.0',
      'affero==1.0',
    )
    expect([code, stderr, stdout.split('\n').slice(0, 5)]).toEqual([
      0,
      '',
      [
        'note: affero 1.0 is under AGPL-3.0-only, which is among the refused licences (client policy)',
        'note: lxml 4.9.1 states no licence that is known (client policy)',
        'note: lxml 4.9.1 was yanked upstream: "broken wheel" (server and client policy)',
        'note: silent 1.0 states no licence that is known (client policy)',
        'frozen karl/warned',
      ],
    ])
    expect((await manifestOf(plain, 'karl/warned')).waivers).toEqual([])
  })

  it('that allows says nothing; without one, what was yanked is said', async () => {
    expect((await freeze(plain, '', 'karl/default', 'lxml==4.9.1', '--dry-run')).stdout).toMatch(
      /^note: lxml 4\.9\.1 was yanked upstream: "broken wheel" \(server policy\)\ndry run/,
    )
    expect((await freeze(plain, '', 'karl/default', 'free==1.0', '--dry-run')).stdout).toMatch(/^dry run/)
  })
})

describe('a waiver', () => {
  const refusing = '[policy]\nyanked = "refuse"\n'
  function waiver(until: string): string {
    return `${refusing}[[policy.waivers]]\nrule = "yanked"\nproject = "LXML"\nreason = "fine here"\nby = "anna"\nuntil = ${until}\n`
  }
  const waived = 'lxml 4.9.1 was yanked upstream: "broken wheel" (server and client policy)'

  it('of firn.toml lets a release be frozen, and is kept in its manifest', async () => {
    const { code, stderr } = await freeze(plain, waiver('2999-12-31'), 'karl/waived', 'lxml==4.9.1')
    expect([code, stderr, (await manifestOf(plain, 'karl/waived')).waivers]).toEqual([
      0,
      '',
      [{ rule: 'yanked', project: 'lxml', reason: 'fine here', by: 'anna', until: '2999-12-31', waived: [waived] }],
    ])
  })

  it('of the command line does too, given by whoever freezes', async () => {
    const argv = ['karl/waived-2', 'lxml==4.9.1', '--waive', 'yanked lxml: it works']
    const { code, stdout } = await freeze(plain, refusing, ...argv)
    expect([code, stdout.includes('waived   yanked lxml: it works (1 finding)')]).toEqual([0, true])
    const { waivers, 'frozen-by': by } = await manifestOf(plain, 'karl/waived-2')
    expect(waivers).toEqual([
      { rule: 'yanked', project: 'lxml', reason: 'it works', by, until: null, waived: [waived] },
    ])
  })

  it('that has ended lets nothing pass', async () => {
    expect(await freeze(plain, waiver('"2020-01-31"'), 'karl/ended', 'lxml==4.9.1')).toEqual({
      code: 65,
      stdout: '',
      stderr: `error: Release cannot be frozen: 1 problem
  ${waived}
    its waiver ended on 2020-01-31; take another version, or let it pass: --waive "yanked lxml: REASON"
`,
    })
  })
})

describe('a server', () => {
  it('refuses by its own policy, whatever that of the client is, and may take no waivers', async () => {
    const argv = ['karl/strict', 'lxml==4.9.1', '--waive', 'yanked lxml: it works']
    expect(await freeze(strict, '[policy]\nyanked = "allow"\n', ...argv)).toEqual({
      code: 65,
      stdout: '',
      stderr: `error: Release cannot be frozen: 1 problem
  lxml 4.9.1 was yanked upstream: "broken wheel" (server policy)
    the server takes no waivers but its own: [[policy.waivers]] in its firn.toml
`,
    })
  })

  it('does not judge again what is frozen', async () => {
    const first = await freeze(plain, '', 'karl/kept', 'lxml==4.9.1')
    const digest = sha256((await ask(plain.url, '/index/karl/kept/manifest.json')).text)
    const again = await freeze(plain, '[policy]\nyanked = "refuse"\n', 'karl/kept', 'lxml==4.9.1')
    expect([first.code, again.code, again.stderr]).toEqual([0, 0, ''])
    expect(again.stdout).toMatch(
      new RegExp(`^already frozen, with the same content: karl/kept\n[^]*sha256:${digest}\n`),
    )
  })
})
