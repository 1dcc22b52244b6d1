import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { array, assert, constantFrom, nat, oneof, property, record, string } from 'fast-check'
import { describe, expect, it } from 'vitest'
import { includesOf } from '../../pool/pins/includes.ts'
import type { Source } from '../../pool/pins/pin.ts'
import { looseProblem, readPins } from '../../pool/pins/read-pins.ts'
import { parseTarget } from '../../pool/target.ts'
import { root } from '../support/server.ts'

const targets = ['cp310-manylinux_x86_64', 'cp313-win_amd64'].map(parseTarget)

/** All that is wrong, as `FILE:LINE: MESSAGE`. */
function problemsOf(...sources: readonly Source[]): readonly string[] {
  const { problems, loose } = readPins(sources, targets)
  return [...problems, ...loose.map(looseProblem)].map(
    ({ place, message }) => `${place ? `${place.source}:${place.line}: ` : ''}${message}`,
  )
}

describe('a broken source', () => {
  const long = 10_000_000
  it.each<[string, string, string, string]>([
    ['a.txt', 'a line of 10 MB', `six==1.0\n${'x'.repeat(long)}`, 'a.txt:2: a line has 10000 characters at most'],
    ['a.txt', 'lines without end', 'six==1.0\n'.repeat(100_001), 'a.txt:100001: a pin list has 100000 lines at most'],
    ['a.lock', 'a text without end', ' '.repeat(17_000_000), 'a.lock:1: a pin list has 16000000 characters at most'],
    ['a.txt', 'NUL', 'six==1.0\n\0', 'a.txt:2: there is a NUL character in it: it is no text'],
    [
      'a.txt',
      'a variable',
      'six==${VERSION}',
      'a.txt:1: "six==${VERSION}" has ${VERSION} in it: what stands in the environment is not read',
    ],
    [
      'uv.lock',
      'no TOML',
      'version = 1\nversion = 2',
      'uv.lock:2: it is no TOML: trying to redefine an already defined table or value',
    ],
    [
      'uv.lock',
      'nesting',
      `a = ${'['.repeat(5000)}`,
      'uv.lock:1: it is no TOML: document contains excessively nested structures. aborting.',
    ],
    ['uv.lock', 'another version', 'version = 99', 'uv.lock:1: this lock is of version 99: only 1 is known'],
    [
      'uv.lock',
      'a huge number',
      `version = ${'9'.repeat(400)}`,
      'uv.lock:1: this is no lock of uv, poetry, pdm or pip',
    ],
    [
      'uv.lock',
      'a lack',
      'version = 1\n[[package]]\nname = "a"\nversion = "1"\nsource = { virtual = "." }\ndependencies = [{ name = "b" }]',
      'uv.lock:2: b is needed here, but is not in the lock',
    ],
    [
      'pylock.toml',
      'another version',
      'lock-version = "2.0"',
      'pylock.toml:1: lock-version is "2.0": only 1.0 is known',
    ],
    [
      'pylock.toml',
      'a marker that is none',
      'lock-version = "1.0"\n[[packages]]\nname = "a"\nversion = "1"\nmarker = "x"',
      `pylock.toml:2: Requirement is not valid: expected a marker variable or text in quotes, but found "x"`,
    ],
    [
      'pylock.toml',
      'md5',
      'lock-version = "1.0"\n[[packages]]\nname = "a"\nversion = "1"\nwheels = [{ name = "a-1-py3-none-any.whl", hashes = { md5 = "0" } }]',
      'pylock.toml:2: a==1 states files, but no sha256 of any of them',
    ],
    [
      'pdm.lock',
      'no groups',
      '[metadata]\nlock_version = "4.5.0"\n[[package]]\nname = "a"\nversion = "1"',
      'pdm.lock:3: Requirement is not valid: a does not say in which groups it is',
    ],
    [
      'poetry.lock',
      'no name',
      '[metadata]\nlock-version = "2.1"\n[[package]]\nversion = "1"',
      'poetry.lock:3: a package without a name stands here',
    ],
    [
      'pyproject.toml',
      'requirements',
      '[project]\nname = "a"',
      'pyproject.toml:1: this is a pyproject.toml: it states requirements, not pins',
    ],
    ['x.json', 'no JSON', '{', 'x.json:1: it is no JSON'],
    ['x.json', 'other JSON', '[]', 'x.json:1: it is not what pip inspect prints (version 1)'],
    ['x.cfg', 'a macro', '[versions]\n<= base', 'x.cfg:2: "< = base" takes in another section, which is not followed'],
    [
      'x.cfg',
      'deep nesting',
      `[versions:${'('.repeat(3000)}linux]\nsix = 1`,
      'x.cfg:2: Requirement is not valid: it is nested more than 100 deep',
    ],
  ])('%s with %s is told so', (name, _, text, expected) => {
    expect(problemsOf({ name, text })[0]).toBe(expected)
  })

  it('with names of the language is read as any other', () => {
    const text =
      '[metadata]\nlock-version = "2.1"\n[metadata.__proto__]\nx = 1\n[[package]]\n__proto__ = 1\nname = "constructor"\nversion = "1.0"\ngroups = ["main"]\n'
    expect(readPins([{ name: 'poetry.lock', text }], targets).pins.map(({ name }) => name)).toEqual(['constructor'])
  })

  it.each(['a.txt', 'a.cfg', 'uv.lock', 'x.json', 'arguments'])(
    '%s of blanks and signs without end takes no time',
    (name) => {
      const pieces = [
        ' ',
        '\t',
        '#',
        '\\',
        '[',
        '"',
        '=',
        ';',
        '${',
        '(',
        '-',
        '--hash=',
        ' @ ',
        'a',
        '\n',
        '\r',
        '\u2028',
      ]
      for (const piece of pieces) {
        for (const head of ['', 'six==1.0', '[versions]\na', 'a = "', '{"']) {
          const text = `${head}${piece.repeat(9000)}x`
          expect(Array.isArray(problemsOf({ name, text }))).toBe(true)
        }
      }
    },
  )
})

describe('any mutation of a real file', () => {
  const data = join(root, 'test', 'data', 'pins')
  const paths = readdirSync(data, { recursive: true, encoding: 'utf8' }).filter((path) =>
    /\.(?:lock|toml|txt|cfg|json)$/.test(path),
  )
  const pieces = ['"', "'", '[', ']', '{', '}', '=', '==', '\n', '\0', '\\', ';', '#', '1e999', '99999999999999999999']
  const piece = oneof(constantFrom(...pieces, '__proto__', ' @ ', 'marker', '\uFEFF'), string({ unit: 'binary' }))
  const edits = array(record({ at: nat(), length: nat(200), piece }), { minLength: 1, maxLength: 5 })

  it.each(paths)('%s is read, or is told what is wrong', (path) => {
    const original = readFileSync(join(data, path), 'utf8').slice(0, 12_000)
    const mutated = (changes: readonly { at: number; length: number; piece: string }[]) =>
      changes.reduce((text, change) => {
        const at = change.at % (text.length + 1)
        return `${text.slice(0, at)}${change.piece}${text.slice(at + change.length)}`
      }, original)
    assert(
      property(edits, (changes) => {
        const source = { name: path, text: mutated(changes) }
        includesOf(source)
        const { pins, problems, loose } = readPins([source], targets, { extras: ['mail'], groups: ['dev'] })
        expect(problems.filter(({ message, place }) => message === '' || place?.line === 0)).toEqual([])
        expect(pins.length + problems.length + loose.length).toBeGreaterThan(0)
      }),
      { numRuns: 100 },
    )
  })
})
