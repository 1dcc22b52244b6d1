import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { makeEgg, makeSdist, makeWheel, metadataOf } from '../support/archives.ts'
import { sha256 } from '../support/catalogue.ts'
import { cleanStop } from '../support/clean-stop.ts'
import { ask, contentPart, json, post, stagingEmpties, upload, type Part } from '../support/requests.ts'
import { startServer, type TestServer } from '../support/server.ts'

let server: TestServer
beforeAll(async () => {
  server = await startServer()
})
afterEach(() => stagingEmpties(server.data))
afterAll(() => cleanStop(server))

let made = 0
/** A wheel of a project that no other test has. */
function aWheel(more: Partial<Parameters<typeof makeWheel>[0]> = {}) {
  const name = `Some.Project${++made}`
  return { name, project: name.toLowerCase().replace('.', '-'), ...makeWheel({ name, version: '1.0', ...more }) }
}

function field(name: string, value: string): Part {
  return { name, value }
}

it('answers with the distribution that was made of the file', async () => {
  const wheel = aWheel({ requiresPython: '>=3.9' })
  const reply = await upload(server.url, wheel)
  const answered = json(reply) as { uploadTime: string }
  expect([reply.status, reply.headers['content-type']]).toEqual([200, 'application/json; charset=utf-8'])
  expect(answered).toEqual({
    filename: wheel.filename,
    project: wheel.project,
    name: wheel.name,
    version: '1.0',
    kind: 'wheel',
    size: wheel.bytes.length,
    sha256: sha256(wheel.bytes),
    metadataSha256: sha256(metadataOf({ name: wheel.name, version: '1.0', requiresPython: '>=3.9' })),
    requiresPython: '>=3.9',
    uploadTime: answered.uploadTime,
    origin: null,
    product: null,
    yanked: null,
    provenanceSha256: null,
    outcome: 'added',
  })
  const kept = await ask(server.url, `/pool/${wheel.project}/${wheel.filename}`)
  expect(sha256(kept.body)).toBe(sha256(wheel.bytes))
})

it('takes the same file again, and answers with what was kept the first time', async () => {
  const wheel = aWheel()
  const first = json(await upload(server.url, wheel)) as object
  const again = await upload(server.url, wheel)
  expect([again.status, json(again)]).toEqual([200, { ...first, outcome: 'same' }])
  const events = (await server.store.records.events()).filter(({ subject }) => subject === wheel.filename)
  expect(events).toEqual([
    expect.objectContaining({
      at: (first as { uploadTime: string }).uploadTime,
      actor: 'anonymous',
      verb: 'upload',
      subject: wheel.filename,
      facts: { project: wheel.project, version: '1.0', sha256: sha256(wheel.bytes), size: wheel.bytes.length },
    }),
  ])
})

it('refuses other content under a filename that is taken with a 400 that twine knows', async () => {
  const wheel = aWheel()
  const other = makeWheel({ name: wheel.name, version: '1.0', files: { 'more.py': '' } })
  await upload(server.url, wheel)
  const reply = await upload(server.url, other)
  const hint = 'a filename means one content for ever: what has changed is another version'
  expect([reply.status, reply.reason, json(reply)]).toEqual([
    400,
    `File already exists with other content: ${wheel.filename} (${hint})`,
    {
      filename: wheel.filename,
      type: '/problems/distribution-exists',
      title: 'File already exists with other content',
      status: 400,
      detail: wheel.filename,
      code: 'distribution-exists',
      hint,
    },
  ])
  const kept = await ask(server.url, `/pool/${wheel.project}/${wheel.filename}`)
  expect(sha256(kept.body)).toBe(sha256(wheel.bytes))
})

it('refuses a filename that differs from another by case alone', async () => {
  const wheel = aWheel()
  await upload(server.url, wheel)
  const filename = wheel.filename.replace('some', 'Some')
  const reply = await upload(server.url, { ...wheel, filename })
  expect([reply.status, json(reply)]).toEqual([400, expect.objectContaining({ code: 'distribution-exists', filename })])
  expect((await ask(server.url, `/pool/${wheel.project}/${filename}`)).status).toBe(404)
})

it.each([
  ['wheel', makeWheel({ name: 'Kinds', version: '1.0' })],
  [
    'wheel with a build number',
    { ...makeWheel({ name: 'Kinds', version: '1.0' }), filename: 'Kinds-1.0-1-py3-none-any.whl' },
  ],
  ['egg', makeEgg({ name: 'Kinds', version: '1.0' })],
  [
    'egg of a legacy version',
    makeEgg({
      name: 'Kinds',
      version: '0.9.8.0_osi1',
      metadata: metadataOf({ name: 'Kinds', version: '0.9.8.0-osi1' }),
    }),
  ],
  ['sdist .tar.gz', makeSdist({ name: 'Kinds', version: '1.0' })],
  ['sdist .tgz', makeSdist({ name: 'Kinds', version: '1.0', format: 'tgz' })],
  ['sdist .zip', makeSdist({ name: 'Kinds', version: '1.0', format: 'zip' })],
  ['sdist .tar.bz2', makeSdist({ name: 'Kinds', version: '1.0', format: 'tar.bz2' })],
  ['sdist of a legacy version', makeSdist({ name: 'Kinds', version: '0.9.8.0-osi1' })],
])('takes a %s', async (_, file) => {
  const reply = await upload(server.url, file)
  expect([reply.status, json(reply)]).toEqual([200, expect.objectContaining({ project: 'kinds', outcome: 'added' })])
  expect((await ask(server.url, '/simple/kinds/')).text).toContain(`>${file.filename}</a>`)
})

describe('the form', () => {
  it('may have its fields after the file, as some clients send them', async () => {
    const wheel = aWheel()
    const fields = [field('name', wheel.name), field('version', '1.0'), field('sha256_digest', sha256(wheel.bytes))]
    expect((await post(server.url, [contentPart(wheel), field(':action', 'file_upload'), ...fields])).status).toBe(200)
  })

  it('may have no field but the file', async () => {
    expect((await post(server.url, [contentPart(aWheel())])).status).toBe(200)
  })

  it.each(['', 'UNKNOWN'])('may say %j for what it does not know', async (value) => {
    const fields = { name: value, version: value, sha256_digest: value, md5_digest: value, home_page: value }
    expect((await upload(server.url, aWheel(), fields)).status).toBe(200)
  })

  it('may spell the name and the version otherwise', async () => {
    const wheel = aWheel()
    expect(
      (await upload(server.url, wheel, { name: wheel.name.toUpperCase().replace('.', '_'), version: '1.0.0' })).status,
    ).toBe(200)
  })

  it('may have many values, long texts and whatever is not ASCII', async () => {
    const classifiers = Array.from({ length: 300 }, (_, index) => field('classifiers', `Topic :: ${index}`))
    const texts = [field('description', 'é'.repeat(1_000_000)), field('author', 'José ✓')]
    expect((await post(server.url, [...classifiers, ...texts, contentPart(aWheel())])).status).toBe(200)
  })

  it('may have a signature beside the file, which is dropped', async () => {
    const wheel = aWheel()
    const signature = { name: 'gpg_signature', filename: `${wheel.filename}.asc`, bytes: Buffer.from('-----BEGIN') }
    for (const parts of [
      [contentPart(wheel), signature],
      [signature, contentPart(wheel)],
    ]) {
      expect((await post(server.url, parts)).status).toBe(200)
    }
    expect((await ask(server.url, `/simple/${wheel.project}/`)).text).not.toContain('.asc')
  })
})

it('takes uploads of many files at once, each whole', async () => {
  const wheels = Array.from({ length: 20 }, () => aWheel())
  const replies = await Promise.all(wheels.map((wheel) => upload(server.url, wheel)))
  expect(replies.map(({ status }) => status)).toEqual(wheels.map(() => 200))
  for (const { project, filename, bytes } of wheels) {
    expect(sha256((await ask(server.url, `/pool/${project}/${filename}`)).body)).toBe(sha256(bytes))
  }
})

it('lets one of two contents of a filename win, and serves the winner', async () => {
  for (let round = 0; round < 10; round++) {
    const wheel = aWheel()
    const other = makeWheel({ name: wheel.name, version: '1.0', files: { 'more.py': '' } })
    const replies = await Promise.all([wheel, other].map((file) => upload(server.url, file)))
    expect(new Set(replies.map(({ status }) => status))).toEqual(new Set([200, 400]))
    const winner = replies[0]?.status === 200 ? wheel : other
    const served = await ask(server.url, `/pool/${wheel.project}/${wheel.filename}`)
    expect(sha256(served.body)).toBe(sha256(winner.bytes))
  }
})

it('lets two uploads of the same content both succeed, with one event', async () => {
  const wheel = aWheel()
  const replies = await Promise.all([upload(server.url, wheel), upload(server.url, wheel)])
  expect(replies.map(({ status }) => status)).toEqual([200, 200])
  const outcomes = replies.map((reply) => (json(reply) as { outcome: string }).outcome)
  expect(new Set(outcomes)).toEqual(new Set(['added', 'same']))
  const events = (await server.store.records.events()).filter(({ subject }) => subject === wheel.filename)
  expect(events).toHaveLength(1)
})
