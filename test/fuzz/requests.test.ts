/** Requests with odd paths, headers and framing, as bytes on a socket, several at once. */
import { createHash } from 'node:crypto'
import { gunzipSync } from 'node:zlib'
import { array } from 'fast-check'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { createToken } from '../../server/actions/tokens.ts'
import { makeSdist, makeWheel } from '../support/archives.ts'
import { cleanStop } from '../support/clean-stop.ts'
import {
  ask,
  contentPart,
  formHeaders,
  formOf,
  freeze,
  stagedNames,
  stagingEmpties,
  upload,
} from '../support/requests.ts'
import { startServer, type TestServer } from '../support/server.ts'
import { fuzzer, planned, seed, times } from './fuzzing.ts'
import { exchange, problemWith, type RawAnswer } from './raw-http.ts'
import { requestBuild, requestBytes, type RequestBuild } from './request-builds.ts'

const requests = fuzzer('requests')
const now = () => new Date().toISOString()
const theme = makeWheel({ name: 'acme-theme', version: '1.0', files: { 'a.txt': 'a secret '.repeat(900) } })
const secret = createHash('sha256').update(theme.bytes).digest('hex')

let server: TestServer
let token: string
let paths: readonly string[]
beforeAll(async () => {
  // Nobody listens there: nothing that is asked for here leaves this machine.
  server = await startServer({ access: { privateProducts: ['acme'] }, upstream: 'http://127.0.0.1:9/' })
  const { records } = server.store
  const wanted = {
    name: 'fuzz',
    scopes: ['read:acme', 'freeze:acme', 'upload'] as const,
    expiresAt: null,
    actor: 'test',
  }
  token = (await createToken({ records, now }, wanted)).text
  await fill()
  paths = [...fixedPaths, ...(await describedPaths())]
})
afterAll(() => cleanStop(server))

async function fill(): Promise<void> {
  await upload(server.url, makeWheel({ name: 'karl', version: '3.30' }))
  await upload(server.url, makeSdist({ name: 'Zope.Karl', version: '0.9.8.0-osi1' }))
  await freeze(server.url, 'karl/3.30', 'karl==3.30')
  const headers = { Authorization: `Bearer ${token}` }
  const body = formOf([contentPart(theme)])
  await ask(server.url, '/legacy/acme/', { method: 'POST', headers: { ...formHeaders, ...headers }, body })
  const frozen = JSON.stringify({
    sources: [{ name: 'a', text: 'acme-theme==1.0' }],
    targets: ['cp311-manylinux_x86_64'],
  })
  const asJson = { ...headers, 'Content-Type': 'application/json' }
  const { status } = await ask(server.url, '/api/v1/releases/acme/1', { method: 'PUT', headers: asJson, body: frozen })
  if (status !== 201) throw new Error(`acme/1 was not frozen: ${status}`)
}

const fixedPaths = [
  '/',
  '/simple/',
  '/simple',
  '/simple/karl/',
  '/simple/Zope.Karl/',
  '/simple/acme-theme/',
  '/index/karl/3.30/',
  '/index/karl/3.30/karl/',
  '/index/karl/3.30/manifest.json',
  '/index/karl/3.30/requirements.txt',
  '/index/karl/3.30/versions.cfg',
  '/index/karl/3.30/pylock.toml',
  '/index/karl/3.30/sbom.cdx.json',
  '/index/acme/1/',
  '/index/acme/1/manifest.json',
  '/pool/karl/karl-3.30-py3-none-any.whl',
  '/pool/karl/karl-3.30-py3-none-any.whl.metadata',
  `/pool/acme-theme/${theme.filename}`,
  `/pool/acme-theme/${theme.filename}.metadata`,
  '/resolve/karl/',
  '/legacy/',
  '/healthz',
  '/readyz',
  '/metrics',
  '/products/karl',
  '/projects/karl',
  '/problems/name-invalid',
  '/at/2026-01-01T00:00:00Z/simple/karl/',
]

/** Every path of the API, about what there is. */
async function describedPaths(): Promise<readonly string[]> {
  const { text } = await ask(server.url, '/api/v1/openapi.json')
  const { paths } = JSON.parse(text) as { readonly paths: Readonly<Record<string, unknown>> }
  const samples: Readonly<Record<string, string>> = {
    release: '3.30',
    version: '3.30',
    filename: 'karl-3.30-py3-none-any.whl',
  }
  const filled = Object.keys(paths).map((path) =>
    path.replaceAll(/\{([^}]+)\}/g, (_, name: string) => samples[name] ?? 'karl'),
  )
  return filled.flatMap((path) => {
    const whole = path.startsWith('/api/v1') ? path : `/api/v1${path}`
    return [whole, whole.replaceAll('karl', 'acme')]
  })
}

const statistics: Record<string, number> = {}

/** What is wrong with the answer to a request; `undefined`: nothing. */
async function complaint(build: RequestBuild): Promise<string | undefined> {
  const { bytes, whole } = requestBytes(build, paths, token)
  const answer = await exchange(server.url, { bytes, whole, method: build.method })
  const outcome = answer ? `${Math.floor(answer.status / 100)}xx` : 'none'
  statistics[outcome] = (statistics[outcome] ?? 0) + 1
  if (!answer) return whole ? 'no answer' : undefined
  const wrong = problemWith(answer, build.method) ?? misplaced(answer, bytes)
  return (
    wrong ?? (whole && answer.rest.length > 0 ? `bytes after the answer: ${answer.rest.toString('latin1')}` : undefined)
  )
}

/** What no answer may have, whoever asks for whatever. */
function misplaced({ status, headers, body }: RawAnswer, request: Buffer): string | undefined {
  if (headers.has('x-injected')) return 'a header from the URL'
  const location = headers.get('location')
  if (location !== undefined && /^(?:[a-z]+:|[/\\]{2})/i.test(location)) return `a redirect to elsewhere: ${location}`
  const content = headers.get('content-encoding') === 'gzip' && body.length > 0 ? gunzipSync(body) : body
  const range = /^bytes (\d+)-(\d+)\//.exec(headers.get('content-range') ?? '')
  if (status === 206 && Number(range?.[2]) - Number(range?.[1]) + 1 !== body.length) return 'a range of another length'
  const knows = request.includes(token)
  return !knows && (content.includes(secret) || content.includes(theme.bytes.subarray(30, 200)))
    ? 'what is private'
    : undefined
}

it('are answered as HTTP has it, never with a failure or what is private', async () => {
  const together = array(requestBuild, { minLength: 1, maxLength: 16, size: 'max' })
  await requests.fuzz({
    given: together,
    runs: 700,
    inputsIn: (some) => some.length,
    holds: async (some) => {
      const complaints = await Promise.all(some.map(complaint))
      expect({ complaints, internal: server.internalErrors }).toEqual({
        complaints: some.map(() => undefined),
        internal: [],
      })
    },
    bytesOf: (some) => Buffer.concat(some.map((build) => requestBytes(build, paths, token).bytes)),
  })
})

it('have left a server that answers, and nothing staged', async () => {
  console.log(`requests: ${requests.tried} inputs, seed ${seed}: ${JSON.stringify(statistics)}`)
  expect((await ask(server.url, '/simple/karl/')).status).toBe(200)
  await stagingEmpties(server.data)
  expect(await stagedNames(server.data)).toEqual([])
})

it('were tried as many as planned', () => {
  expect(requests.tried).toBeGreaterThanOrEqual(planned.requests * times)
})
