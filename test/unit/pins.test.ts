import { describe, expect, it } from 'vitest'
import { inOrder } from '../../pool/pins/in-order.ts'
import { looseProblem, readPins } from '../../pool/pins/read-pins.ts'
import { printPin } from '../../pool/pins/pin.ts'
import { parseTarget } from '../../pool/target.ts'

const here = [parseTarget('cp311-manylinux_x86_64')]

function read(text: string, targets = here) {
  const { pins, loose, problems, notices, roots } = readPins([{ name: 'file', text }], targets)
  return {
    pins: pins.map(printPin),
    hashes: pins.flatMap(({ hashes }) => hashes),
    problems: inOrder([...problems, ...loose.map(looseProblem)], []).map(
      ({ place, message }) => `${place?.line}: ${message}`,
    ),
    notices: notices.map(({ place, message }) => `${place?.line}: ${message}`),
    roots,
  }
}

const nothing = { pins: [], hashes: [], problems: [], notices: [], roots: [] }
const a = 'a'.repeat(64)
const b = 'b'.repeat(64)

describe('requirements and constraints files', () => {
  it('reads pins with comments, extras, continuation lines, hashes and markers', () => {
    const text = [
      '# comment \\',
      '--index-url https://example.invalid/simple',
      'Zope[wsgi] == 6.2  # newest',
      `six==1.17.0 \\`,
      `    --hash=sha256:${b} \\`,
      `    --hash sha256:${a.toUpperCase()}`,
      '',
      "tomli==2.2.1; python_version < '3.11'",
      "typing-extensions==4.16.0 ; python_version >= '3.8'",
      'legacy==0.9.8.0-osi1',
    ].join('\r\n')
    expect(read(text)).toEqual({
      pins: [
        'legacy==0.9.8.0-osi1',
        'six==1.17.0',
        'typing-extensions==4.16.0 ; python_version >= "3.8"',
        'Zope[wsgi]==6.2',
      ],
      hashes: [a, b],
      problems: [],
      notices: [
        '2: --index-url is left out: a release is installed from its own index alone',
        `8: tomli==2.2.1; python_version < '3.11' is left out: its marker holds on no target (cp311-manylinux_x86_64)`,
      ],
      roots: [
        'Zope[wsgi]==6.2',
        'legacy==0.9.8.0-osi1',
        'six==1.17.0',
        'typing-extensions==4.16.0 ; python_version >= "3.8"',
      ],
    })
  })

  it('lists every line that is no pin', () => {
    const text = [
      '-e git+https://example.invalid/Zope.git@master#egg=Zope',
      '-r other.txt',
      'Zope',
      'six>=1.0',
      'six==1.*',
      'app @ https://example.invalid/app-1.0.zip',
      './local',
      'https://example.invalid/app-1.0.zip',
      '--frobnicate',
      'not a requirement at all',
      'six==1.0 --hash=md5:abc',
      'six==1.0 ; nonsense == "1"',
      'six==<b>',
    ].join('\n')
    expect(read(text).problems.map((line) => Number(line.split(':')[0]))).toEqual([
      1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13,
    ])
  })

  it('chooses by marker for each target, and refuses two versions that both hold', () => {
    const text = [
      "Sphinx==8.1.3; python_version == '3.10'",
      "Sphinx==9.0.4; python_version == '3.11'",
      "Sphinx==9.1.0; python_version > '3.11'",
    ].join('\n')
    expect(read(text).pins).toEqual(['Sphinx==9.0.4 ; python_version == "3.11"'])
    const both = read(text, [parseTarget('cp311-manylinux_x86_64'), parseTarget('cp312-manylinux_x86_64')])
    expect(both.problems).toEqual([
      '2: Sphinx==9.0.4 ; python_version == "3.11" here, but Sphinx==9.1.0 ; python_version > "3.11" in file:3',
    ])
  })

  it('takes the same pin twice as one, and 1.0 and 1.0.0 for the same', () => {
    expect(read('six==1.0\nSix==1.0.0\n')).toMatchObject({ pins: ['six==1.0'], problems: [] })
    expect(read('six==1.0\nsix==1.1\n').problems).toEqual(['1: six==1.0 here, but six==1.1 in file:2'])
  })

  it('says that a file without a pin is no pin list', () => {
    for (const text of ['', '# only a comment\n', '\n\n', '--index-url https://example.invalid\n']) {
      expect(read(text)).toMatchObject({ pins: [], problems: ['1: no pin is in it'] })
    }
  })
})

describe('buildout versions', () => {
  it('reads [versions], leaving out what has no version', () => {
    const text = [
      '# a comment',
      '[buildout]',
      'parts = app',
      '    more',
      '[versionannotations]',
      'Zope = see elsewhere',
      '[versions]',
      'Zope =',
      'zope.interface = 8.5 ; why',
      'pytz = 2026.3.post1',
      'WebOb = 0.9.8.0-osi1',
      'exact = ==1.0',
    ].join('\n')
    expect(read(text)).toEqual({
      pins: ['exact==1.0', 'pytz==2026.3.post1', 'WebOb==0.9.8.0-osi1', 'zope.interface==8.5'],
      hashes: [],
      problems: [],
      notices: ['8: Zope has no version here: it is left out'],
      roots: ['WebOb==0.9.8.0-osi1', 'exact==1.0', 'pytz==2026.3.post1', 'zope.interface==8.5'],
    })
  })

  it('takes the section that [buildout] names', () => {
    expect(read('[buildout]\nversions = release\n[release]\nsix = 1.0\n[versions]\nsix = 2.0\n').pins).toEqual([
      'six==1.0',
    ])
  })

  it('lists what it cannot take as pins', () => {
    const text = [
      '[buildout]',
      'extends = base.cfg',
      '[versions]',
      'six = >=1.0',
      'app = ${other:version}',
      'more += 1.0',
      'not a line',
      '[versions:sys.version_info < (3, 8)]',
      'seven = 1.0',
    ].join('\n')
    expect(
      read(text)
        .problems.map((line) => Number(line.split(':')[0]))
        .toSorted((x, y) => x - y),
    ).toEqual([2, 4, 5, 6, 7, 9])
  })

  it('does not choke on lines of blanks', () => {
    const blanks = ' '.repeat(9900)
    const hostile = [`[${blanks}x`, `a${blanks}x`, `a${blanks}=${blanks.slice(5000)}x y`].map((line) =>
      `${line}\n`.repeat(50),
    )
    for (const text of hostile) expect(read(`[versions]\n${text}`).problems.length).toBeGreaterThan(0)
    expect(read(`six${blanks}==${blanks}1.0`)).toMatchObject({ problems: [expect.any(String)] })
  })

  it('does not choke on lines without an end', () => {
    for (const text of [
      `[versions]\n${' '.repeat(2_000_000)}x`,
      `[${'a'.repeat(2_000_000)}`,
      `six==${' '.repeat(2_000_000)}1.0 x`,
    ]) {
      expect(read(text)).toMatchObject({ ...nothing, problems: [expect.any(String)] })
    }
  })
})
