/** Attestations of uploads, and where they are served (PEP 740). */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createToken } from '../../server/actions/tokens.ts'
import { makeSdist, makeWheel, type Built } from '../support/archives.ts'
import { attestationOf, buildType } from '../support/attestation.ts'
import { sha256 } from '../support/catalogue.ts'
import { cleanStop } from '../support/clean-stop.ts'
import { ask, contentPart, formHeaders, formOf, json, post, stagingEmpties, upload } from '../support/requests.ts'
import { startServer, type TestServer } from '../support/server.ts'

const wheel = makeWheel({ name: 'karl', version: '3.30' })
const sdist = makeSdist({ name: 'karl', version: '3.30' })
const plain = makeWheel({ name: 'plain', version: '1.0' })
const secret = makeWheel({ name: 'secret', version: '1.0' })
const removed = makeWheel({ name: 'removed', version: '1.0' })

/** The provenance object of a file with the attestations that the tests give it. */
function provenanceOf(attestations: readonly object[]): unknown {
  const publisher = {
    claims: {},
    kind: 'GitHub',
    repository: 'octo/karl',
    workflow: 'release.yml',
    environment: null,
  }
  return { version: 1, attestation_bundles: [{ publisher, attestations }] }
}

let server: TestServer
let admin: Readonly<Record<string, string>>
beforeAll(async () => {
  server = await startServer({ access: { privateProducts: ['acme'] } })
  const deps = { records: server.store.records, now: () => new Date().toISOString() }
  const { text } = await createToken(deps, { name: 'admin', scopes: ['admin'], expiresAt: null, actor: 'test' })
  admin = { Authorization: `Bearer ${text}` }
  for (const file of [wheel, removed]) await attested(file)
  await upload(server.url, plain)
  await ask(server.url, '/legacy/acme/', {
    method: 'POST',
    headers: { ...formHeaders, ...admin },
    body: formOf([{ name: 'attestations', value: fieldOf(secret) }, contentPart(secret)]),
  })
})
afterAll(() => cleanStop(server))

function fieldOf(file: Built): string {
  return JSON.stringify([attestationOf(file)])
}

function attested(file: Built, attestations = fieldOf(file)) {
  return upload(server.url, file, { attestations })
}

function get(path: string, headers: Readonly<Record<string, string>> = {}, method = 'GET') {
  return ask(server.url, path, { headers, method })
}

function pathOf(project: string, { filename }: Built): string {
  return `/pool/${project}/${filename}.provenance`
}

const path = pathOf('karl', wheel)

describe('the provenance beside a file', () => {
  it('is its attestations as they came, for ever', async () => {
    const { status, headers, body, text } = await get(path)
    const { date: _, 'x-request-id': _id, connection: __, ...rest } = headers
    expect([status, JSON.parse(text)]).toEqual([200, provenanceOf([attestationOf(wheel)])])
    expect(rest).toEqual({
      'content-type': 'application/vnd.pypi.integrity.v1+json',
      'content-length': String(body.length),
      'cache-control': 'public, max-age=31536000, immutable',
      vary: 'Accept-Encoding',
      'x-content-type-options': 'nosniff',
      etag: `"${sha256(body)}"`,
    })
    expect((await server.store.records.distribution(wheel.filename))?.provenanceSha256).toBe(sha256(body))
  })

  it('answers HEAD and If-None-Match', async () => {
    const { headers } = await get(path)
    const headed = await get(path, {}, 'HEAD')
    expect([headed.status, headed.body.length, headed.headers.etag]).toEqual([200, 0, headers.etag])
    expect((await get(path, { 'if-none-match': headers.etag ?? '' })).status).toBe(304)
  })

  it('is named on the live page, in JSON and in HTML', async () => {
    const { files } = json(await get('/simple/karl/', { accept: 'application/vnd.pypi.simple.v1+json' })) as {
      files: readonly { provenance?: string }[]
    }
    expect(files.map(({ provenance }) => provenance)).toEqual([`${server.url}${path}`])
    const { text, headers } = await get('/simple/karl/')
    expect(text).toContain(` data-provenance="${server.url}${path}">`)
    expect(headers['cache-control']).toBe('private, no-cache')
  })

  it('is named under the host that it is asked for by, and by no host where a page never changes', async () => {
    const { text } = await get('/simple/karl/', { host: 'firn.example:8080' })
    expect(text).toContain(` data-provenance="http://firn.example:8080${path}">`)
    expect(json(await get('/simple/karl/', { host: 'a b' }))).toMatchObject({ status: 400, code: 'request-invalid' })
    const past = await get(`/at/${new Date(Date.now() + 60_000).toISOString()}/simple/karl/`)
    expect(past.text).toContain(` data-provenance="../../../..${path}">`)
  })

  it('is named under the URL that the server was told, for all caches to keep', async () => {
    const other = await startServer({ publicUrl: 'https://firn.example/py/' })
    await upload(other.url, wheel, { attestations: fieldOf(wheel) })
    const { text, headers } = await ask(other.url, '/simple/karl/')
    expect(text).toContain(` data-provenance="https://firn.example/py${path}">`)
    expect(headers['cache-control']).toBe('no-cache')
    await cleanStop(other)
  })

  it('is told of in the log, by its digest', async () => {
    const events = await server.store.records.events({ after: 0, limit: 100 })
    const told = events.find(({ subject }) => subject === wheel.filename)
    expect(told?.facts['provenance']).toBe(sha256((await get(path)).body))
  })

  it('is not there where a file came without', async () => {
    expect((await get(`/pool/plain/${plain.filename}.metadata`)).status).toBe(200)
    expect(json(await get(pathOf('plain', plain)))).toMatchObject({ status: 404, code: 'distribution-unknown' })
    expect((await get('/simple/plain/')).text).not.toContain('provenance')
  })

  it.each([
    ['another project', `/pool/plain/${wheel.filename}.provenance`],
    ['no file', '/pool/karl/.provenance'],
    ['itself', `${path}.provenance`],
    ['the metadata', `/pool/karl/${wheel.filename}.metadata.provenance`],
  ])('is not that of %s', async (_name, other) => {
    expect(json(await get(other))).toMatchObject({ status: 404, code: 'distribution-unknown' })
  })

  it('is as private as its file', async () => {
    const hidden = pathOf('secret', secret)
    const { status, headers } = await get(hidden, admin)
    expect([status, headers['cache-control']]).toEqual([200, 'private, max-age=31536000, immutable'])
    expect(json(await get(hidden))).toMatchObject({ status: 404, code: 'distribution-unknown' })
  })

  it('goes with its file', async () => {
    const gone = pathOf('removed', removed)
    expect((await get(gone)).status).toBe(200)
    const body = JSON.stringify({ reason: 'court order' })
    const headers = { 'Content-Type': 'application/json', 'Content-Length': String(body.length), ...admin }
    await ask(server.url, `/api/v1/files/${removed.filename}`, { method: 'DELETE', headers, body })
    expect(json(await get(gone))).toMatchObject({ status: 410, code: 'distribution-removed' })
  })
})

describe('the same file again', () => {
  it('is fine with the same attestations, and without', async () => {
    for (const reply of [await attested(wheel), await upload(server.url, wheel)]) {
      const answer = json(reply) as { outcome: string; notices?: unknown }
      expect([reply.status, answer.outcome, answer.notices]).toEqual([200, 'same', undefined])
    }
  })

  it.each([
    ['where there were none', plain, [attestationOf(plain)]],
    ['where there were others', wheel, [attestationOf(wheel, { statement: { predicateType: buildType } })]],
  ])('keeps what it came with, and says so, %s', async (_name, file, attestations) => {
    const before = await server.store.records.distribution(file.filename)
    const answer = json(await attested(file, JSON.stringify(attestations))) as Record<string, unknown>
    expect([answer['outcome'], answer['provenanceSha256'], answer['notices']]).toEqual([
      'same',
      before?.provenanceSha256,
      [
        {
          message: `${file.filename}: it was in the pool before, and keeps what it came with; the attestations that came now are not kept`,
        },
      ],
    ])
  })

  it('is refused with attestations that are wrong', async () => {
    expect(json(await attested(plain, fieldOf(wheel)))).toMatchObject({ status: 400, code: 'attestation-invalid' })
  })
})

describe('attestations that are refused', () => {
  const good = fieldOf(sdist)
  it.each([
    ['of another file', fieldOf(wheel), 'attestation-invalid'],
    ['none', '[]', 'attestation-invalid'],
    ['no JSON', 'nonsense', 'attestation-invalid'],
    ['a thousand', JSON.stringify(Array.from({ length: 1000 }, () => ({}))), 'attestation-invalid'],
    ['deeper than anyone reads', '['.repeat(1_000_000), 'attestation-invalid'],
    ['3 MB', `${good.slice(0, -1)}${' '.repeat(3_000_000)}]`, 'attestation-invalid'],
    ['10 MB', `${good.slice(0, -1)}${' '.repeat(10_000_000)}]`, 'upload-invalid'],
  ])('%s: nothing of the file stays', async (_name, attestations, code) => {
    const reply = await attested(sdist, attestations)
    expect(json(reply)).toMatchObject({ status: 400, code })
    await nothingOf(sdist)
  })

  it('twice the field: nothing of the file stays', async () => {
    const field = { name: 'attestations', value: good }
    expect(json(await post(server.url, [field, field, contentPart(sdist)]))).toMatchObject({
      status: 400,
      code: 'attestation-invalid',
      detail: 'the field attestations is there more than once',
    })
    await nothingOf(sdist)
  })

  it('tells uploaders in the status line, since they show no more', async () => {
    const other = attestationOf(sdist, { statement: { subject: [{ name: 'x-1.tar.gz', digest: { sha256: 'x' } }] } })
    expect((await attested(sdist, JSON.stringify([other]))).reason).toBe(
      'Attestations cannot be accepted: the statement is on "x-1.tar.gz", not on karl-3.30.tar.gz ' +
        '(make them again for this very file, or upload without)',
    )
  })

  it('the file comes in with the right ones after all', async () => {
    expect((await attested(sdist)).status).toBe(200)
    expect(json(await get(pathOf('karl', sdist)))).toEqual(provenanceOf([attestationOf(sdist)]))
  })
})

async function nothingOf({ filename }: Built): Promise<void> {
  await stagingEmpties(server.data)
  expect(await server.store.records.distribution(filename)).toBeUndefined()
  expect((await get(`/pool/karl/${filename}`)).status).toBe(404)
}
