import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseMarker } from '../../pool/marker.ts'
import { parseRequirement, printRequirement } from '../../pool/requirement.ts'
import { parseSpecifierSet } from '../../pool/specifier.ts'

describe('parseRequirement', () => {
  it('reads every part', () => {
    expect(parseRequirement(' Zope.Interface [test, docs,test] >=5,!=5.1 ; python_version < "3.9" ')).toEqual({
      name: 'Zope.Interface',
      extras: ['docs', 'test'],
      specifier: parseSpecifierSet('>=5,!=5.1'),
      marker: parseMarker('python_version < "3.9"'),
    })
  })

  it('reads a direct reference', () => {
    expect(parseRequirement('a[b] @ https://x.org/a-1.zip#sha256=0;b ; os_name == "nt"')).toEqual({
      name: 'a',
      extras: ['b'],
      specifier: { specifiers: [] },
      url: 'https://x.org/a-1.zip#sha256=0;b',
      marker: parseMarker('os_name == "nt"'),
    })
  })

  it.each([
    ['name', 'name'],
    ['name_', 'name_'],
    ['name (>=1.0)', 'name>=1.0'],
    ['name ()', 'name'],
    ['name[]', 'name'],
    ['name[B, a] >= 1', 'name[B,a]>=1'],
    ['name>=3,', 'name>=3'],
    ['name>=1.0a-,<2', 'name<2,>=1.0a-'],
    ['name===2004d', 'name===2004d'],
    ['name===a,>=1', 'name===a,>=1'],
    ['name===;os.name=="nt"', 'name===; os_name == "nt"'],
    ['name == 1.0.*', 'name==1.0.*'],
    ['name>=\n1.0', 'name>=1.0'],
    ['name; os.name == "posix"', 'name; os_name == "posix"'],
    ['name; python_implementation=="PyPy"', 'name; platform_python_implementation == "PyPy"'],
    ['name; "X" in extras', 'name; "x" in extras'],
    ['name; "x" in dependency_groups', 'name; "x" in dependency_groups'],
    ['name@file:///a', 'name @ file:///a'],
    ['name @ git+https://x/y@v1 ; os_name=="a"', 'name @ git+https://x/y@v1 ; os_name == "a"'],
    ['name @ file:///a;os_name=="a"', 'name @ file:///a;os_name=="a"'],
  ])('prints %j as %j', (text, printed) => {
    expect(printRequirement(parseRequirement(text))).toBe(printed)
  })

  it.each([
    ['', 'expected a project name at the start, but the text ends'],
    ['é', 'expected a project name at the start, but found "é"'],
    ['-e .', 'expected a project name at the start, but found "-e ."'],
    ['name-', 'expected a version specifier or ";" after the name, but found "-"'],
    ['name=1.0', 'expected a version specifier or ";" after the name, but found "=1.0"'],
    ['name 1.0', 'expected a version specifier or ";" after the name, but found "1.0"'],
    ['name,>=1', 'expected a version specifier or ";" after the name, but found ",>=1"'],
    ['name==', 'expected a version after =='],
    ['name>= ; os_name == "nt"', 'expected a version after >='],
    ['name<foo', 'expected a version after <, but "foo" is none (PEP 440)'],
    ['name>=1.0.*', 'in >=1.0.*, the ".*" can only be used with == or !='],
    ['name==1.0a1.*', 'in ==1.0a1.*, the ".*" cannot follow a pre-, post-, dev or local version'],
    ['name>=1.0+local', 'after >=1.0, a local version ("+…") can only be used with == or !='],
    ['name~=1', '~=1 needs two numbers or more'],
    ['name>=1 <2', 'expected "," before <2'],
    ['name>=1,,<2', 'expected "," or ";" after the version specifiers, but found ",<2"'],
    ['name===a,b', '===a,b is not a list of version specifiers'],
    ['name (>=1', 'expected ")" after the version specifiers, but the text ends'],
    ['name[a b]', 'expected "," or "]" after the extra, but found "b]"'],
    ['name[a,]', 'expected the name of an extra after ",", but found "]"'],
    ['name[,]', 'expected an extra or "]" after "[", but found ",]"'],
    ['name[a', 'expected "," or "]" after the extra, but the text ends'],
    ['name @', 'expected a URL after @, but the text ends'],
    ['name @ file:///a os_name=="nt"', 'expected ";" after the URL, but found "os_name==\\"nt\\""'],
    ['name @ file:///a >=1', 'expected ";" after the URL, but found ">=1"'],
    ['name;', 'expected a marker variable or text in quotes, but the text ends'],
    ['name; foo == "a"', 'expected a marker variable or text in quotes, but found "foo == \\"a\\""'],
    ['name; os_name == "a" >=1', 'expected "and", "or" or the end of the requirement, but found ">=1"'],
    ['name>=1 --hash=sha256:00', 'expected "," or ";" after the version specifiers, but found "--hash=sha256:00"'],
    ['name\n', 'expected a version specifier or ";" after the name, but found "\\n"'],
  ])('refuses %j: %s', (text, detail) => {
    expect(() => parseRequirement(text)).toThrow(
      expect.objectContaining({ code: 'requirement-invalid', facts: { text }, detail }),
    )
  })

  it('hints at ==, the usual slip', () => {
    expect(() => parseRequirement('name=1.0')).toThrow(expect.objectContaining({ hint: 'write == for one version' }))
  })

  it.each([
    '('.repeat(100_000),
    `a${' '.repeat(100_000)}b`,
    `a${'>=1,'.repeat(20_000)}x`,
    `a>=${'1'.repeat(100_000)}x`,
  ])('refuses hostile text at once', (text) => {
    const start = performance.now()
    expect(() => parseRequirement(text)).toThrow(expect.objectContaining({ code: 'requirement-invalid' }))
    expect(performance.now() - start).toBeLessThan(1000)
  })
})

describe('for every requirement', () => {
  const name = fc.stringMatching(/^[A-Za-z0-9]([A-Za-z0-9._-]{0,6}[A-Za-z0-9])?$/)
  const extras = fc.array(name, { maxLength: 3 }).map((names) => (names.length > 0 ? `[${names.join(' , ')}]` : ''))
  const clause = fc.stringMatching(/^(>=|<|!=|==|~=|===) ?1\.[0-9](a1|\.post2)?$/)
  const clauses = fc.array(clause, { maxLength: 3 }).map((parts) => parts.join(' ,'))
  const source = fc.oneof(
    clauses,
    clauses.map((text) => `(${text})`),
    fc.webUrl().map((url) => `@ ${url} `),
  )
  const marker = fc.constantFrom(
    '',
    '; os.name=="nt"',
    ';(extra == "A_b" or "3" in python_version) and os_name != \'"\'',
  )

  it('reads back what it prints', () => {
    fc.assert(
      fc.property(fc.tuple(name, extras, source, marker), (parts) => {
        const requirement = parseRequirement(parts.join(''))
        expect(parseRequirement(printRequirement(requirement))).toEqual(requirement)
      }),
    )
  })

  it('reads or refuses any text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 40 }), (text) => {
        expect(readOrCode(text)).toMatch(/^(read|requirement-invalid)$/)
      }),
    )
  })
})

function readOrCode(text: string): string {
  try {
    parseRequirement(text)
    return 'read'
  } catch (error) {
    return error instanceof Error && 'code' in error ? String(error.code) : String(error)
  }
}
