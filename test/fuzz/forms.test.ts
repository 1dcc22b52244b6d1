/** Upload forms that are built wrong, damaged or lying, as bytes on a socket, several at once. */
import { createHash } from 'node:crypto'
import { array } from 'fast-check'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { cleanStop } from '../support/clean-stop.ts'
import { ask, stagedNames, stagingEmpties, upload } from '../support/requests.ts'
import { startServer, type TestServer } from '../support/server.ts'
import { makeWheel } from '../support/archives.ts'
import { files, formBuild, formRequest, mayBeAccepted, type FormBuild } from './form-builds.ts'
import { fuzzer, planned, seed, times } from './fuzzing.ts'
import { exchange, problemWith, type RawAnswer } from './raw-http.ts'

const forms = fuzzer('forms')
let server: TestServer
beforeAll(async () => {
  server = await startServer({ uploadLimit: 1_000_000 })
})
afterAll(() => cleanStop(server))

const statistics = { accepted: 0, refused: 0, unanswered: 0 }

/** What is wrong with the answer to a form; `undefined`: nothing. */
async function complaint(form: FormBuild): Promise<string | undefined> {
  const { bytes, whole } = formRequest(form)
  const answer = await exchange(server.url, { bytes, whole, method: 'POST' })
  if (!answer) {
    statistics.unanswered += 1
    // Who sends more than he said may be cut off with his answer still on its way.
    return whole && form.framing !== 'short' && form.edits.length === 0 ? 'no answer' : undefined
  }
  const problem = problemWith(answer, 'POST')
  if (problem !== undefined || answer.status !== 200) {
    statistics.refused += 1
    return problem
  }
  statistics.accepted += 1
  return wrongAcceptance(form, answer)
}

/** What is answered with 200 is in the pool, byte for byte one of the files that were sent, and nothing in the form spoke against it. */
async function wrongAcceptance(form: FormBuild, { body }: RawAnswer): Promise<string | undefined> {
  if (mayBeAccepted(form) === false) return 'accepted against what the form says'
  const { project, filename, sha256 } = JSON.parse(body.toString()) as Record<string, string>
  const stored = await ask(server.url, `/pool/${project}/${filename}`)
  if (createHash('sha256').update(stored.body).digest('hex') !== sha256) return 'other bytes in the pool'
  const isOneOfThem = files.some(({ bytes }) => bytes.equals(stored.body))
  return form.edits.length > 0 || isOneOfThem ? undefined : 'bytes that were not sent'
}

it('are answered with a problem or accepted rightly, and leave nothing behind', async () => {
  const together = array(formBuild, { minLength: 1, maxLength: 8, size: 'max' })
  await forms.fuzz({
    given: together,
    runs: 500,
    inputsIn: (some) => some.length,
    holds: async (some) => {
      const complaints = await Promise.all(some.map(complaint))
      await stagingEmpties(server.data)
      expect({ complaints, internal: server.internalErrors }).toEqual({
        complaints: some.map(() => undefined),
        internal: [],
      })
    },
    bytesOf: (some) => Buffer.concat(some.map((form) => formRequest(form).bytes)),
  })
})

it('have left a pool in which every row has its bytes, and a server that takes uploads', async () => {
  console.log(`forms: ${forms.tried} inputs, seed ${seed}: ${JSON.stringify(statistics)}`)
  expect(await stagedNames(server.data)).toEqual([])
  const projects = await server.store.records.projects()
  const rows = await Promise.all(projects.map(({ project }) => server.store.records.distributionsOf(project)))
  expect(rows.flat().length).toBeGreaterThan(2)
  for (const { project, filename, sha256, size } of rows.flat()) {
    const { status, body } = await ask(server.url, `/pool/${project}/${filename}`)
    const found = { status, size: body.length, sha256: createHash('sha256').update(body).digest('hex') }
    expect(found).toEqual({ status: 200, size, sha256 })
  }
  expect((await upload(server.url, makeWheel({ name: 'after', version: '1.0' }))).status).toBe(200)
})

it('were tried as many as planned', () => {
  expect(forms.tried).toBeGreaterThanOrEqual(planned.forms * times)
})
