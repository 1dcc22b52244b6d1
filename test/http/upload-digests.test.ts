import { createHash } from 'node:crypto'
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest'
import { makeWheel, type Built } from '../support/archives.ts'
import { cleanStop } from '../support/clean-stop.ts'
import { contentPart, json, post, stagingEmpties, type Reply } from '../support/requests.ts'
import { startServer, type TestServer } from '../support/server.ts'

let server: TestServer
beforeAll(async () => {
  server = await startServer()
})
afterEach(() => stagingEmpties(server.data))
afterAll(() => cleanStop(server))

/** Python's own: `hashlib.blake2b(b'abc', digest_size=32)`. No wheel is `abc`; this is what its refusal is to name. */
const blakeOfAbc = 'bddd813c634239723171ef3fee98579b94964e3bb1cb3e427262c8c068d52319'

let made = 0
function aWheel(): Built {
  return makeWheel({ name: `digested${++made}`, version: '1.0' })
}

function digest(algorithm: string, { bytes }: Built): string {
  return createHash(algorithm).update(bytes).digest('hex')
}

/** The form's fields before its file, or after it, as Python 2 may send them. */
const orders = ['before', 'after'] as const

function send(file: Built, fields: Readonly<Record<string, string>>, order: (typeof orders)[number]): Promise<Reply> {
  const parts = Object.entries(fields).map(([name, value]) => ({ name, value }))
  return post(server.url, order === 'before' ? [...parts, contentPart(file)] : [contentPart(file), ...parts])
}

/** The blake2b-256 that the server makes of a file: it tells whoever states another. */
async function blakeOf(file: Built, order: (typeof orders)[number] = 'before'): Promise<unknown> {
  const reply = await send(file, { blake2_256_digest: blakeOfAbc }, order)
  return (json(reply) as { found: unknown }).found
}

it('makes the blake2b-256 that Python makes, wherever the field stands', async () => {
  const abc = { filename: 'abc-1.0-py3-none-any.whl', bytes: Buffer.from('abc') }
  for (const order of orders) {
    const [right, wrong] = [
      await send(abc, { blake2_256_digest: blakeOfAbc }, order),
      await send(abc, { blake2_256_digest: '0'.repeat(64) }, order),
    ]
    expect([json(right), json(wrong)]).toMatchObject([
      { code: 'archive-invalid' },
      { code: 'digest-mismatch', algorithm: 'blake2b-256', expected: '0'.repeat(64), found: blakeOfAbc },
    ])
  }
})

it.each(orders)('takes a file whose digests, %s it and in any case, are its own', async (order) => {
  const wheel = aWheel()
  const fields = {
    md5_digest: digest('md5', wheel),
    sha256_digest: ` ${digest('sha256', wheel).toUpperCase()} `,
    blake2_256_digest: String(await blakeOf(wheel, order)),
  }
  expect((await send(wheel, fields, order)).status).toBe(200)
})

it.each(['', 'UNKNOWN'])('takes %j for no digest', async (value) => {
  const fields = { md5_digest: value, sha256_digest: value, blake2_256_digest: value }
  expect((await send(aWheel(), fields, 'before')).status).toBe(200)
})

it.each([
  ['md5_digest', 'md5', '0'.repeat(32)],
  ['sha256_digest', 'sha256', 'f'.repeat(64)],
  ['blake2_256_digest', 'blake2b-256', blakeOfAbc],
])('refuses a %s that is not that of the file', async (field, algorithm, expected) => {
  const wheel = aWheel()
  const found = algorithm === 'blake2b-256' ? await blakeOf(wheel) : digest(algorithm, wheel)
  for (const order of orders) {
    const reply = await send(wheel, { [field]: expected }, order)
    expect([reply.status, reply.reason, json(reply)]).toEqual([
      422,
      `Content does not match its digest: the form's ${algorithm} is not that of the file that arrived (upload the file again)`,
      {
        filename: wheel.filename,
        algorithm,
        expected,
        found,
        type: '/problems/digest-mismatch',
        title: 'Content does not match its digest',
        status: 422,
        detail: `the form's ${algorithm} is not that of the file that arrived`,
        code: 'digest-mismatch',
        hint: 'upload the file again',
      },
    ])
  }
})

it.each([
  ['md5_digest', 'nonsense', 32],
  ['md5_digest', '0'.repeat(64), 32],
  ['sha256_digest', `sha256=${'0'.repeat(57)}`, 64],
  ['sha256_digest', '0'.repeat(63), 64],
  ['blake2_256_digest', '0'.repeat(128), 64],
])('says that a %s of %j is no digest', async (field, value, digits) => {
  const wheel = aWheel()
  for (const order of orders) {
    const reply = await send(wheel, { [field]: value }, order)
    expect(json(reply)).toEqual({
      field,
      type: '/problems/upload-invalid',
      title: 'Upload form is not valid',
      status: 400,
      detail: `the field ${field} is to have ${digits} hexadecimal digits, and has ${JSON.stringify(value.slice(0, 100))}`,
      code: 'upload-invalid',
    })
  }
})
