/** A project that the team has uploaded is the team's: no upstream's files of that name are mixed into it. */
import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { errors } from '../../pool/errors.ts'
import { normaliseName, parseProjectName } from '../../pool/project-name.ts'
import { createToken } from '../../server/actions/tokens.ts'
import { makeWheel, type Built } from '../support/archives.ts'
import { cleanStop } from '../support/clean-stop.ts'
import { ask, contentPart, formHeaders, formOf, json, stagingEmpties, upload } from '../support/requests.ts'
import { firn, startServer, temporaryDirectory, type CommandResult, type TestServer } from '../support/server.ts'
import { startUpstream, type Upstream, type UpstreamOptions } from '../support/upstream.ts'

let made = 0
/** The team's own, 1.0 of which is in the pool, as people spell it. */
let own: string
let server: TestServer
let upstream: Upstream
let directory: string
beforeAll(async () => {
  server = await startServer({ pip: false, access: { privateProducts: ['acme'] } })
})
beforeEach(async () => {
  own = `Team.Lib${++made}`
  directory = await temporaryDirectory()
  await put(wheel(own, '1.0'))
  await serveUpstream()
})
afterEach(async () => {
  await upstream.stop()
  await rm(directory, { recursive: true })
  await stagingEmpties(server.data)
})
afterAll(() => cleanStop(server))

function wheel(name: string, version: string, tag?: string): Built {
  return makeWheel({ name, version, ...(tag === undefined ? {} : { tag }) })
}

async function put(file: Built): Promise<unknown> {
  const reply = await upload(server.url, file)
  expect([file.filename, reply.status]).toEqual([file.filename, 200])
  return json(reply)
}

/** An upstream that has versions 1.0 and 9.9 of the team's own, of others and of what only it has. */
async function serveUpstream(more: Partial<UpstreamOptions> = {}): Promise<void> {
  await upstream?.stop()
  const names = [own, `Other${made}`, `acme-theme${made}`]
  const files = names.flatMap((name) =>
    ['1.0', '9.9'].map((version) => ({
      project: normaliseName(name),
      ...makeWheel({ name, version, files: { 'theirs.py': 'theirs' } }),
    })),
  )
  upstream = await startUpstream({ files, ...more })
}

async function fetch(...argv: readonly string[]): Promise<CommandResult> {
  const command = ['fetch', '--target', 'cp311-manylinux_x86_64', '--index-url', upstream.url, ...argv]
  const { code, stdout, stderr } = await firn(command, { FIRN_URL: server.url })
  const short = (text: string) => text.replaceAll(upstream.url, 'UP/').replaceAll(directory, 'DIR')
  return { code, stdout: short(stdout), stderr: short(stderr) }
}

/** Version, and whether it is the team's, of each file that the pool has of a project. */
async function held(name: string): Promise<readonly [string, 'ours' | 'theirs'][]> {
  const files = await server.store.records.distributionsOf(parseProjectName(name))
  return files.map(({ version, origin }) => [version, origin === null ? 'ours' : 'theirs'])
}

async function eventsOf(name: string): Promise<readonly object[]> {
  const events = await server.store.records.events({ project: parseProjectName(name) })
  return events.map(({ verb, subject, facts }) => ({ verb, subject, facts }))
}

function refusal(...wanted: readonly (readonly [string, string])[]): string {
  const lines = wanted.map(([what, project]) => {
    const message = `${what} is not in the pool, and ${project} is the team's own: files of it were uploaded here`
    return `  ${message}\n    upload the version that is lacking; or, if an upstream's files are to be mixed with the team's: --from-upstream ${project}\n`
  })
  const detail = wanted.length === 1 ? 'a project is' : `${wanted.length} projects are`
  return `error: Nothing was fetched: ${detail} the team's own\n${lines.join('')}`
}

describe("a project of the team's own", () => {
  it('is not fetched, however it is spelt, and no upstream is asked for anything', async () => {
    await put(wheel(`zeta${made}`, '1'))
    const spelt = own.toUpperCase().replace('.', '__')
    const result = await fetch(`${spelt}==9.9`, `zeta${made}==2`, `other${made}==9.9`)
    expect(result).toEqual({
      code: errors['fetch-refused'].exit,
      stdout: '',
      stderr: refusal(
        [`arguments:1: ${spelt}==9.9`, normaliseName(own)],
        [`arguments:2: zeta${made}==2`, `zeta${made}`],
      ),
    })
    expect([await held(own), upstream.requests]).toEqual([[['1.0', 'ours']], []])
  })

  it('is fetched no more for pages of links', async () => {
    const result = await fetch(`${own}==9.9`, '--find-links', `${upstream.url}${normaliseName(own)}/`)
    expect([result.code, await held(own), upstream.requests]).toEqual([65, [['1.0', 'ours']], []])
  })

  it('is no problem where the pool has the version, for all the targets', async () => {
    const result = await fetch(`${own}==1.0.0`, `other${made}==9.9`)
    expect([result.code, result.stdout.split('\n')[0]]).toEqual([
      0,
      expect.stringMatching(/^1 file to fetch \(.*\) from UP\/, 1 already in the pool$/),
    ])
    expect(await held(own)).toEqual([['1.0', 'ours']])
    await put(wheel(own, '2.0', 'cp312-cp312-win_amd64'))
    expect((await fetch(`${own}==2.0`)).code).toBe(65)
    expect((await fetch(`${own}==2.0`, '--target', 'cp312-win_amd64')).code).toBe(65)
    // Where the pin holds, it is there.
    expect((await fetch(`${own}==2.0 ; sys_platform == "win32"`, '--target', 'cp312-win_amd64')).code).toBe(0)
  })

  it('is fetched where it is named, and its audit event says so', async () => {
    const project = normaliseName(own)
    const result = await fetch(`${own}==9.9`, '--from-upstream', own.toLowerCase(), '--from-upstream', 'nobody')
    expect([result.code, result.stderr, await held(own)]).toEqual([
      0,
      '',
      [
        ['1.0', 'ours'],
        ['9.9', 'theirs'],
      ],
    ])
    const { filename } = wheel(own, '9.9')
    expect((await eventsOf(own)).at(-1)).toEqual({
      verb: 'fetch',
      subject: filename,
      facts: expect.objectContaining({ project, version: '9.9', mixesWithOwn: true }) as unknown,
    })
    expect((await fetch(`other${made}==9.9`, '--from-upstream', `other${made}`)).code).toBe(0)
    expect((await eventsOf(`other${made}`)).at(-1)).not.toHaveProperty('facts.mixesWithOwn')
  })

  it('is named in firn.toml as well, and a name that is none is refused', async () => {
    const config = join(directory, 'firn.toml')
    await writeFile(config, `[fetch]\nfrom-upstream = ["${own}"]\n`)
    expect((await fetch(`${own}==9.9`, '--config', config)).code).toBe(0)
    expect((await fetch(`${own}==9.9`, '--from-upstream', '../x')).code).toBe(errors['name-invalid'].exit)
  })

  it('is met from the pool where the newest is asked for', async () => {
    const result = await fetch(`${own}>=1`, '--best')
    expect([result.code, result.stdout.split('\n')[0], upstream.requests]).toEqual([
      0,
      `chosen   ${own}==1.0  for ${own}>=1, from the pool`,
      [],
    ])
    const none = await fetch(`${own}>1`, '--best')
    expect([none.code, none.stderr]).toEqual([65, refusal([`arguments:1: ${own}>1`, normaliseName(own)])])
  })

  it('comes from a local directory, whose files are the uploads of who asks', async () => {
    const file = wheel(own, '2.0')
    await writeFile(join(directory, file.filename), file.bytes)
    const result = await fetch(`${own}==2.0`, '-l', directory)
    expect([result.code, result.stderr]).toEqual([0, ''])
    expect([await held(own), upstream.requests]).toEqual([
      [
        ['1.0', 'ours'],
        ['2.0', 'ours'],
      ],
      [],
    ])
    const other = await fetch(`${own}==9.9`, '-l', directory)
    expect([other.code, other.stderr, other.stdout.split('\n').at(-2)]).toEqual([
      errors['project-own'].exit,
      expect.stringMatching(new RegExp(`^failed {3}${own}==9\\.9: Project is the team's own: .*--from-upstream`)),
      '0 files fetched (0 B), 0 already in the pool, 1 failed; what came stays',
    ])
  })
})

it('that is private to a product is guarded too, and nothing is told but whose it is', async () => {
  const deps = { records: server.store.records, now: () => new Date().toISOString() }
  const { text } = await createToken(deps, { name: 'ci', scopes: ['admin'], expiresAt: null, actor: 'test' })
  const name = `acme-theme${made}`
  const headers = { ...formHeaders, Authorization: `Bearer ${text}` }
  const body = formOf([contentPart(wheel(name, '1.0'))])
  expect((await ask(server.url, '/legacy/acme/', { method: 'POST', headers, body })).status).toBe(200)
  // Whether a version of it is there is not for strangers to know.
  for (const version of ['1.0', '9.9'])
    expect((await fetch(`${name}==${version}`)).stderr).toBe(refusal([`arguments:1: ${name}==${version}`, name]))
  expect((await fetch(`${name}==1.0`, '--token', text)).code).toBe(0)
})

describe('an upload and a fetch of one project at once', () => {
  it('that is uploaded while it is on its way is not taken in, and why is said', async () => {
    const name = `other${made}`
    await serveUpstream({ beforeFile: () => put(wheel(name, '5.0')) })
    const result = await fetch(`${name}==9.9`)
    expect([result.code, await held(name)]).toEqual([errors['project-own'].exit, [['5.0', 'ours']]])
    expect(result.stderr).toBe(
      `failed   other${made}-9.9-py3-none-any.whl: Project is the team's own: ${name} is the team's own: files of it were uploaded here; ` +
        `upload the version that is lacking; or, if an upstream's files are to be mixed with the team's: --from-upstream ${name}\n`,
    )
  })

  it('of which one is there first is told to the other, in whatever order they come', async () => {
    const names = Array.from({ length: 12 }, (_, index) => `pair${made}x${index}`)
    await serveUpstream({
      files: names.map((name) => ({ project: name, ...wheel(name, '9.9') })),
    })
    const uploads = names.map((name) => put(wheel(name, '5.0')) as Promise<{ notices?: unknown }>)
    const fetched = await Promise.all(names.map((name) => fetch(`${name}==9.9`)))
    const answers = await Promise.all(uploads)
    for (const [index, name] of names.entries()) {
      const mixed = (await held(name)).length === 2
      // Mixed means that the fetch was first; then the upload has said so.
      expect([name, fetched[index]?.code === 0, answers[index]?.notices !== undefined]).toEqual([name, mixed, mixed])
    }
  })
})

describe('the first upload of what came from an upstream', () => {
  it("makes it the team's, which is said once", async () => {
    const name = `other${made}`
    await fetch(`${name}==1.0`)
    for (const version of ['1.0+team1', '1.0+team2'])
      await writeFile(join(directory, wheel(name, version).filename), wheel(name, version).bytes)
    const { code, stdout } = await firn(['upload', directory], { FIRN_URL: server.url })
    const note =
      `note     ${name}: the pool had it from an upstream alone; from now on it is the team's own, and firn fetch brings ` +
      `no more of its files, unless told to with --from-upstream ${name}`
    expect([code, stdout.split('\n').filter((line) => line.startsWith('note'))]).toEqual([0, [note]])
    const marked = (await eventsOf(name)).filter((event) => 'becomesOwn' in (event as { facts: object }).facts)
    expect(marked).toHaveLength(1)
    expect((await fetch(`${name}==9.9`)).code).toBe(65)
    expect((await fetch(`${name}==1.0`)).code).toBe(0)
  })

  it('is noted when it is from a local directory, too', async () => {
    const name = `other${made}`
    await fetch(`${name}==1.0`)
    const file = wheel(name, '5.0')
    await writeFile(join(directory, file.filename), file.bytes)
    const result = await fetch(`${name}==5.0`, '-l', directory)
    expect([result.code, result.stdout]).toEqual([0, expect.stringContaining(`\nnote     ${name}: the pool had it`)])
  })

  it('tells nothing of a project that nobody had', async () => {
    expect(await put(wheel(`new${made}`, '1'))).not.toHaveProperty('notices')
    expect((await eventsOf(`new${made}`)).at(-1)).not.toHaveProperty('facts.becomesOwn')
  })
})
