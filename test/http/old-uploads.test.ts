/** What `setup.py upload` and `setup.py register` of Python 2 send, byte by byte, and what is near it. */
import { createHash } from 'node:crypto'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { createToken } from '../../server/actions/tokens.ts'
import { makeEgg, makeSdist, metadataOf, zipOf, type Built } from '../support/archives.ts'
import { cleanStop } from '../support/clean-stop.ts'
import { ask, json, stagingEmpties, type Reply } from '../support/requests.ts'
import { startServer, type TestServer } from '../support/server.ts'

let server: TestServer
let guarded: TestServer
let token: string
beforeAll(async () => {
  ;[server, guarded] = await Promise.all([startServer(), startServer({ access: { writes: 'token' } })])
  const { records } = guarded.store
  const request = { name: 'old', scopes: ['upload' as const], expiresAt: null, actor: 'test' }
  token = (await createToken({ records, now: () => new Date().toISOString() }, request)).text
})
afterEach(() => stagingEmpties(server.data))
afterAll(() => Promise.all([cleanStop(server), cleanStop(guarded)]))

const boundary = '--------------GHSKFJDLGDS7543FJKLFHRE75642756743254'

type Field = readonly [name: string, value: string | Built]

/**
 * The form as distutils writes it, of 2.7.18 or, with `\n`, of before 2.7.7: no type of any part, a value that ends in
 * CR with a line feed more.
 */
function formOf(fields: readonly Field[], line = '\r\n'): Buffer {
  const parts = fields.flatMap(([name, value]) => {
    const more = typeof value === 'string' ? '' : `;filename="${value.filename}"`
    const bytes = typeof value === 'string' ? Buffer.from(value) : value.bytes
    const end = bytes.at(-1) === 0x0d ? '\n' : ''
    return [
      Buffer.from(`${line}--${boundary}${line}Content-Disposition: form-data; name="${name}"${more}${line}${line}`),
      bytes,
      Buffer.from(end),
    ]
  })
  return Buffer.concat([...parts, Buffer.from(`${line}--${boundary}--${line}`)])
}

function send(fields: readonly Field[], { to = server, headers = {} }: { to?: TestServer; headers?: Headers } = {}) {
  const type = `multipart/form-data; boundary=${boundary}`
  return ask(to.url, '/legacy/', {
    method: 'POST',
    headers: { 'Content-Type': type, Connection: 'close', ...headers },
    body: formOf(fields),
  })
}
type Headers = Readonly<Record<string, string>>

let made = 0
function fieldsOf(
  make: typeof makeSdist | typeof makeEgg,
  filetype: string,
): { file: Built; fields: readonly Field[] } {
  const name = `Old.Thing${++made}`
  const file = make({ name, version: '0.9' })
  const fields: readonly Field[] = [
    ['comment', ''],
    ['metadata_version', '1.0'],
    ['filetype', filetype],
    ['home_page', 'UNKNOWN'],
    [':action', 'file_upload'],
    ['content', file],
    ['protcol_version', '1'],
    ['description', 'UNKNOWN'],
    ['license', 'UNKNOWN'],
    ['version', '0.9'],
    ['md5_digest', createHash('md5').update(file.bytes).digest('hex')],
    ['pyversion', filetype === 'sdist' ? '' : '2.7'],
    ['classifiers', 'Programming Language :: Python :: 2'],
    ['classifiers', 'Programming Language :: Python :: 2.4'],
    ['platform', 'UNKNOWN'],
    ['name', name],
    ['keywords', ''],
  ]
  return { file, fields }
}

/** The fields as a dictionary of Python 2 may have them: turned round by so many. */
function turned(fields: readonly Field[], by: number): readonly Field[] {
  return [...fields.slice(by), ...fields.slice(0, by)]
}

describe('an upload', () => {
  it.each([0, 5, 6, 11, 16])('of an sdist is taken with its fields in any order, turned by %i', async (by) => {
    const { file, fields } = fieldsOf(makeSdist, 'sdist')
    const reply = await send(turned(fields, by))
    expect([reply.status, json(reply)]).toMatchObject([200, { filename: file.filename, outcome: 'added' }])
  })

  it('of an egg is taken, and the same again', async () => {
    const { fields } = fieldsOf(makeEgg, 'bdist_egg')
    const replies = [await send(fields), await send(turned(fields, 9))]
    expect(replies.map((reply) => (json(reply) as { outcome: string }).outcome)).toEqual(['added', 'same'])
  })

  it('with an md5 that is another is refused, wherever the field stands', async () => {
    const { fields } = fieldsOf(makeSdist, 'sdist')
    const wrong = fields.map((field): Field => (field[0] === 'md5_digest' ? ['md5_digest', '0'.repeat(32)] : field))
    for (const by of [0, 8]) expect(json(await send(turned(wrong, by)))).toMatchObject({ code: 'digest-mismatch' })
  })

  it('with a preamble and an epilogue around its form is taken', async () => {
    const { fields } = fieldsOf(makeSdist, 'sdist')
    const body = Buffer.concat([Buffer.from('a preamble'), formOf(fields), Buffer.from('an epilogue\r\n')])
    const headers = { 'Content-Type': `multipart/form-data; boundary="${boundary}"; charset=utf-8` }
    expect((await ask(server.url, '/legacy/', { method: 'POST', headers, body })).status).toBe(200)
  })

  it('may have the boundary, or half of it, in a text', async () => {
    const { fields } = fieldsOf(makeSdist, 'sdist')
    const text: Field = ['description', `\r\n--${boundary.slice(0, -1)}\r\nand --${boundary}-- in a line\r`]
    expect((await send([text, ...fields.filter(([name]) => name !== 'description')])).status).toBe(200)
  })

  it('is taken with the user and password of .pypirc, and told why not without', async () => {
    const { fields } = fieldsOf(makeSdist, 'sdist')
    const basic = `Basic ${Buffer.from(`__token__:${token}`).toString('base64')}`
    const [without, withToken] = [
      await send(fields, { to: guarded }),
      await send(fields, { to: guarded, headers: { Authorization: basic } }),
    ]
    expect([without.status, without.reason, withToken.status]).toEqual([
      401,
      'A token is needed: with the scope upload (give one with FIRN_TOKEN, firn login, or as the password of the user __token__)',
      200,
    ])
    expect(without.headers['www-authenticate']).toBe('Basic realm="firn", charset="UTF-8"')
  })
})

async function* inPieces(whole: Buffer, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < whole.length; at += size) yield Promise.resolve(whole.subarray(at, at + size))
}

function sendLines(fields: readonly Field[], size = 65_536): Promise<Reply> {
  const headers = { 'Content-Type': `multipart/form-data; boundary=${boundary}` }
  return ask(server.url, '/legacy/', { method: 'POST', headers, body: inPieces(formOf(fields, '\n'), size) })
}

describe('an upload of before Python 2.7.7, whose lines end in LF alone,', () => {
  it.each([0, 5, 6, 11])('is taken with its fields in any order, turned by %i', async (by) => {
    const { file, fields } = fieldsOf(makeSdist, 'sdist')
    const reply = await sendLines(turned(fields, by))
    expect([reply.status, json(reply)]).toMatchObject([200, { filename: file.filename, outcome: 'added' }])
  })

  it.each([1, 7, 56, 57, 58, 1000])('is taken in pieces of %i bytes', async (size) => {
    const { fields } = fieldsOf(makeEgg, 'bdist_egg')
    expect((await sendLines(fields, size)).status).toBe(200)
  })

  it('keeps the line ends of its file, whatever they are', async () => {
    const name = `Old.Thing${++made}`
    const almost = `\n--${boundary.slice(0, -1)}\n\n`
    const data = ['\n', '\r\n', '\n\n', almost, `--${boundary}`, '\r', '\n--', almost.repeat(3)]
      .join('text')
      .repeat(500)
    const metadata = { name: 'PKG-INFO', data: metadataOf({ name, version: '0.9' }) }
    const bytes = zipOf(
      [metadata, { name: 'lines', data }].map((item) => ({ ...item, name: `${name}-0.9/${item.name}`, method: 0 })),
    )
    const reply = await sendLines([
      ['description', 'one\r\ntwo\n\nthree\r'],
      ['content', { filename: `${name}-0.9.zip`, bytes }],
      ['md5_digest', createHash('md5').update(bytes).digest('hex')],
    ])
    expect([reply.status, json(reply)]).toMatchObject([200, { size: bytes.length }])
  })

  it.each([
    ['that ends in its file', (form: Buffer) => form.subarray(0, -200)],
    ['without an end', (form: Buffer) => form.subarray(0, -60)],
    ['with endless headers', (form: Buffer) => Buffer.concat([form.subarray(0, 58), Buffer.alloc(40_000, 'x: y\n')])],
    ['of line feeds', () => Buffer.alloc(100_000, '\n')],
  ])('is refused %s', async (_, damaged) => {
    const { fields } = fieldsOf(makeSdist, 'sdist')
    const headers = { 'Content-Type': `multipart/form-data; boundary=${boundary}` }
    const reply = await ask(server.url, '/legacy/', { method: 'POST', headers, body: damaged(formOf(fields, '\n')) })
    expect(json(reply)).toMatchObject({ code: 'upload-invalid' })
  })
})

it.each(['submit', 'verify'])('says to a register, action %s, that it has nothing to do', async (action) => {
  const fields: readonly Field[] = [
    [':action', action],
    ['name', 'karl'],
    ['version', '3.30'],
    ['summary', 'UNKNOWN'],
  ]
  const reply = await send(fields)
  const hint = 'a project is there with its first file: upload it'
  expect([reply.status, reply.reason, json(reply)]).toMatchObject([
    400,
    `Upload form is not valid: nothing has to be registered (${hint})`,
    { code: 'upload-invalid', action, hint },
  ])
})

const nothingToDo = 'nothing has to be registered\nhint: a project is there with its first file: upload it'

/** What each kind of client asks for, and what an answer of error is then. */
it.each([
  ['application/json;q=0.9, text/plain;q=0.8, text/html;q=0.7', 'text/plain; charset=utf-8'],
  ['text/plain', 'text/plain; charset=utf-8'],
  ['*/*', 'application/problem+json'],
  ['application/problem+json, text/plain;q=0.5', 'application/problem+json'],
  ['application/json', 'application/problem+json'],
  ['', 'application/problem+json'],
])('answers who accepts %j with %s', async (accept, type) => {
  const { headers, text } = await send([[':action', 'submit']], { headers: { Accept: accept } })
  const begins = type.startsWith('text/') ? `Upload form is not valid: ${nothingToDo}\n` : '{"action":"submit",'
  expect([headers['content-type'], text.slice(0, begins.length)]).toEqual([type, begins])
})
