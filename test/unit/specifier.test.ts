import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  contains,
  parseSpecifier,
  parseSpecifierSet,
  printSpecifierSet,
  type SpecifierSet,
} from '../../pool/specifier.ts'
import { parseVersion } from '../../pool/version.ts'

function read(text: string): SpecifierSet {
  const set = parseSpecifierSet(text)
  if (!set) throw new Error(`${text} should be a specifier set`)
  return set
}

describe('parseSpecifierSet', () => {
  it.each([
    ['', ''],
    [' , ', ''],
    ['>=1.0,!=1.0.1', '!=1.0.1,>=1.0'],
    [',==1.0', '==1.0'],
    ['==1.0,', '==1.0'],
    ['>= 1.0 , < 2', '<2,>=1.0'],
    ['==v1.0', '==v1.0'],
    ['>=1.0.0,>=1.0', '>=1.0'],
    ['~=1.0,~=1.0.0', '~=1.0,~=1.0.0'],
    ['==1.0.*,==1.*', '==1.*,==1.0.*'],
    ['===2004d', '===2004d'],
    ['===', '==='],
    ['==1.0+abc', '==1.0+abc'],
    ['>=1.0a-', '>=1.0a-'],
  ])('prints %j as %j', (text, canonical) => {
    expect(printSpecifierSet(read(text))).toBe(canonical)
  })

  it.each([
    ...'1.0 =1.0 > >= >=1.0.* ~=1 ~=1.0.* ~=1.0+abc >=1.0+abc <1.0+a ==1.0a1.* ==1.0.post1.* ==1.0.dev1.*'.split(' '),
    ...'==1.0+abc.* !=* <foo ===a;b ===a) ===a,b >=1.0; =>1'.split(' '),
    '==1.0 .*',
    '>=1.0 <2',
    '===a b',
    '== =1.0',
    '>=1.0\uFEFF',
  ])('refuses %j', (text) => {
    expect(parseSpecifierSet(text)).toBeUndefined()
  })

  it('keeps the version as written beside what it compares with', () => {
    expect(parseSpecifier(' ==  v1.0.* ')).toEqual({ operator: '==', version: 'v1.0.*', bound: parseVersion('1.0') })
    expect(parseSpecifier('===1.0')).toEqual({ operator: '===', version: '1.0', bound: undefined })
  })
})

describe('contains', () => {
  it.each([
    ['>=1.0', ['1.0', '1.0.0', '1.0+abc', '1.0.post1', '1!0'], ['1.0a1', '0.9', '1.0.dev1']],
    ['<=1.0', ['1.0', '1.0+abc', '1.0a1', '0!1'], ['1.0.post1', '1.0.1', '1!0']],
    ['==1.0', ['1', '1.0.0', '1.0+abc', 'v1.0'], ['1.0.post1', '1.0a1', '1.0.1']],
    ['==1.0+abc', ['1.0+ABC', '1+abc'], ['1.0', '1.0+abc.1']],
    ['!=1.0', ['1.0.post1', '1.0a1'], ['1.0', '1.0+abc', '1']],
    ['!=1.0+abc', ['1.0', '1.0+abd'], ['1.0+abc']],
    ['==1.0.*', ['1', '1.0', '1.0.5', '1.RC', '1.0.dev1', '1.0.post1', '1.0+abc'], ['1.1', '1.1.dev1', '0.9', '1!1.0']],
    ['!=1.0.*', ['1.1', '1!1.0'], ['1', '1.0.9', '1.0a1']],
    ['==1!1.*', ['1!1.5'], ['1.5']],
    ['~=1.4', ['1.4', '1.9', '1.4.post1', '1.4+abc'], ['1.4a1', '2.0', '2.0a1', '1.3']],
    ['~=1.4.5a4', ['1.4.5a4', '1.4.5', '1.4.9'], ['1.4.5a3', '1.5']],
    ['~=2.2.0', ['2.2.9'], ['2.3']],
    ['>1.0', ['1.0.1', '1.1.dev1', '1!1.0', '1!0'], ['1.0', '1.0.post1', '1.0+abc', '1.0.0.post1', '1.0.post1.dev1']],
    ['>1.0.post1', ['1.0.post2', '1.0.post2.dev0', '1.0.1'], ['1.0.post1', '1.0.post1+abc']],
    ['>1.0a1', ['1.0a2', '1.0b2.post345', '1.0'], ['1.0a1', '1.0a1.post1', '1.0a1+abc']],
    ['>1.0.dev1', ['1.0.dev2', '1.0a1', '1.0'], ['1.0.dev1', '1.0.dev1+abc']],
    ['<1.0', ['0.9', '0.9.post1'], ['1.0', '1.0a1', '1.0.dev0', '1.0.0rc1']],
    ['<1.0a2', ['1.0a1', '1.0.dev1'], ['1.0a2']],
    ['<1!1.0', ['1.0a1', '99'], ['1!1.0a1', '1!1.0']],
    ['<1.0.post1', ['1.0', '1.0a1', '1.0.post0', '1.0.dev0'], ['1.0.post1', '1.0.post1.dev0']],
    ['<0', [], ['0', '0.dev0', '0a1']],
    ['>9007199254740992.1', ['9007199254740993.1'], ['9007199254740992.1']],
    ['===1.0', ['1.0'], ['1.0.0', 'v1.0', ' 1.0', '1.0+abc']],
    ['===1.0-RC1', ['1.0-rc1'], ['1.0rc1']],
    ['===2004d', ['2004d', '2004D'], ['2004', ' 2004d']],
    ['===', [''], ['1.0']],
    ['>=1.0,<2,!=1.5', ['1.4', '1.6'], ['1.5', '2.0', '0.9']],
    ['', ['1.0', '1.0a1', '2004d'], []],
    ['>=0', [], ['2004d', '1.0-SNAPSHOT', '']],
  ])('%s', (text, inside, outside) => {
    const set = read(text)
    expect(inside.filter((version) => !contains(set, version))).toEqual([])
    expect(outside.filter((version) => contains(set, version))).toEqual([])
  })

  it('admits a lone pre-release unless told not to', () => {
    const set = read('>=1.0')
    const answers = [undefined, true, false].map((prereleases) => contains(set, '1.1a1', { prereleases }))
    expect(answers).toEqual([true, true, false])
    expect(contains(read('>=1.1a1'), '1.1a1', { prereleases: false })).toBe(false)
    expect(contains(read('===1.1a1'), '1.1a1', { prereleases: false })).toBe(false)
    expect(contains(read(''), '2004d', { prereleases: false })).toBe(true)
  })

  it('takes a parsed version by its normal form', () => {
    const version = parseVersion('1.0-RC1') ?? ''
    expect([contains(read('===1.0rc1'), version), contains(read('===1.0-RC1'), version)]).toEqual([true, false])
  })
})

const bound = fc.stringMatching(/^v?(1!)?[0-2](\.[0-2]){1,2}(a1|\.post1|\.dev2)?$/)
const clause = fc.oneof(
  fc.tuple(fc.constantFrom('>=', '<=', '>', '<', '~=', '==', '!=', '==='), bound).map((parts) => parts.join('')),
  fc.stringMatching(/^(==|!=)[0-2](\.[0-2])?(\.\*|\+abc)$/),
)
const clauses = fc.array(clause, { maxLength: 4 })

describe('for every set', () => {
  it('reads back what it prints', () => {
    fc.assert(
      fc.property(clauses, (parts) => {
        const set = read(parts.join(','))
        expect(parseSpecifierSet(printSpecifierSet(set))).toEqual(set)
      }),
    )
  })

  it('does not depend on the order of its parts', () => {
    fc.assert(
      fc.property(clauses, (parts) => {
        expect(read(parts.toReversed().join(','))).toEqual(read(parts.join(',')))
      }),
    )
  })

  it('contains what each of its parts contains', () => {
    fc.assert(
      fc.property(clauses, bound, (parts, version) => {
        const each = parts.every((part) => contains(read(part), version))
        expect(contains(read(parts.join(',')), version)).toBe(each)
      }),
    )
  })

  it('has opposites: == and !=', () => {
    const text = fc.stringMatching(/^[0-2](\.[0-2])?(\.\*|\+abc|rc1)?$/)
    fc.assert(
      fc.property(text, bound, (given, version) => {
        expect(contains(read(`!=${given}`), version)).toBe(!contains(read(`==${given}`), version))
      }),
    )
  })
})
