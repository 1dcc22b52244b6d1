import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  compareCodePoints,
  compareVersions,
  compareVersionTexts,
  isPrerelease,
  normaliseVersion,
  parseVersion,
  printVersion,
  sameVersion,
  versionKey,
  type Version,
} from '../../pool/version.ts'

function read(text: string): Version {
  const version = parseVersion(text)
  if (!version) throw new Error(`${text} should be a version`)
  return version
}

describe('parseVersion', () => {
  it('reads every part', () => {
    expect(read('1!2.0.3rc4.post5.dev6+Ubuntu-07')).toEqual({
      epoch: 1n,
      release: [2n, 0n, 3n],
      pre: { letter: 'rc', number: 4n },
      post: 5n,
      dev: 6n,
      local: ['ubuntu', 7n],
    })
  })

  it.each([
    ['1.0', '1.0'],
    ['v1.0', '1.0'],
    ['0!1.0', '1.0'],
    ['1!1.0', '1!1.0'],
    ['1.0.0', '1.0.0'],
    ['01.007', '1.7'],
    ['1.0ALPHA', '1.0a0'],
    ['1.0-beta.2', '1.0b2'],
    ['1.0c1', '1.0rc1'],
    ['1.0_pre_1', '1.0rc1'],
    ['1.0-preview1', '1.0rc1'],
    ['1.0-1', '1.0.post1'],
    ['1.0-0', '1.0.post0'],
    ['1.0r4', '1.0.post4'],
    ['1.0rev', '1.0.post0'],
    ['1.0a-', '1.0a0'],
    ['1.0a-.dev1', '1.0a0.dev1'],
    ['1.0.dev', '1.0.dev0'],
    ['1.0+1.abc', '1.0+1.abc'],
    ['1.2+1234.abc', '1.2+1234.abc'],
    ['1.0+Ubuntu_01', '1.0+ubuntu.1'],
    [' 1.0\n', '1.0'],
    ['\u00851.0\u001C', '1.0'],
    ['9007199254740993.1', '9007199254740993.1'],
    ['99999999999999999999', '99999999999999999999'],
  ])('prints %j as %j', (text, normal) => {
    expect(printVersion(read(text))).toBe(normal)
  })

  it.each([
    '',
    ' ',
    '1 .0',
    '1.0\uFEFF',
    '1.0.po\u017Ft1',
    '1'.repeat(4301),
    ...'1. .1 1..2 1.0- 1.0+ 1.0+a..b 1.0+_a 1.0a1a2 1.0.post1.post2 v 1.0.* 1.0_1 ١.٠'.split(' '),
    ...'2004d 0.9.8.0-osi1 1.0-SNAPSHOT dev'.split(' '),
  ])('refuses %j', (text) => {
    expect(parseVersion(text)).toBeUndefined()
  })
})

describe('compareVersions', () => {
  // PEP 440, "Summary of permitted suffixes and relative ordering", and what libraries get wrong.
  const ascending = [
    '0 1.dev0 1.0.dev456 1.0a1 1.0a2.dev456 1.0a12.dev456 1.0a12 1.0b1.dev456 1.0b2 1.0b2.post345.dev456 1.0b2.post345',
    '1.0rc1.dev456 1.0rc1 1.0 1.0+abc.5 1.0+abc.7 1.0+5 1.0+5.0 1.0.post456.dev34 1.0.post456 1.0.1 1.1.dev1 1.10',
    '9007199254740992.1 9007199254740993.1 1!0.1.dev1 1!1.0',
  ].flatMap((line) => line.split(' ').map(read))

  it('orders as PEP 440 lists them', () => {
    expect(ascending.toReversed().toSorted(compareVersions).map(printVersion)).toEqual(ascending.map(printVersion))
    for (const [index, version] of ascending.entries()) {
      expect(ascending.map((other) => compareVersions(version, other))).toEqual(
        ascending.map((_, otherIndex) => Math.sign(index - otherIndex)),
      )
    }
  })

  it.each([
    ['1.0', '1.0.0'],
    ['0', '0.0.0'],
    ['v1.0', '1.0'],
    ['1.0-1', '1.0.post1'],
    ['1.0+a.01', '1.0+A-1'],
  ])('holds %s and %s equal', (a, b) => {
    expect(compareVersions(read(a), read(b))).toBe(0)
  })
})

it.each([
  ['1.0', false],
  ['1.0.post1', false],
  ['1.0+abc', false],
  ['1.0a1', true],
  ['1.0.dev0', true],
  ['1.0.post1.dev2', true],
])('isPrerelease(%s) is %s', (text, expected) => {
  expect(isPrerelease(read(text))).toBe(expected)
})

describe('texts of any age', () => {
  it('normalises versions and only trims legacy text', () => {
    expect([' v1.0-ALPHA ', ' 2004d ', '1.0-SNAPSHOT'].map(normaliseVersion)).toEqual([
      '1.0a0',
      '2004d',
      '1.0-SNAPSHOT',
    ])
  })

  it.each([
    ['1.0', '1.0.0', true],
    ['1.0', 'v1.0', true],
    ['1.0', '1.0+local', false],
    ['2004d', ' 2004d', true],
    ['2004d', '2004D', false],
    ['1.0', '1.0-SNAPSHOT', false],
  ])('sameVersion(%j, %j) is %s', (a, b, expected) => {
    expect(sameVersion(a, b)).toBe(expected)
    expect(versionKey(a) === versionKey(b)).toBe(expected)
  })

  it('sorts versions first, then legacy text, and equal versions by their text', () => {
    const sorted = ['1.0a1', '1.0', '1.0.0', 'v1.0', '1.10', '1!0', '0.9.8.0-osi1', '1.0-SNAPSHOT', '2004d']
    expect(sorted.toReversed().toSorted(compareVersionTexts)).toEqual(sorted)
  })

  it('sorts text by code point, not by UTF-16 unit', () => {
    expect(['\u{1F600}', '\uFF5E', 'b', 'a'].toSorted(compareCodePoints)).toEqual(['a', 'b', '\uFF5E', '\u{1F600}'])
  })
})

const natural = fc.bigInt({ min: 0n, max: 2n ** 60n })
const optional = fc.option(natural, { nil: undefined })
const version: fc.Arbitrary<Version> = fc.record({
  epoch: fc.oneof(fc.constant(0n), natural),
  release: fc.array(natural, { minLength: 1, maxLength: 4 }),
  pre: fc.option(fc.record({ letter: fc.constantFrom('a', 'b', 'rc'), number: natural }), { nil: undefined }),
  post: optional,
  dev: optional,
  local: fc.option(
    fc.array(fc.oneof(natural, fc.stringMatching(/^[a-z][a-z0-9]{0,3}$/)), { minLength: 1, maxLength: 3 }),
    {
      nil: undefined,
    },
  ),
})
const text = fc.oneof(version.map(printVersion), fc.stringMatching(/^[0-2](\.0){0,2}(a1|\.dev0|d|-x)?$/), fc.string())

describe('for every version', () => {
  it('reads back what it prints', () => {
    fc.assert(
      fc.property(version, (given) => {
        expect(parseVersion(printVersion(given))).toEqual(given)
      }),
    )
  })

  it('has one place in the order', () => {
    fc.assert(
      fc.property(text, text, text, (a, b, c) => {
        const [first = '', second = '', third = ''] = [a, b, c].toSorted(compareVersionTexts)
        expect(compareVersionTexts(first, second)).toBeLessThanOrEqual(0)
        expect(compareVersionTexts(second, third)).toBeLessThanOrEqual(0)
        expect(compareVersionTexts(first, third)).toBeLessThanOrEqual(0)
        expect(compareVersionTexts(a, b) + compareVersionTexts(b, a)).toBe(0)
        expect(compareVersionTexts(a, b) === 0).toBe(a === b)
      }),
    )
  })
})
