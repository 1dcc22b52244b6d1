import { describe, expect, it } from 'vitest'
import { errors } from '../../pool/errors.ts'
import { judgeAge, parseYoungException, refusedAsYoung, type Cooldown } from '../../pool/policy/cooldown.ts'
import { parseProjectName } from '../../pool/project-name.ts'
import { readTerms, writeTerms } from '../../pool/resolver-terms.ts'

const day = 24 * 3_600_000
const now = '2026-11-25T12:00:00.000Z'

function cooldown(least: number, more: Partial<Cooldown> = {}): Cooldown {
  return { least, floor: 0, mayPassFloor: false, exceptions: [], ...more }
}

function file(uploadTime: string | null, filename = 'Karl_Utils-3.30.tar.gz') {
  return { project: parseProjectName('karl-utils'), filename, uploadTime }
}

describe('a file of an upstream', () => {
  it.each([
    ['of last year', '2025-11-25T12:00:00Z', 'old-enough'],
    ['that is a week old to the millisecond', '2026-11-18T12:00:00.000Z', 'old-enough'],
    ['that lacks a millisecond', '2026-11-18T12:00:00.001Z', 'too-young'],
    ['with microseconds', '2026-11-18T12:00:00.001999Z', 'too-young'],
    ['in another time zone', '2026-11-18T13:00:00+01:00', 'old-enough'],
    ['of the future', '2027-01-01T00:00:00Z', 'too-young'],
    ['of no time', null, 'too-young'],
    ['of a time that is none', 'last year', 'too-young'],
    ['of an empty time', '', 'too-young'],
  ])('%s', (_, uploaded, verdict) => {
    expect(judgeAge(cooldown(7 * day), file(uploaded), now)).toBe(verdict)
  })

  it('may be of any age, and of none, where nothing is asked', () => {
    for (const uploaded of [null, 'soon', '2027-01-01T00:00:00Z'])
      expect(judgeAge(cooldown(0), file(uploaded), now)).toBe('old-enough')
  })
})

describe('an exception', () => {
  it.each([
    ['karl-utils', true],
    ['KARL.utils', true],
    ['karl_utils==3.30', true],
    ['karl-utils == 3.30.0', true],
    ['karl-utils==3.31', false],
    ['karl', false],
  ])('for %s', (text, lets) => {
    const rule = cooldown(7 * day, { exceptions: [parseYoungException(text)] })
    const verdict = judgeAge(rule, file('2026-11-23T10:00:00Z'), now)
    expect(verdict).toEqual(lets ? { exception: text, age: '50 hours' } : 'too-young')
    expect(judgeAge(rule, file('2020-01-01T00:00:00Z'), now)).toBe('old-enough')
    expect(judgeAge(rule, file(null), now)).toEqual(lets ? { exception: text, age: null } : 'too-young')
  })

  it.each([
    ['', 'name-invalid'],
    ['no name', 'name-invalid'],
    ['karl>=3', 'name-invalid'],
    ['karl==', 'version-invalid'],
    ['karl==3.*', 'version-invalid'],
    ['karl==3==4', 'version-invalid'],
  ])('for %j is none', (text, code) => {
    expect(() => parseYoungException(text)).toThrow(expect.objectContaining({ code }))
  })

  it("passes the server's own bound for those alone who administer it", () => {
    const exceptions = [parseYoungException('karl-utils')]
    const of = (least: number, floor: number, mayPassFloor: boolean) =>
      judgeAge({ least, floor, mayPassFloor, exceptions }, file('2026-11-23T10:00:00Z'), now)
    const excepted = { exception: 'karl-utils', age: '50 hours' }
    expect([of(0, 7 * day, false), of(7 * day, 7 * day, false), of(0, 7 * day, true)]).toEqual([
      'too-young',
      'too-young',
      excepted,
    ])
    // Old enough for the server, not for who asks: his own rule, his own exception.
    expect(of(7 * day, day, false)).toEqual(excepted)
  })
})

describe('what is said of a young file', () => {
  it.each([
    [
      '2026-11-23T10:00:00Z',
      'Karl_Utils-3.30.tar.gz is 50 hours old, and old enough at 2026-11-30T10:00:00.000Z; what lets it in before: --allow-young karl-utils',
    ],
    [
      '+275760-09-13T00:00:00.000Z',
      'Karl_Utils-3.30.tar.gz is 0 hours old, and old enough at +275760-09-13T00:00:00.000Z; what lets it in before: --allow-young karl-utils',
    ],
    [
      null,
      'the upstream does not say when Karl_Utils-3.30.tar.gz was uploaded, and it must be 7 days old; what lets it in before: --allow-young karl-utils',
    ],
  ])('of %s', (uploaded, detail) => {
    const error = refusedAsYoung(cooldown(7 * day), file(uploaded), now)
    expect([error.code, errors[error.code].exit, error.detail]).toEqual(['file-young', 65, detail])
  })

  it('tells who has named it that it takes more', () => {
    const rule = cooldown(0, { floor: 7 * day, exceptions: [parseYoungException('karl-utils')] })
    expect(refusedAsYoung(rule, file('2026-11-24T00:00:00Z'), now).detail).toBe(
      'Karl_Utils-3.30.tar.gz is 36 hours old, and old enough at 2026-12-01T00:00:00.000Z; what lets it in before: a token with the scope admin',
    )
  })
})

describe('the terms of a resolver', () => {
  const none = { indexes: [], fromUpstream: [], minAge: undefined, allowYoung: [] }

  it.each([
    none,
    { ...none, indexes: ['https://a.example/simple/', 'http://b.example/?x=1'] },
    { ...none, fromUpstream: ['karl'], minAge: '7d', allowYoung: ['karl==3.30', 'zope'] },
    { indexes: ['https://a.example/simple/'], fromUpstream: ['karl', 'zope'], minAge: '36h', allowYoung: ['karl'] },
  ])('are read as they were written: %j', (terms) => {
    const segment = writeTerms(terms)
    expect([readTerms(segment), encodeURIComponent(segment)]).toEqual([terms, segment])
  })

  it('are an index where they are of no known kind', () => {
    expect(readTerms(Buffer.from('min-ages 7d\nx').toString('base64url'))).toEqual({
      ...none,
      indexes: ['min-ages 7d', 'x'],
    })
  })
})
