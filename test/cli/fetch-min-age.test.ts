/** `--min-age`: what an upstream has had for a short time alone is not taken, unless it is named. */
import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { errors } from '../../pool/errors.ts'
import { parseProjectName } from '../../pool/project-name.ts'
import { createToken } from '../../server/actions/tokens.ts'
import { makeSdist, makeWheel } from '../support/archives.ts'
import { cleanStop } from '../support/clean-stop.ts'
import { firn, startServer, temporaryDirectory, type CommandResult, type TestServer } from '../support/server.ts'
import { startUpstream, type Upstream, type UpstreamEntry, type UpstreamOptions } from '../support/upstream.ts'

const hour = 3_600_000
const day = 24 * hour

let made = 0
let project: string
let server: TestServer
/** One that asks for a week itself. */
let strict: TestServer
let upstreams: Upstream[]
beforeAll(async () => {
  server = await startServer({ pip: false })
  strict = await startServer({ pip: false, minAge: 7 * day })
})
beforeEach(() => {
  project = `karl${++made}`
  upstreams = []
})
afterEach(() => Promise.all(upstreams.map(({ stop }) => stop())))
afterAll(async () => {
  await cleanStop(server)
  await cleanStop(strict)
})

function ago(milliseconds: number): string {
  return new Date(Date.now() - milliseconds).toISOString()
}

const lastYear = ago(365 * day)

function wheel(version: string, uploadTime: string | null = lastYear): UpstreamEntry {
  return { project, uploadTime, ...makeWheel({ name: project, version }) }
}

function sdist(version: string, uploadTime: string | null = lastYear): UpstreamEntry {
  return { project, uploadTime, ...makeSdist({ name: project, version }) }
}

async function upstreamOf(files: readonly UpstreamEntry[], more: Partial<UpstreamOptions> = {}): Promise<string> {
  const upstream = await startUpstream({ files, ...more })
  upstreams.push(upstream)
  return upstream.url
}

interface Asked {
  readonly of?: TestServer
  readonly env?: Readonly<Record<string, string>>
}

async function fetch(argv: readonly string[], { of = server, env = {} }: Asked = {}): Promise<CommandResult> {
  const command = ['fetch', '--target', 'cp311-manylinux_x86_64', ...argv]
  return firn(command, { FIRN_URL: of.url, ...env })
}

async function held({ store } = server): Promise<readonly string[]> {
  const files = await store.records.distributionsOf(parseProjectName(project))
  return files.map(({ filename }) => filename).toSorted()
}

/** What audit events tell of the exceptions by which files came, by filename. */
async function exceptions({ store } = server): Promise<Readonly<Record<string, unknown>>> {
  const events = await store.records.events({ project: parseProjectName(project) })
  return Object.fromEntries(events.map(({ subject, facts }) => [subject, facts['allowedYoung']]))
}

describe('a version that is asked for', () => {
  it('comes but for the files that are too young, with their age, when that ends and the way around', async () => {
    const uploaded = ago(50 * hour)
    const [old, young] = [sdist('1.0'), wheel('1.0', uploaded)]
    const index = await upstreamOf([old, young])
    const result = await fetch([`${project}==1.0`, '--min-age', '7d', '-i', index])
    const oldEnough = new Date(Date.parse(uploaded) + 7 * day).toISOString()
    expect([result.code, result.stderr, await held()]).toEqual([
      errors['file-young'].exit,
      `failed   ${young.filename}: File is too young: ${young.filename} is 50 hours old, and old enough at ${oldEnough}; ` +
        `what lets it in before: --allow-young ${project}\n`,
      [old.filename],
    ])
    expect(result.stdout).toMatch(/, 0 already in the pool, 1 failed; what came stays\n$/)
    // It is what it was: what is there is not judged again.
    expect((await fetch([`${project}==1.0`, '--min-age', '36h', '-i', index])).code).toBe(0)
    expect((await fetch([`${project}==1.0`, '--min-age', '7d', '-i', index])).code).toBe(0)
  })

  it.each(['json', 'html'] as const)('does not come where an upstream that speaks %s tells no time', async (form) => {
    const index = await upstreamOf([wheel('1.0', null)], { form })
    const result = await fetch([`${project}==1.0`, '--min-age', '1h', '-i', index])
    expect([result.code, result.stderr, await held()]).toEqual([
      65,
      expect.stringContaining('the upstream does not say when karl'),
      [],
    ])
  })

  it.each([
    ['of its project', () => project.toUpperCase(), true],
    ['of the version', () => `${project}==1.0`, true],
    ['of another version', () => `${project}==1.1`, false],
    ['of another project', () => 'karl', false],
  ])('comes by an exception %s, of which its audit event tells', async (_, exception, comes) => {
    const [young, untold] = [wheel('1.0', ago(50 * hour)), sdist('1.0', null)]
    const index = await upstreamOf([young, untold])
    const result = await fetch([`${project}==1.0`, '--min-age', '7d', '--allow-young', exception(), '-i', index])
    expect([result.code, await exceptions()]).toEqual(
      comes
        ? [
            0,
            {
              [young.filename]: { exception: exception(), age: '50 hours' },
              [untold.filename]: { exception: exception(), age: null },
            },
          ]
        : [65, {}],
    )
  })

  it('leaves no trace of an exception that it did not need', async () => {
    const file = wheel('1.0')
    const index = await upstreamOf([file])
    await fetch([`${project}==1.0`, '--min-age', '7d', '--allow-young', project, '-i', index])
    expect(await exceptions()).toEqual({ [file.filename]: undefined })
  })

  it('ends in "try again" where something else failed as well', async () => {
    const index = await upstreamOf([wheel('1.0', null)], { pages: { closed: 403 } })
    const result = await fetch([`${project}==1.0`, 'closed==1', '--min-age', '7d', '-i', index])
    expect([result.code, result.stdout]).toEqual([
      errors['fetch-incomplete'].exit,
      expect.stringMatching(/, 2 failed; what came stays: run the same command again for the rest\n$/),
    ])
  })
})

describe('a version that is chosen', () => {
  it('is the newest that is old enough', async () => {
    const index = await upstreamOf([
      wheel('1.0'),
      wheel('1.1', ago(8 * day)),
      wheel('1.2', ago(day)),
      wheel('1.3', null),
    ])
    const result = await fetch([`${project}>=1`, '--best', '--min-age', '1w', '-i', index])
    expect([result.code, result.stderr, await held()]).toEqual([0, '', [wheel('1.1').filename]])
    const excepted = [`${project}>=1`, '--best', '--min-age', '1w', '--allow-young', `${project}==1.2`, '-i', index]
    expect([(await fetch(excepted)).code, (await held()).length]).toEqual([0, 2])
    const none = await fetch([`${project}>1.2`, '--best', '--min-age', '1w', '-i', index])
    expect([none.code, none.stderr]).toEqual([
      65,
      expect.stringMatching(/^failed {3}karl\d+>1\.2: File is too young: the upstream does not say when karl\d+-1\.3/),
    ])
  })

  it('is had without the files that were added to it lately, which is said', async () => {
    const index = await upstreamOf([sdist('1.0'), wheel('1.0', ago(day))])
    const result = await fetch([`${project}>=1`, '--best', '--min-age', '1w', '-i', index])
    expect([result.code, result.stderr, await held()]).toEqual([0, '', [sdist('1.0').filename]])
    expect(result.stdout.split('\n').slice(0, 2)).toEqual([
      `chosen   ${project}==1.0  for ${project}>=1, from ${index}`,
      expect.stringMatching(/^note {5}left out: karl\d+-1\.0-py3-none-any\.whl is 24 hours old/),
    ])
  })

  it('is not looked for in the next index where the first has but young ones', async () => {
    const [first, second] = [await upstreamOf([wheel('2.0', ago(day))]), await upstreamOf([wheel('1.0')])]
    const result = await fetch([`${project}>=1`, '--best', '--min-age', '1w', '-i', first, '-i', second])
    expect([result.code, await held(), upstreams[1]?.requests]).toEqual([65, [], []])
  })
})

describe('the least age', () => {
  it('comes from the environment and firn.toml too, and a flag is above them', async () => {
    const index = await upstreamOf([wheel('1.0', ago(day))])
    const asked = [`${project}==1.0`, '-i', index]
    const directory = await temporaryDirectory()
    const config = join(directory, 'firn.toml')
    await writeFile(config, '[fetch]\nmin-age = "7d"\n')
    const codes = [
      (await fetch(asked, { env: { FIRN_MIN_AGE: '7d' } })).code,
      (await fetch([...asked, '--config', config])).code,
      (await fetch([...asked, '--config', config, '--min-age', '0d'])).code,
    ]
    await rm(directory, { recursive: true })
    expect(codes).toEqual([65, 65, 0])
  })

  it.each([
    [
      '--min-age',
      '7',
      64,
      "error: option '--min-age <time>' argument '7' is invalid. It is a time, as 36h, 7d or 2w.\n",
    ],
    [
      '--min-age',
      '7m',
      64,
      "error: option '--min-age <time>' argument '7m' is invalid. It is a time, as 36h, 7d or 2w.\n",
    ],
    ['--allow-young', 'karl>=1', 65, 'error: Project name is not valid: "karl>=1" is not a project name\n'],
  ])('%s %s is refused', async (option, value, code, message) => {
    const result = await fetch(['karl==1', option, value, '-i', 'http://127.0.0.1:9/'])
    expect([result.code, result.stderr]).toEqual([code, expect.stringContaining(message)])
  })
})

describe('a server that asks for a least age itself', () => {
  it('is not talked out of it, but by a token that administers it', async () => {
    const file = wheel('1.0', ago(50 * hour))
    const index = await upstreamOf([file])
    const asked = [`${project}==1.0`, '-i', index]
    for (const more of [[], ['--min-age', '1d'], ['--min-age', '0h']])
      expect((await fetch([...asked, ...more], { of: strict })).stderr).toContain(`--allow-young ${project}\n`)
    const excepted = [...asked, '--allow-young', project]
    const refused = await fetch(excepted, { of: strict })
    expect([refused.code, refused.stderr]).toEqual([
      65,
      expect.stringContaining('; what lets it in before: a token with the scope admin\n'),
    ])
    const deps = { records: strict.store.records, now: () => new Date().toISOString() }
    const tokens = ['upload' as const, 'admin' as const].map((scope) =>
      createToken(deps, { name: scope, scopes: [scope], expiresAt: null, actor: 'test' }),
    )
    const codes: number[] = []
    for (const { text } of await Promise.all(tokens))
      codes.push((await fetch([...excepted, '--token', text], { of: strict })).code)
    expect(codes).toEqual([65, 0])
    expect(await exceptions(strict)).toEqual({ [file.filename]: { exception: project, age: '50 hours' } })
  })

  it('lets those who ask for more have their own exceptions from that', async () => {
    const index = await upstreamOf([wheel('1.0', ago(8 * day))])
    const asked = [`${project}==1.0`, '-i', index, '--min-age', '4w']
    expect((await fetch(asked, { of: strict })).code).toBe(65)
    expect((await fetch([...asked, '--allow-young', project], { of: strict })).code).toBe(0)
  })
})
