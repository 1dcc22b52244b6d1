import { readdirSync, readlinkSync } from 'node:fs'
import { connect } from 'node:net'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { errors, type ErrorCode } from '../../pool/errors.ts'
import { makeSdist, makeWheel, metadataOf, tarOf, zipOf, type Built } from '../support/archives.ts'
import { cleanStop } from '../support/clean-stop.ts'
import {
  ask,
  boundary,
  contentPart,
  eventually,
  formHeaders,
  formOf,
  json,
  post,
  stagedNames,
  stagingEmpties,
  upload,
  type Part,
  type Reply,
} from '../support/requests.ts'
import { startServer, type TestServer } from '../support/server.ts'
import { gzipOf } from '../support/tar-of.ts'

const limit = 2_000_000
const wheel = makeWheel({ name: 'karl', version: '3.30' })
const content = contentPart(wheel)

let server: TestServer
beforeAll(async () => {
  server = await startServer({ uploadLimit: limit })
})
afterEach(async () => {
  await stagingEmpties(server.data)
  const projects = await server.store.records.projects()
  if (projects.length > 0) throw new Error(`the index shows ${JSON.stringify(projects)}`)
})
afterAll(() => cleanStop(server))

function field(name: string, value: string): Part {
  return { name, value }
}

/** What of a refusal follows from the error table, as it came. */
function outlineOf(reply: Reply): object {
  const { type, title, status, code } = json(reply) as Record<string, unknown>
  const outline = { status: reply.status, form: reply.headers['content-type'], reason: reply.reason }
  return { ...outline, problem: { type, title, status, code } }
}

/** The same as it must be; the reason phrase also says the detail and the hint, since twine shows nothing else. */
function refusalOf(code: ErrorCode, reply: Reply): object {
  const { status, title } = errors[code]
  const { detail, hint } = json(reply) as { detail?: string; hint?: string }
  const what = detail === undefined ? title : `${title}: ${detail}`
  const reason = (hint === undefined ? what : `${what} (${hint})`).replaceAll(/[^\x20-\x7e]/g, '?').slice(0, 500)
  const problem = { type: `/problems/${code}`, title, status, code }
  return { status, form: 'application/problem+json', reason, problem }
}

function named(filename: string): Built {
  return { filename, bytes: wheel.bytes }
}

/** A form that ends before it begins, and never again. */
function behindEnd(disposition: string): Buffer {
  const lines = [
    `--${boundary}--`,
    `--${boundary}`,
    'x',
    `--${boundary}`,
    `Content-Disposition: form-data; ${disposition}`,
  ]
  return Buffer.from([...lines, 'Content-Type: application/octet-stream', '', 'some bytes'].join('\r\n'))
}

function send(body: Buffer | AsyncIterable<Uint8Array>, headers: Readonly<Record<string, string>> = formHeaders) {
  return ask(server.url, '/legacy/', { method: 'POST', headers, body })
}

describe('a form is refused', () => {
  it.each<[string, ErrorCode, readonly Part[]]>([
    ['without a file', 'upload-invalid', [field(':action', 'file_upload'), field('name', 'karl')]],
    ['without anything', 'upload-invalid', []],
    ['with the file as a field', 'upload-invalid', [field('content', 'bytes')]],
    ['with its file under another name', 'upload-invalid', [{ name: 'file', filename: 'a.whl', bytes: wheel.bytes }]],
    ['with two files', 'upload-invalid', [content, content]],
    ['with another action', 'upload-invalid', [field(':action', 'doc_upload'), content]],
    ['with 5,000 fields', 'upload-invalid', [...Array.from({ length: 5000 }, (_, at) => field(`f${at}`, '')), content]],
    [
      'with 5,000 fields after the file',
      'upload-invalid',
      [content, ...Array.from({ length: 5000 }, () => field('f', ''))],
    ],
    ['with a field name of 300 characters', 'upload-invalid', [field('n'.repeat(300), ''), content]],
    ['with a field of 5 MB', 'upload-invalid', [field('description', 'x'.repeat(5_000_000)), content]],
    ['with a field of 5 MB after the file', 'upload-invalid', [content, field('description', 'x'.repeat(5_000_000))]],
    ['with the name of another project', 'metadata-mismatch', [field('name', 'other'), content]],
    ['with a name that is none', 'metadata-mismatch', [field('name', '<script>"\0'), content]],
    ['with another version', 'metadata-mismatch', [field('version', '3.31'), content]],
    ['with a version that is none', 'metadata-mismatch', [field('version', '<b>&"\''), content]],
    ['with a wrong digest', 'digest-mismatch', [field('sha256_digest', '0'.repeat(64)), content]],
    ['with a digest that is none', 'upload-invalid', [field('sha256_digest', '<script>'), content]],
    ['with a digest after the file that is none', 'upload-invalid', [content, field('md5_digest', '\0')]],
  ])('%s', async (_, code, parts) => {
    const reply = await post(server.url, parts)
    expect(outlineOf(reply)).toEqual(refusalOf(code, reply))
  })

  it.each(['application/json', 'application/x-www-form-urlencoded', 'text/plain', ''])('of type %j', async (type) => {
    const reply = await send(formOf([content]), type === '' ? {} : { 'Content-Type': type })
    expect(outlineOf(reply)).toEqual(refusalOf('upload-invalid', reply))
  })

  it.each([
    ['without a boundary', formOf([content]), 'multipart/form-data'],
    ['with another boundary', formOf([content]), 'multipart/form-data; boundary=other'],
    ['that is nonsense', Buffer.from('nonsense'), `multipart/form-data; boundary=${boundary}`],
    ['of no bytes', Buffer.alloc(0), `multipart/form-data; boundary=${boundary}`],
    ['that ends in its file', formOf([content]).subarray(0, 400), `multipart/form-data; boundary=${boundary}`],
    ['that ends in a header', formOf([content]).subarray(0, 60), `multipart/form-data; boundary=${boundary}`],
    [
      'with a file behind its end',
      behindEnd('name="content"; filename="karl-3.30-py3-none-any.whl"'),
      formHeaders['Content-Type'],
    ],
    ['with another file behind its end', behindEnd('name="other"; filename="x"'), formHeaders['Content-Type']],
    ['with a nameless file behind its end', behindEnd('name="content"'), formHeaders['Content-Type']],
    ['with endless headers', Buffer.from(`--${boundary}\r\n${'x: y\r\n'.repeat(20_000)}`), formHeaders['Content-Type']],
  ])('%s', async (_, body, type) => {
    const reply = await send(body, { 'Content-Type': type })
    expect(outlineOf(reply)).toEqual(refusalOf('upload-invalid', reply))
  })
})

describe('a filename is refused', () => {
  it.each<[string, ErrorCode, string]>([
    ['of another project', 'metadata-mismatch', 'other-3.30-py3-none-any.whl'],
    ['of another version', 'metadata-mismatch', 'karl-3.31-py3-none-any.whl'],
    ['that leaves the pool', 'filename-invalid', '../../../etc/passwd'],
    ['that leaves the pool with backslashes', 'filename-invalid', String.raw`..\..\evil`],
    ['with a quote', 'filename-invalid', 'karl%22-3.30-py3-none-any.whl'],
    ['with HTML', 'filename-invalid', '<script>alert(1)<-3.30-py3-none-any.whl'],
    ['with NUL', 'upload-invalid', 'karl-3.30-py3-none-any.whl\0.whl'],
    ['with a line break', 'filename-invalid', 'karl%0D%0A-3.30-py3-none-any.whl'],
    ['that is not ASCII', 'filename-invalid', 'kärl-3.30-py3-none-any.whl'],
    ['of 300 characters', 'filename-invalid', `karl-3.30-py3-none-${'x'.repeat(277)}.whl`],
    ['that is none', 'filename-invalid', 'karl.whl'],
    ['of no distribution', 'filename-invalid', 'karl-3.30.exe'],
    ['of metadata', 'filename-invalid', 'karl-3.30-py3-none-any.whl.metadata'],
    ['of another kind', 'archive-invalid', 'karl-3.30.tar.gz'],
    ['of an egg', 'metadata-missing', 'karl-3.30-py3.11.egg'],
  ])('%s', async (_, code, filename) => {
    const reply = await upload(server.url, named(filename))
    expect(outlineOf(reply)).toEqual(refusalOf(code, reply))
  })
})

const info = 'karl-3.30.dist-info'
const parts = [
  { name: `${info}/METADATA`, data: metadataOf({ name: 'karl', version: '3.30' }) },
  { name: `${info}/WHEEL`, data: 'Wheel-Version: 1.0\n' },
  { name: `${info}/RECORD`, data: '' },
]

function wheelOf(metadata: string): Built {
  return makeWheel({ name: 'karl', version: '3.30', metadata })
}

describe('an archive is refused', () => {
  const bomb = Buffer.alloc(100_000_000)
  it.each<[string, ErrorCode, Built]>([
    ['of no bytes', 'archive-invalid', { ...wheel, bytes: Buffer.alloc(0) }],
    ['that is a web page', 'archive-invalid', { ...wheel, bytes: Buffer.from('<!DOCTYPE html>') }],
    ['that is a tar', 'archive-invalid', { ...wheel, bytes: makeSdist({ name: 'karl', version: '3.30' }).bytes }],
    ['that is cut', 'archive-invalid', { ...wheel, bytes: wheel.bytes.subarray(0, -40) }],
    ['that leaves by ..', 'archive-invalid', { ...wheel, bytes: zipOf([...parts, { name: '../evil', data: 'x' }]) }],
    [
      'with a link',
      'archive-invalid',
      { ...wheel, bytes: zipOf([...parts, { name: 'l', data: '/etc', mode: 0o120777 }]) },
    ],
    ['with two METADATA', 'archive-invalid', { ...wheel, bytes: zipOf([...parts, ...parts.slice(0, 1)]) }],
    ['that is a bomb', 'archive-invalid', { ...wheel, bytes: zipOf([...parts, { name: 'zeros', data: bomb }]) }],
    [
      'that is a tar bomb',
      'archive-invalid',
      { filename: 'karl-3.30.tar.gz', bytes: gzipOf(tarOf([{ name: 'karl-3.30/zeros', data: bomb }])) },
    ],
    ['without METADATA', 'metadata-missing', { ...wheel, bytes: zipOf(parts.slice(1)) }],
    ['with two names', 'metadata-invalid', wheelOf('Name: karl\nName: other\nVersion: 3.30\n')],
    [
      'with an endless Requires-Python',
      'metadata-invalid',
      wheelOf(`Name: karl\nVersion: 3.30\nRequires-Python: ${'>'.repeat(600)}\n`),
    ],
    ['with the metadata of another project', 'metadata-mismatch', wheelOf('Name: other\nVersion: 3.30\n')],
    ['with a name of HTML', 'name-invalid', wheelOf('Name: <script>alert("x")</script>\nVersion: 3.30\n')],
    ['with a name that is a path', 'name-invalid', wheelOf('Name: ../../etc\nVersion: 3.30\n')],
    ['with a version that is a path', 'version-invalid', wheelOf('Name: karl\nVersion: ../3.30\n')],
    ['with a version of HTML', 'version-invalid', wheelOf('Name: karl\nVersion: <b>"\'&\n')],
  ])('%s', async (_, code, file) => {
    const reply = await upload(server.url, file)
    expect(outlineOf(reply)).toEqual(refusalOf(code, reply))
  })
})

async function* chunked(bytes: number): AsyncGenerator<Uint8Array> {
  const whole = formOf([{ name: 'content', filename: wheel.filename, bytes: Buffer.alloc(bytes) }])
  for (let at = 0; at < whole.length; at += 65_536) yield Promise.resolve(whole.subarray(at, at + 65_536))
}

describe('a file that is too large is refused', () => {
  it('by the length that is declared, before it is sent', async () => {
    const socket = connect(Number(new URL(server.url).port), '127.0.0.1')
    const head = ['POST /legacy/ HTTP/1.1', 'Host: 127.0.0.1', `Content-Type: ${formHeaders['Content-Type']}`]
    socket.write([...head, 'Content-Length: 999999999', '', `--${boundary}\r\n`].join('\r\n'))
    const answer = await new Promise<string>((resolve) => socket.once('data', (data) => resolve(data.toString())))
    expect(answer).toMatch(
      /^HTTP\/1\.1 413 File is larger than this server accepts: the limit is 2000000 bytes \(its operator /,
    )
    expect(answer).toContain('Connection: close')
    socket.destroy()
  })

  it.each([limit + 1, limit + 5_000_000])('by what is sent, where no length is declared: %i bytes', async (bytes) => {
    const reply = await send(chunked(bytes))
    expect(outlineOf(reply)).toEqual(refusalOf('upload-too-large', reply))
    expect(json(reply)).toMatchObject({ limit, detail: 'the limit is 2000000 bytes' })
  })
})

it('keeps nothing of an upload whose sender goes away in the middle', async () => {
  for (const length of ['Content-Length: 500000', 'Transfer-Encoding: chunked']) {
    const socket = connect(Number(new URL(server.url).port), '127.0.0.1')
    const form = formOf([{ name: 'content', filename: wheel.filename, bytes: Buffer.alloc(200_000) }])
    const head = [
      'POST /legacy/ HTTP/1.1',
      'Host: 127.0.0.1',
      `Content-Type: ${formHeaders['Content-Type']}`,
      length,
      '',
      '',
    ]
    const size = length.startsWith('Content') ? '' : `${form.length.toString(16)}\r\n`
    socket.write(head.join('\r\n'))
    socket.write(`${size}${form.subarray(0, 150_000).toString('latin1')}`, 'latin1')
    await eventually('a file is staged', async () => (await stagedNames(server.data)).length === 1)
    socket.destroy()
    await stagingEmpties(server.data)
    expect((await ask(server.url, '/simple/karl/')).status).toBe(404)
  }
})

it('leaves no file open after many hostile uploads at once', async () => {
  const before = openFiles().length
  const bad = [wheelOf('Name: other\nVersion: 3.30\n'), named('nonsense'), { ...wheel, bytes: Buffer.from('PK') }]
  const uploads = Array.from({ length: 21 }, (_, at) => upload(server.url, bad[at % 3] ?? wheel))
  const tooLarge = Array.from({ length: 4 }, () => send(chunked(limit + 100_000)))
  const replies = await Promise.all([...uploads, ...tooLarge])
  expect(replies.map(({ status }) => status)).toEqual([...uploads.map(() => 400), ...tooLarge.map(() => 413)])
  await stagingEmpties(server.data)
  await eventually('every file is closed again', () => openFiles().length <= before)
})

/** What this process, and so the server in it, has open below the data directory. */
function openFiles(): readonly string[] {
  return readdirSync('/proc/self/fd')
    .map((descriptor) => linkOf(`/proc/self/fd/${descriptor}`))
    .filter((target) => target.startsWith(server.data))
}

function linkOf(path: string): string {
  try {
    return readlinkSync(path)
  } catch {
    return ''
  }
}
