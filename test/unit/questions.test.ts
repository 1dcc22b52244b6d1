import { describe, expect, it } from 'vitest'
import { tableLines } from '../../cli/table.ts'
import { newerRelease } from '../../pool/newer-release.ts'
import { parseSpecifierSet } from '../../pool/specifier.ts'
import { asksFor, parseUsageQuery, printUsageQuery } from '../../pool/usage-query.ts'

const digest = '0123456789abcdef'.repeat(4)

describe('a question of where something is used', () => {
  it.each([
    ['lxml', 'project', 'lxml'],
    ['  Zope.Interface  ', 'project', 'Zope.Interface'],
    ['lxml<4.9', 'project', 'lxml<4.9'],
    ['lxml >=4, <4.9', 'project', 'lxml<4.9,>=4'],
    ['repoze.bfg===0.9.8.0-osi1', 'project', 'repoze.bfg===0.9.8.0-osi1'],
    ['deadbeef', 'project', 'deadbeef'],
    ['lxml-4.9.tar.gz', 'filename', 'lxml-4.9.tar.gz'],
    ['lxml-4.9-py3-none-any.whl', 'filename', 'lxml-4.9-py3-none-any.whl'],
    [digest, 'sha256', `sha256:${digest}`],
    ['SHA256:0123456789AB', 'sha256', 'sha256:0123456789ab'],
    ['0123456789ab', 'sha256', 'sha256:0123456789ab'],
  ])('%s is about a %s', (text, kind, printed) => {
    const query = parseUsageQuery(text)
    expect([query.kind, printUsageQuery(query)]).toEqual([kind, printed])
  })

  it.each([
    ['', 'request-invalid'],
    ['   ', 'request-invalid'],
    ['x'.repeat(10_000), 'request-invalid'],
    ['sha256:', 'request-invalid'],
    ['sha256:0123456789a', 'request-invalid'],
    [`${digest}0`, 'request-invalid'],
    ['lxml[html]', 'request-invalid'],
    ['lxml ; python_version < "3"', 'request-invalid'],
    ['lxml @ https://example.org/lxml.whl', 'request-invalid'],
    ['..', 'requirement-invalid'],
    ['../../etc/passwd', 'requirement-invalid'],
    ["lxml'; drop table releases; --", 'requirement-invalid'],
    ['.*', 'requirement-invalid'],
    ['%', 'requirement-invalid'],
    ['(a+)+$', 'requirement-invalid'],
    ['../lxml-4.9.tar.gz', 'filename-invalid'],
    ["lxml'-4.9.tar.gz", 'filename-invalid'],
    ['lxml.tar.gz', 'filename-invalid'],
  ])('is refused if it is none: %j', (text, code) => {
    expect(() => parseUsageQuery(text)).toThrow(expect.objectContaining({ code }))
  })

  it.each([
    ['', '0.9.8.0-osi1', 'yes'],
    ['<4.9', '4.8', 'yes'],
    ['<4.9', '4.9', 'no'],
    ['<4.9', '0.9.8.0-osi1', 'unknown'],
    ['===0.9.8.0-osi1', '0.9.8.0-osi1', 'yes'],
    ['===0.9.8.0-osi1', '0.9.8.0-osi2', 'no'],
  ])('%j and version %s: %s', (specifier, version, expected) => {
    expect(asksFor(parseSpecifierSet(specifier) ?? { specifiers: [] }, version)).toBe(expected)
  })
})

describe('a newer release', () => {
  it.each([
    ['3.29', ['3.30', '3.29'], '3.30'],
    ['3.30', ['3.29.1', '3.30', '3.29'], null],
    ['3.9', ['3.10', '3.9'], '3.10'],
    ['3.29', ['3.30rc1', '3.29'], null],
    ['3.30rc1', ['3.30rc2', '3.30rc1'], '3.30rc2'],
    ['3.29', ['nightly', '3.29'], null],
    ['spring', ['autumn', 'spring'], 'autumn'],
    ['autumn', ['autumn', 'spring'], null],
    ['3.29', [], null],
  ])('than %s among %j is %j', (release, releases, expected) => {
    expect(newerRelease(release, releases)).toBe(expected)
  })
})

describe('a table', () => {
  const table = {
    head: ['A', 'LONGER'],
    rows: [
      ['first', 'x'],
      ['2', 'é𝒳 and much more'],
      ['', ''],
    ],
  }

  it('is aligned, without blanks at its ends', () => {
    expect(tableLines(table)).toEqual(['A      LONGER', 'first  x', '2      é𝒳 and much more', ''])
  })

  it('is cut at its widest column to fit a terminal', () => {
    expect(tableLines(table, 18)).toEqual(['A      LONGER', 'first  x', '2      é𝒳 and muc…', ''])
    expect(tableLines(table, 3)).toEqual(['A      LONGER', 'first  x', '2      é𝒳 and …', ''])
  })
})
