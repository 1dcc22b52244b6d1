import { describe, expect, it } from 'vitest'
import type { ErrorCode } from '../../pool/errors.ts'
import { parseMetadata } from '../../pool/metadata.ts'

const parse = (text: string) => parseMetadata(new TextEncoder().encode(text))

describe('parseMetadata', () => {
  it('reads metadata of today', () => {
    const text = [
      'Metadata-Version: 2.4',
      'Name: zope.interface',
      'Version: 8.0.1',
      'Requires-Python: >=3.9',
      'Classifier: A',
      'Classifier: B',
      '',
      'Name: not a field, but the description',
    ].join('\n')
    expect(parse(text)).toEqual({
      project: 'zope-interface',
      name: 'zope.interface',
      version: '8.0.1',
      requiresPython: '>=3.9',
    })
  })

  it('reads PKG-INFO of 2008: CRLF, Latin-1, continued lines, UNKNOWN', () => {
    const text =
      'Metadata-Version: 1.0\r\nName: WebOb\r\nVersion: 0.9.8.0-osi1\r\nAuthor: Andr\u00e9\r\nRequires-Python: UNKNOWN\r\nDescription: one\r\n        Name: two\r\n'
    expect(parseMetadata(Buffer.from(text, 'latin1'))).toEqual({
      project: 'webob',
      name: 'WebOb',
      version: '0.9.8.0-osi1',
      requiresPython: undefined,
    })
  })

  it('passes over a line whose field has no name, as Python does', () => {
    expect(parse(': x\nName: app\nVersion: 1.0\n')).toMatchObject({ name: 'app', version: '1.0' })
  })

  const refused: readonly [string, ErrorCode][] = [
    ['', 'metadata-invalid'],
    ['Version: 1.0\n', 'metadata-invalid'],
    ['Name: app\n', 'metadata-invalid'],
    ['Name: UNKNOWN\nVersion: 1.0\n', 'metadata-invalid'],
    ['Name: app\nName: other\nVersion: 1.0\n', 'metadata-invalid'],
    ['Name: app\nVersion: 1.0\nVersion: 2.0\n', 'metadata-invalid'],
    ['Name: <script>\nVersion: 1.0\n', 'name-invalid'],
    ['Name: app\nVersion: 1.0/../2\n', 'version-invalid'],
    ['Name: app\nVersion: 1.0"onload=\n', 'version-invalid'],
    [`Name: app\nVersion: 1.0\nRequires-Python: ${'>=3,'.repeat(200)}\n`, 'metadata-invalid'],
    ['\u0000\u0001\u0002', 'metadata-invalid'],
    ['Name : app\nVersion: 1.0\n', 'metadata-invalid'],
    ['\uFEFFName: app\nVersion: 1.0\n', 'metadata-invalid'],
    ['Name: app\nno field\nVersion: 1.0\n', 'metadata-invalid'],
  ]
  it.each(refused)('refuses %j', (text, code) => {
    expect(() => parse(text)).toThrow(expect.objectContaining({ code }) as Error)
  })
})
