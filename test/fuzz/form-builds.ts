import { array, constantFrom, nat, oneof, option, record, string, tuple, type Arbitrary } from 'fast-check'
import { createHash } from 'node:crypto'
import { makeEgg, makeSdist, makeWheel, type Built } from '../support/archives.ts'
import { byteEdit, edited, type ByteEdit } from './byte-edits.ts'

const wheel = makeWheel({ name: 'karl', version: '3.30' })
const sdist = makeSdist({ name: 'karl', version: '3.31' })

/** What is sent as the file: of two names there is a second content, and one is damaged. */
export const files: readonly Built[] = [
  wheel,
  { ...wheel, bytes: makeWheel({ name: 'karl', version: '3.30', files: { 'more.py': 'x = 1\n' } }).bytes },
  sdist,
  { ...sdist, bytes: makeSdist({ name: 'karl', version: '3.31', requires: ['lxml'] }).bytes },
  makeEgg({ name: 'Zope.Karl', version: '0.9.8.0-osi1' }),
  { filename: 'karl-3.32.tar.gz', bytes: sdist.bytes.subarray(0, -20) },
]

type Style = 'quoted' | 'token' | 'extended' | 'both' | 'twice' | 'cased' | 'none'

interface PartBuild {
  readonly name: string
  readonly named: Style
  /** A file's index, or a text. */
  readonly body: number | string
  readonly filename: string | undefined
  readonly filed: Style
  readonly more: readonly string[]
}

/** A form, and how it is sent. */
export interface FormBuild {
  readonly path: string
  readonly parts: readonly PartBuild[]
  readonly type: string
  readonly ending: string
  readonly preamble: string
  readonly newline: string
  readonly framing: 'length' | 'chunked' | 'short' | 'long' | 'none'
  /** Damage to the whole body. */
  readonly edits: readonly ByteEdit[]
}

const boundary = 'b0undary'
const digest = (algorithm: string, { bytes }: Built) => createHash(algorithm).update(bytes).digest('hex')
const names = constantFrom(
  ':action',
  'name',
  'version',
  'sha256_digest',
  'md5_digest',
  'blake2_256_digest',
  'content',
  'content',
  'gpg_signature',
  'attestations',
  'description',
  'protocol_version',
  'metadata_version',
  '__proto__',
  'constructor',
  'toString',
  'a[b][c]',
  'content[]',
  '',
  'n'.repeat(300),
)
const values = oneof(
  constantFrom(
    'file_upload',
    'doc_upload',
    'karl',
    'Karl',
    'other',
    '3.30',
    '3.31',
    'v3.30.0',
    'UNKNOWN',
    '',
    '\0',
    'k\u00e4se',
    '\r\n--b0undary',
    '0'.repeat(64),
    '<script>',
    'x'.repeat(70_000),
    ...files.flatMap((file) => [digest('sha256', file), digest('md5', file)]),
  ),
  string({ unit: 'binary', maxLength: 30 }),
)
const filenames = oneof(
  constantFrom(
    ...files.map(({ filename }) => filename),
    '../karl-3.30-py3-none-any.whl',
    '..\\karl-3.30-py3-none-any.whl',
    '/etc/passwd',
    'a/karl-3.31.tar.gz',
    'C:\\karl-3.31.tar.gz',
    'karl-3.31.tar.gz\0.whl',
    'KARL-3.31.tar.gz',
    'karl-3.31.tar.gz.metadata',
    'karl-3.31.tgz',
    'karl-3.31.tar.gz ',
    '..%2fkarl-3.31.tar.gz',
    '%00',
    '.',
    '..',
    '',
    'CON',
    'karl-3.31.tar.gz:stream',
    `${'k'.repeat(5000)}-1.0.zip`,
    'k\u00e4rl-3.31.tar.gz',
    'karl\u202e-3.31.tar.gz',
  ),
  string({ unit: 'binary', maxLength: 20 }),
)
const more = constantFrom(
  'Content-Type: application/octet-stream',
  'Content-Type: text/plain; charset=utf-16',
  'Content-Type: multipart/mixed; boundary=inner',
  'Content-Transfer-Encoding: base64',
  'Content-Transfer-Encoding: quoted-printable',
  'Content-Encoding: gzip',
  'Content-Length: 3',
  'Content-Disposition: form-data; name="name"',
  ' folded: line',
  'no header',
  ': none',
  'X-\0: x',
)
const usual: Style = 'quoted'
const rarely = <T>(value: Arbitrary<T>, usual: T): Arbitrary<T> =>
  oneof({ weight: 5, arbitrary: constantFrom(usual) }, value)
const style = rarely(constantFrom<Style>('token', 'extended', 'both', 'twice', 'cased', 'none'), usual)

const anyPart: Arbitrary<PartBuild> = record({
  name: names,
  named: style,
  body: oneof(values, nat(files.length - 1)),
  filename: option(filenames, { nil: undefined }),
  filed: style,
  more: array(more, { maxLength: 2 }),
})

/** The file in its place, under a name of its own or of another. */
const filePart: Arbitrary<PartBuild> = tuple(
  nat(files.length - 1),
  rarely<string | undefined>(filenames, undefined),
  style,
).map(([body, filename, filed]) => ({
  name: 'content',
  named: usual,
  body,
  filename: filename ?? files[body]?.filename,
  filed,
  more: ['Content-Type: application/octet-stream'],
}))

const some = rarely(array(anyPart, { minLength: 1, maxLength: 3 }), [])
const parts = tuple(some, option(filePart, { nil: undefined, freq: 5 }), some).map(([before, file, after]) => [
  ...before,
  ...(file ? [file] : []),
  ...after,
])

export const formBuild: Arbitrary<FormBuild> = record({
  path: rarely(
    constantFrom('/legacy/karl/', '/legacy', '/legacy//', '/legacy/%2e%2e/', '/legacy/?x=1', '/legacy/Not%20one/'),
    '/legacy/',
  ),
  parts,
  type: rarely(
    constantFrom(
      `multipart/form-data; boundary="${boundary}"`,
      `multipart/form-data; charset=utf-8; boundary=${boundary}`,
      `multipart/form-data; boundary=other; boundary=${boundary}`,
      `MULTIPART/FORM-DATA; BOUNDARY=${boundary}`,
      'multipart/form-data',
      'multipart/form-data; boundary=',
      'multipart/form-data; boundary=""',
      `multipart/form-data; boundary=${'b'.repeat(200)}`,
      `multipart/form-data; boundary=other`,
      `multipart/form-data; boundary*=utf-8''${boundary}`,
      `multipart/mixed; boundary=${boundary}`,
      'application/json',
      'application/x-www-form-urlencoded',
      'multipart/form-data, text/plain',
      '',
    ),
    `multipart/form-data; boundary=${boundary}`,
  ),
  ending: rarely(
    constantFrom('', '--', `--${boundary}`, `--${boundary}--`, `--${boundary}--\r\nepilogue`, `--${boundary}-`),
    `--${boundary}--\r\n`,
  ),
  preamble: rarely(constantFrom('preamble\r\n', '\r\n', `--${boundary}--\r\n`), ''),
  newline: rarely(constantFrom('\n', '\r', '\r\n\r\n'), '\r\n'),
  framing: rarely(
    constantFrom('chunked' as const, 'chunked' as const, 'short' as const, 'long' as const, 'none' as const),
    'length',
  ),
  edits: rarely(array(byteEdit, { minLength: 1, maxLength: 2 }), []),
})

function parameter(key: string, value: string, style: Style): string {
  const extended = `; ${key}*=UTF-8''${encodeURIComponent(value)}`
  switch (style) {
    case 'quoted':
      return `; ${key}="${value}"`
    case 'token':
      return `; ${key}=${value}`
    case 'extended':
      return extended
    case 'both':
      return `; ${key}="other"${extended}`
    case 'twice':
      return `; ${key}="${value}"; ${key}="second"`
    case 'cased':
      return `;${key.toUpperCase()} = "${value}"`
    case 'none':
      return ''
    default:
      return style satisfies never
  }
}

function partBytes({ name, named, body, filename, filed, more }: PartBuild, newline: string): Buffer {
  const file = filename === undefined ? '' : parameter('filename', filename, filed)
  const lines = [
    `--${boundary}`,
    `Content-Disposition: form-data${parameter('name', name, named)}${file}`,
    ...more,
    '',
    '',
  ]
  const bytes = typeof body === 'number' ? (files[body]?.bytes ?? Buffer.alloc(0)) : Buffer.from(body)
  return Buffer.concat([Buffer.from(lines.join(newline)), bytes, Buffer.from(newline)])
}

/** The request as it is sent, and whether the server has all of it. */
export function formRequest({ path, parts, type, ending, preamble, newline, framing, edits }: FormBuild): {
  readonly bytes: Buffer
  readonly whole: boolean
} {
  const pieces = parts.map((part) => partBytes(part, newline))
  const form = edited(
    Buffer.concat([Buffer.from(preamble), ...pieces, Buffer.from(ending)]),
    edits,
    files.map(({ bytes }) => bytes),
  )
  const head = [`POST ${path} HTTP/1.1`, 'Host: 127.0.0.1', ...(type === '' ? [] : [`Content-Type: ${type}`])]
  const send = (line: string, body: Buffer) =>
    Buffer.concat([Buffer.from(`${[...head, line].join('\r\n')}\r\n\r\n`), body])
  switch (framing) {
    case 'length':
      return { bytes: send(`Content-Length: ${form.length}`, form), whole: true }
    case 'chunked': {
      const chunk = Buffer.concat([Buffer.from(`${form.length.toString(16)}\r\n`), form, Buffer.from('\r\n0\r\n\r\n')])
      return {
        bytes: send('Transfer-Encoding: chunked', form.length === 0 ? Buffer.from('0\r\n\r\n') : chunk),
        whole: true,
      }
    }
    case 'short':
      return { bytes: send(`Content-Length: ${Math.floor(form.length / 2)}`, form), whole: true }
    case 'long':
      return { bytes: send(`Content-Length: ${form.length + 10}`, form), whole: false }
    case 'none':
      return { bytes: send('X-None: none', Buffer.alloc(0)), whole: true }
    default:
      return framing satisfies never
  }
}

/** Whether the form may be accepted at all: nothing in what its digests say is wrong. `undefined`: it is damaged, who knows. */
export function mayBeAccepted({ parts, edits, newline, preamble, type }: FormBuild): boolean | undefined {
  if (edits.length > 0 || newline !== '\r\n' || preamble !== '' || type.includes('other')) return undefined
  if (parts.some(({ more, named, filed }) => more.length > 1 || named !== 'quoted' || filed !== 'quoted'))
    return undefined
  // A part of this type is a file, whatever it lacks.
  if (
    parts.some(
      ({ filename, more }) => filename === undefined && more.includes('Content-Type: application/octet-stream'),
    )
  )
    return undefined
  const file = parts.find(({ name, filename }) => name === 'content' && filename !== undefined)
  const built = typeof file?.body === 'number' ? files[file.body] : undefined
  if (!built) return false
  const stated = (name: string) => parts.find((part) => part.name === name && part.filename === undefined)?.body
  const holds = (name: string, expected: string) => {
    const value = stated(name)
    return (
      value === undefined ||
      value === '' ||
      value === 'UNKNOWN' ||
      (typeof value === 'string' && value.trim().toLowerCase() === expected)
    )
  }
  return holds('sha256_digest', digest('sha256', built)) && holds('md5_digest', digest('md5', built))
}
