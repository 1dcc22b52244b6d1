import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { evaluateMarker, parseMarker, printMarker, type Marker, type MarkerEnvironment } from '../../pool/marker.ts'

const linux: MarkerEnvironment = {
  implementation_name: 'cpython',
  implementation_version: '3.11.7',
  os_name: 'posix',
  platform_machine: 'x86_64',
  platform_python_implementation: 'CPython',
  platform_release: '6.1.0-13-amd64',
  platform_system: 'Linux',
  platform_version: '#1 SMP',
  python_full_version: '3.11.7',
  python_version: '3.11',
  sys_platform: 'linux',
}

describe('parseMarker', () => {
  it('groups by "or", then by "and"', () => {
    const posix = { left: { variable: 'os_name' }, operator: '==', right: { value: 'posix' } }
    const docs = { left: { variable: 'extra' }, operator: '==', right: { value: 'docs-a' } }
    const old = { left: { value: '3.9' }, operator: '>', right: { variable: 'python_version' } }
    expect(parseMarker(`os.name=='posix' and extra == "Docs_A" or "3.9" > python_version`)).toEqual({
      anyOf: [[posix, docs], [old]],
    })
  })

  it.each([
    [`os.name=='posix'`, `os_name == "posix"`],
    [`python_implementation == "PyPy"`, `platform_python_implementation == "PyPy"`],
    [`platform.python_implementation == "PyPy"`, `platform_python_implementation == "PyPy"`],
    [`(os_name == "a")`, `os_name == "a"`],
    [`((os_name == "a" or os_name == "b"))`, `os_name == "a" or os_name == "b"`],
    [`((os_name=="a" or os_name=="b")) and os_name=="c"`, `(os_name == "a" or os_name == "b") and os_name == "c"`],
    [`(os_name=="a" and os_name=="b") or os_name=="c"`, `(os_name == "a" and os_name == "b") or os_name == "c"`],
    [`'lin'not \tin sys_platform`, `"lin" not in sys_platform`],
    [`os_name == 'it"s'`, `os_name == 'it"s'`],
    [`extra == "Foo.Bar_baz"`, `extra == "foo-bar-baz"`],
    [
      `"Foo_Bar" in extras and "Dev" not in dependency_groups`,
      `"foo-bar" in extras and "dev" not in dependency_groups`,
    ],
    [String.raw`os_name == "\x41\102\u0043\U00000044\t\q"`, `os_name == "ABCD\t\\q"`],
    [String.raw`os_name == "a\\b"`, String.raw`os_name == "a\x5cb"`],
    [String.raw`os_name == "\n"`, String.raw`os_name == "\x0a"`],
    [String.raw`os_name == "'\x22"`, String.raw`os_name == "'\x22"`],
  ])('prints %j as %j', (text, printed) => {
    expect(printMarker(parseMarker(text))).toBe(printed)
  })

  it.each([
    ['', 'expected a marker variable or text in quotes, but the text ends'],
    ['os_name', 'expected one of <=, <, !=, ==, >=, >, ~=, ===, in, not in, but the text ends'],
    ['os_name = "a"', 'expected one of <=, <, !=, ==, >=, >, ~=, ===, in, not in, but found "= \\"a\\""'],
    ['os_name == posix', 'expected a marker variable or text in quotes, but found "posix"'],
    ['os_name == "a" and', 'expected a marker variable or text in quotes, but the text ends'],
    ['(os_name == "a"', 'expected ")" after the marker, but the text ends'],
    ['os_name == "a" os_name == "b"', 'expected "and", "or" or the end of the marker, but found "os_name == \\"b\\""'],
    ['os_names == "a"', 'expected a marker variable or text in quotes, but found "os_names == \\"a\\""'],
    ['os_name == "\n"', '"\n" is no text that Python can read'],
    [String.raw`os_name == "\x4"`, String.raw`"\x4" is no text that Python can read`],
    [String.raw`os_name == "\U00110000"`, String.raw`"\U00110000" is no text that Python can read`],
    [`${'('.repeat(5000)}os_name`, 'the marker has more than 100 nested parentheses'],
  ])('refuses %j', (text, detail) => {
    expect(() => parseMarker(text)).toThrow(
      expect.objectContaining({ code: 'requirement-invalid', facts: { text }, detail }),
    )
  })
})

function ask(text: string, changes: Partial<MarkerEnvironment> = {}): boolean {
  return evaluateMarker(parseMarker(text), { ...linux, ...changes })
}

describe('evaluateMarker', () => {
  it.each([
    ['python_version >= "3.9"', true],
    ['python_version < "3.9"', false],
    ['"3.9" <= python_version', true],
    ['python_version == "3.*"', true],
    ['python_version in "3.10 3.11"', true],
    ['python_version not in "2.7, 3.9"', true],
    ['python_full_version ~= "3.11.2"', true],
    ['python_full_version === "3.11.7"', true],
    ['python_version < "three"', false],
    ['platform_release >= "5"', false],
    ['platform_release >= "6.1.0-13-amd64"', true],
    ['sys_platform == "linux" and os_name != "nt"', true],
    ['sys_platform == "win32" or os_name == "posix"', true],
    ['os_name == "a" and os_name == "b" or os_name == "posix"', true],
    ['os_name == "posix" and (os_name == "a" or os_name == "b")', false],
    ['sys_platform >= "linux"', true],
    ['sys_platform > "a"', false],
    ['"lin" in sys_platform', true],
    ['os_name == sys_platform', false],
    ['"posix" == "os_name"', true],
    ['extra == "test"', false],
    ['extra == ""', true],
  ])('%s is %s', (text, expected) => {
    expect(ask(text)).toBe(expected)
  })

  it('compares the names of extras and groups in normal form', () => {
    expect(ask('extra == "Foo.Bar"', { extra: 'foo_bar' })).toBe(true)
    expect(ask('"Foo.Bar" in extras', { extras: new Set(['FOO-bar']) })).toBe(true)
    expect(ask('"dev" in dependency_groups', { dependency_groups: new Set(['Dev', 'test']) })).toBe(true)
    expect(ask('"docs" not in extras', { extras: new Set() })).toBe(true)
  })

  it('holds for several extras if it does for one of them, as in pip', () => {
    const extra = new Set(['docs', 'test'])
    const texts = ['extra == "test"', 'extra == "other"', 'extra == "docs" and extra == "test"', 'extra == ""']
    expect(texts.map((text) => ask(text, { extra }))).toEqual([true, false, false, false])
    expect(texts.map((text) => ask(text, { extra: new Set() }))).toEqual([false, false, false, true])
  })

  it('takes the version of an untagged build of Python', () => {
    expect(ask('python_full_version >= "3.13.0a1"', { python_full_version: '3.13.0a1+' })).toBe(true)
  })

  it.each([
    ['os_name ~= "posix"', '~= compares versions only'],
    ['os_name == "posix" or sys_platform === "a"', '=== compares versions only'],
    ['"a" in extras', 'there is no variable extras here'],
    ['"a" == "b"', 'there is no variable b here'],
    ['"a" == "toString"', 'there is no variable toString here'],
  ])('cannot decide %s', (text, reason) => {
    expect(() => ask(text)).toThrow(
      expect.objectContaining({ code: 'requirement-invalid', detail: expect.stringContaining(reason) }),
    )
  })

  it('takes sets on the right of "in" only', () => {
    expect(() => ask('extras == "a"', { extras: new Set(['a']) })).toThrow('extras can only stand after "in"')
  })
})

const comparison: fc.Arbitrary<Marker> = fc.record({
  left: fc.record({ variable: fc.constantFrom('os_name', 'python_version', 'sys_platform') }),
  operator: fc.constantFrom('==', '!=', '<', '>=', 'in', 'not in'),
  right: fc.record({
    value: fc.string({ unit: fc.constantFrom(...Array.from('3.9ab\'"\\\n\r\0\txn0é*')), maxLength: 6 }),
  }),
})
const { marker } = fc.letrec<{ marker: Marker }>((tie) => ({
  marker: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    comparison,
    fc
      .array(fc.array(tie('marker'), { minLength: 1, maxLength: 3 }), { minLength: 2, maxLength: 3 })
      .map((anyOf) => ({ anyOf })),
  ),
}))

describe('for every marker', () => {
  it('reads back what it prints', () => {
    fc.assert(
      fc.property(marker, (given) => {
        expect(parseMarker(printMarker(given))).toEqual(given)
      }),
    )
  })

  it('holds under "or" if either does, under "and" if both do', () => {
    fc.assert(
      fc.property(marker, marker, (a, b) => {
        const [left, right] = [evaluateMarker(a, linux), evaluateMarker(b, linux)]
        expect(evaluateMarker({ anyOf: [[a], [b]] }, linux)).toBe(left || right)
        expect(evaluateMarker({ anyOf: [[a, b]] }, linux)).toBe(left && right)
      }),
    )
  })
})
