import { assert, jsonValue, property } from 'fast-check'
import { expect, it } from 'vitest'
import { canonicalJson, type Json } from '../../pool/canonical-json.ts'

it('prints the example of RFC 8785, 3.2.2', () => {
  const value = {
    numbers: [JSON.parse('333333333.33333329') as number, 1e30, 4.5, 2e-3, 0.000000000000000000000000001],
    string: '\u20ac$\u000F\u000aA\'\u0042\u0022\u005c\\"/',
    literals: [null, true, false],
  }
  expect(canonicalJson(value)).toBe(
    '{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],"string":"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/"}',
  )
})

it('sorts keys by UTF-16 code units, as RFC 8785, 3.2.3 shows', () => {
  const value = { '\u20ac': 1, '\r': 2, '\ufb33': 3, '1': 4, '\u{1f600}': 5, '\u0080': 6, '\u00f6': 7 }
  const values = [...canonicalJson(value).matchAll(/:(\d)/g)].map((match) => match[1])
  expect(values).toEqual(['2', '4', '6', '7', '1', '5', '3'])
})

it('is the same for the same value, and reads back as it', () => {
  assert(
    property(jsonValue(), (value) => {
      const text = canonicalJson(value as Json)
      expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(value)))
      expect(canonicalJson(JSON.parse(text) as Json)).toBe(text)
    }),
  )
})

it('refuses what JSON cannot hold', () => {
  expect(() => canonicalJson([Number.NaN])).toThrow(TypeError)
})
