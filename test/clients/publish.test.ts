/** The tools that people publish with, each of them run: what it does with a token for its project, and what it says. */
import { basename } from 'node:path'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import type { Scope } from '../../pool/access/scope.ts'
import { createToken } from '../../server/actions/tokens.ts'
import { sha256 } from '../support/catalogue.ts'
import { ask, json } from '../support/requests.ts'
import { startServer, type TestServer } from '../support/server.ts'
import {
  distributionsOf,
  makeProject,
  projectOf,
  publish,
  publishers,
  type Published,
  type Publisher,
  type Publishing,
} from './publishers.ts'
import { recordingProxy, withOtherDigest, type Recorded, type RecordingProxy } from './recording-proxy.ts'
import { makeWorkplace, type Workplace } from './workplace.ts'

vi.setConfig({ testTimeout: 600_000, hookTimeout: 1_200_000 })

let place: Workplace
/** Takes only what is very small. */
let narrow: TestServer
/** Makes of each sha256 that passes another. */
let falsifying: RecordingProxy
const sources = new Map<string, Record<'first' | 'changed', string>>()
const secrets = new Map<string, string>()

beforeAll(async () => {
  place = await makeWorkplace({ min: '3.10' }, { access: { writes: 'token' } })
  narrow = await startServer({ uploadLimit: 300 })
  falsifying = await recordingProxy(place.url, (body) => withOtherDigest(body, 'sha256_digest'))
  for (const publisher of publishers) {
    const [first, changed] = await Promise.all(['first', 'changed'].map((word) => makeProject(place, publisher, word)))
    sources.set(publisher.name, { first: first ?? '', changed: changed ?? '' })
    await makeSecret(publisher.name, `upload:${projectOf(publisher)}`)
  }
  await makeSecret('other', 'upload:other')
  await makeSecret('expired', 'upload', 90)
})
afterAll(() => Promise.all([place.stop(), narrow.stop(), falsifying.stop()]))

/** Keeps the text of a token under its name; `days`: of one that was made in 2010 for as long. */
async function makeSecret(name: string, scope: Scope, days?: number): Promise<void> {
  const made = days === undefined ? Date.now() : Date.UTC(2010, 10, 24)
  const expiresAt = days === undefined ? null : new Date(made + days * 86_400_000).toISOString()
  const { records } = place.server.store
  const now = () => new Date(made).toISOString()
  secrets.set(name, (await createToken({ records, now }, { name, scopes: [scope], expiresAt, actor: 'test' })).text)
}

/** Publishes a project with its own token to the server, unless it is told otherwise. */
function run(publisher: Publisher, word: 'first' | 'changed', more: Partial<Publishing> = {}): Promise<Published> {
  const project = sources.get(publisher.name)?.[word] ?? ''
  return publish(place, publisher, {
    project,
    url: `${place.url}/legacy/`,
    token: secrets.get(publisher.name),
    ...more,
  })
}

/** What a refusal of the server is to read like: uv shows the body, the others the line above it. */
function sentence({ name }: Publisher, what: string, hint: string): string {
  return name === 'uv' ? `${what} hint: ${hint}` : `${what} (${hint})`
}

function outcome(code: number, said: string): Published {
  return { code, said: expect.stringContaining(said) as string }
}

function failure({ name }: Publisher, said: string): Published {
  return outcome(name === 'uv' ? 2 : 1, said)
}

/** How those which can are told to leave out what is there, and what comes of it where the bytes are others. */
const skipping: Readonly<Record<string, { options: () => readonly string[]; code: number; says: string }>> = {
  twine: { options: () => ['--skip-existing'], code: 1, says: 'does not have support for the following features' },
  uv: {
    options: () => ['--check-url', `${place.url}/simple/`],
    code: 2,
    says: 'Local file and index file do not match for `by_uv-1.0-py3-none-any.whl`',
  },
  poetry: { options: () => ['--skip-existing'], code: 0, says: 'by_poetry-1.0.tar.gz File exists. Skipping' },
  pdm: {
    options: () => ['--skip-existing'],
    code: 0,
    says: 'Skipping by_pdm-1.0.tar.gz because it appears to already',
  },
}

it.concurrent.each(publishers)('$name publishes, and the same again, but no other bytes', async (publisher) => {
  const recording = await recordingProxy(place.url, (body) => body)
  expect(await run(publisher, 'first', { url: `${recording.url}/legacy/` })).toMatchObject({ code: 0 })
  const uploads = recording.takeUploads()
  await recording.stop()
  expect(await run(publisher, 'first')).toMatchObject({ code: 0 })
  const what = `File already exists with other content: ${projectOf(publisher).replace('-', '_')}-1.0`
  expect(await run(publisher, 'changed')).toEqual(failure(publisher, what))
  const skip = skipping[publisher.name]
  const skipped = skip && (await run(publisher, 'changed', { options: skip.options() }))
  expect(skipped).toEqual(skip && outcome(skip.code, skip.says))
  await hasFirst(publisher, uploads)
  for (const upload of uploads) await refusesFalsified(publisher, upload)
  expect(uploads).toHaveLength(2)
})

/** The pool serves the bytes that were published first. */
async function hasFirst(publisher: Publisher, uploads: readonly Recorded[]): Promise<void> {
  const files = await distributionsOf(sources.get(publisher.name)?.first ?? '')
  const served = await Promise.all(
    files.map((path) => ask(place.url, `/pool/${projectOf(publisher)}/${basename(path)}`)),
  )
  const published = uploads.flatMap(({ fields }) => fields.get('sha256_digest') ?? [])
  expect(served.map(({ body }) => sha256(body)).toSorted()).toEqual(published.toSorted())
}

/** Sends a recorded upload again with each of its digests made another. */
async function refusesFalsified({ digests }: Publisher, { headers, body, fields }: Recorded): Promise<void> {
  expect([...fields.keys()].filter((name) => name.endsWith('_digest')).toSorted()).toEqual(digests)
  const { 'content-type': type = '', authorization = '' } = headers
  for (const field of digests) {
    const reply = await ask(place.url, '/legacy/', {
      method: 'POST',
      headers: { 'Content-Type': type, Authorization: authorization },
      body: withOtherDigest(body, field),
    })
    expect([field, json(reply)]).toMatchObject([field, { status: 422, code: 'digest-mismatch' }])
  }
}

interface Refusal {
  readonly to: () => Partial<Publishing>
  readonly what: (publisher: Publisher) => string
  readonly hint: (publisher: Publisher) => string
}

const refusals: Readonly<Record<string, Refusal>> = {
  'a token that has expired': {
    to: () => ({ token: secrets.get('expired') }),
    what: () => 'Token does not hold: it has expired',
    hint: () => 'make another: firn token create',
  },
  'a token of another index': {
    to: () => ({ token: 'pypi-AgEIcHlwaS5vcmc' }),
    what: () => 'A token is needed: with the scope upload; what was sent is no token of firn, which starts with firn_',
    hint: () => 'give one with FIRN_TOKEN, firn login, or as the password of the user __token__',
  },
  'a token of another project': {
    to: () => ({ token: secrets.get('other') }),
    what: (publisher) => `does not have the scope upload:${projectOf(publisher)}`,
    hint: (publisher) => `make one that does: firn token create NAME --scope upload:${projectOf(publisher)}`,
  },
  'a file that is too large': {
    to: () => ({ url: `${narrow.url}/legacy/`, token: 'none' }),
    what: () => 'File is larger than this server accepts: the limit is 300 bytes',
    hint: () => 'its operator can have it take more: firn serve --max-upload MB',
  },
  'a digest that is not the file’s': {
    to: () => ({ url: `${falsifying.url}/legacy/` }),
    what: () => "Content does not match its digest: the form's sha256 is not that of the file that arrived",
    hint: () => 'upload the file again',
  },
}

const told = publishers.flatMap((publisher) =>
  Object.entries(refusals).map(([why, refusal]) => [publisher.name, why, publisher, refusal] as const),
)

it.concurrent.each(told)('%s says why %s is refused', async (_name, _why, publisher, { to, what, hint }) => {
  const said = sentence(publisher, what(publisher), hint(publisher))
  expect(await run(publisher, 'first', to())).toEqual(failure(publisher, said))
})

/** Most ask nobody: they say themselves that they have no password. */
const withoutToken: Readonly<Record<string, { says: string; uploads: number }>> = {
  twine: { says: 'A token is needed: with the scope upload (give one with', uploads: 1 },
  uv: { says: 'Missing credentials for: ', uploads: 0 },
  flit: { says: 'Could not find password for upload', uploads: 0 },
  hatch: { says: 'Missing required option: auth', uploads: 0 },
  poetry: { says: 'A token is needed: with the scope upload (give one with', uploads: 1 },
  pdm: { says: 'Username and password are required', uploads: 0 },
}

it.concurrent.each(publishers)('$name says that there is no token', async (publisher) => {
  const recording = await recordingProxy(place.url, (body) => body)
  const { says = '', uploads } = withoutToken[publisher.name] ?? {}
  const published = await run(publisher, 'first', { url: `${recording.url}/legacy/`, token: undefined })
  expect(published).toEqual(failure(publisher, says))
  expect(recording.takeUploads()).toHaveLength(uploads ?? -1)
  await recording.stop()
})

it('reaches nothing but the server', () => {
  expect(place.strayed).toEqual([])
  expect([...place.server.internalErrors, ...narrow.internalErrors]).toEqual([])
})
