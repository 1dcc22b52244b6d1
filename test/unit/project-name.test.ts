import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isRegistryError } from '../../pool/errors.ts'
import { isProjectName, normaliseName, parseProjectName } from '../../pool/project-name.ts'

describe('parseProjectName', () => {
  it.each([
    ['requests', 'requests'],
    ['Zope.Interface', 'zope-interface'],
    ['zope_interface', 'zope-interface'],
    ['a-._b', 'a-b'],
    ['A', 'a'],
    ['3to2', '3to2'],
    ['x'.repeat(200), 'x'.repeat(200)],
  ])('normalises %s', (text, name) => {
    expect(parseProjectName(text)).toBe(name)
  })

  it.each([
    ['', 'give a name, such as zope.interface'],
    [' requests', 'remove the white space around the name'],
    ['requests\n', 'remove the white space around the name'],
    ['_private', 'begin and end the name with an ASCII letter or a digit'],
    ['foo-', 'begin and end the name with an ASCII letter or a digit'],
    ['..', 'begin and end the name with an ASCII letter or a digit'],
    ['füü', 'use only ASCII letters, digits, ".", "_" and "-"'],
    ['\u212Aelvin', 'use only ASCII letters, digits, ".", "_" and "-"'],
    ['a/b', 'use only ASCII letters, digits, ".", "_" and "-"'],
    ['foo bar', 'use only ASCII letters, digits, ".", "_" and "-"'],
    ['x'.repeat(201), 'use at most 200 characters; this has 201'],
  ])('refuses %j and says why', (text, hint) => {
    expect(isProjectName(text)).toBe(false)
    expect(() => parseProjectName(text)).toThrow(
      expect.objectContaining({ code: 'name-invalid', facts: { name: text }, hint }),
    )
  })
})

const valid = fc.stringMatching(/^[A-Za-z0-9]([A-Za-z0-9._-]{0,20}[A-Za-z0-9])?$/)

function accepts(text: string): boolean {
  try {
    parseProjectName(text)
    return true
  } catch (error) {
    return !isRegistryError(error, 'name-invalid')
  }
}

describe('for every name', () => {
  it('has one normal form, itself a name', () => {
    fc.assert(
      fc.property(valid, (text) => {
        const name = parseProjectName(text)
        expect(name).toMatch(/^[a-z0-9]+(-[a-z0-9]+)*$/)
        expect(parseProjectName(name)).toBe(name)
        expect(normaliseName(text)).toBe(name)
      }),
    )
  })

  it('tells names from other text as parseProjectName does', () => {
    fc.assert(
      fc.property(fc.oneof(valid, fc.string(), fc.string({ unit: 'binary' })), (text) => {
        expect(accepts(text)).toBe(isProjectName(text))
      }),
    )
  })
})
