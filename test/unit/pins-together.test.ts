import { describe, expect, it } from 'vitest'
import { locate } from '../../pool/pins/includes.ts'
import type { Source } from '../../pool/pins/pin.ts'
import { looseProblem, readPins } from '../../pool/pins/read-pins.ts'
import { parseTarget } from '../../pool/target.ts'

const targets = ['cp310-manylinux_x86_64', 'cp313-win_amd64'].map(parseTarget)

/** All that is wrong, as `FILE:LINE: MESSAGE`. */
function problemsOf(...sources: readonly Source[]): readonly string[] {
  const { problems, loose } = readPins(sources, targets)
  return [...problems, ...loose.map(looseProblem)].map(
    ({ place, message }) => `${place ? `${place.source}:${place.line}: ` : ''}${message}`,
  )
}

function included(name: string, text: string): Source {
  return { name, text, as: 'included' }
}

describe('sources that name each other', () => {
  it('are read relative to the one that names them, each once', () => {
    const read = readPins(
      [
        { name: 'app/requirements.txt', text: '-r ../base/all.txt\n-c limits.txt\nkarl\n' },
        included('base/all.txt', '-r more.txt\n-r more.txt\nsix==1.0\n'),
        included('base/more.txt', 'zope.event==5.0\n'),
        included('app/limits.txt', 'karl==3.30\nnever-asked==1.0\n'),
      ],
      targets,
    )
    expect([read.pins.map(({ project, version }) => `${project} ${version}`), read.problems, read.loose]).toEqual([
      ['karl 3.30', 'six 1.0', 'zope-event 5.0'],
      [],
      [],
    ])
    expect(read.constraints.map(({ name }) => name)).toEqual(['karl', 'never-asked'])
  })

  it.each<[string, readonly Source[], readonly string[]]>([
    [
      'in a circle of -r',
      [{ name: 'a.txt', text: 'six==1.0\n-r b.txt' }, included('b.txt', '-r a.txt')],
      ['b.txt:1: a.txt leads in a circle: a.txt -> b.txt -> a.txt'],
    ],
    [
      'in a circle of extends',
      [
        { name: 'a.cfg', text: '[buildout]\nextends = b.cfg\n[versions]\nsix = 1' },
        included('b.cfg', '[buildout]\nextends = a.cfg'),
      ],
      ['b.cfg:2: a.cfg leads in a circle: a.cfg -> b.cfg -> a.cfg'],
    ],
    [
      'and are not there, or cannot be read',
      [
        { name: 'a.txt', text: 'six==1.0\n-r b.txt\n-c c.txt' },
        { ...included('b.txt', ''), unreadable: 'there is no such file or directory' },
      ],
      ['a.txt:2: b.txt cannot be read: there is no such file or directory', 'a.txt:3: c.txt was not given'],
    ],
    [
      'and pin two versions of one project',
      [{ name: 'a.txt', text: '-r b.txt\nsix==1.0' }, included('b.txt', 'Six==1.1')],
      ['a.txt:2: six==1.0 here, but Six==1.1 in b.txt:1'],
    ],
    [
      'and are constraints that say otherwise',
      [
        { name: 'a.txt', text: 'six==1.0\nkarl>=4\n' },
        { name: 'c.txt', text: 'six==1.1\nkarl==3.30\n', as: 'constraints' },
      ],
      [
        'a.txt:1: six==1.0 here, but the constraint six==1.1 in c.txt:1',
        'a.txt:2: karl>=4 here, but karl==3.30 in c.txt:2',
      ],
    ],
  ])('%s are told so', (_, sources, expected) => {
    expect(problemsOf(...sources)).toEqual(expected)
  })

  it('find each other by path and by URL, without password', () => {
    expect([
      locate('a/b.txt', 'c.txt'),
      locate('a/b.txt', '../../c.txt'),
      locate('b.txt', '/etc/c.txt'),
      locate('https://user:secret@example.org/x/a.cfg', '../b.cfg'),
      locate('a.cfg', 'https://user:secret@example.org/b.cfg'),
    ]).toEqual(['a/c.txt', '../c.txt', '/etc/c.txt', 'https://example.org/b.cfg', 'https://example.org/b.cfg'])
  })

  it('in a web of extends without end are read in time', () => {
    const names = Array.from({ length: 60 }, (_, index) => `${index}.cfg`)
    const sources = names.map((name, index) => ({
      name,
      text: `[buildout]\nextends = ${names.slice(index + 1).join(' ')}\n[versions]\nsix = ${index}\n`,
      ...(index > 0 ? { as: 'included' as const } : {}),
    }))
    expect(readPins(sources, targets).pins.map(({ version }) => version)).toEqual(['0'])
  })
})

describe('what is no version', () => {
  it.each([
    ['./src/karl', 'a path', 'python -m build ./src/karl && firn upload ./src/karl/dist/'],
    ['./dist/karl-3.30.tar.gz', 'a path', 'firn upload ./dist/karl-3.30.tar.gz'],
    [
      '-e git+https://example.org/karl.git@main',
      'a repository',
      'pip wheel --no-deps --wheel-dir dist git+https://example.org/karl.git@main && firn upload dist/',
    ],
    [
      'karl @ https://example.org/k.zip?a=b',
      'a URL',
      "pip download --no-deps --dest dist 'https://example.org/k.zip?a=b' && firn upload dist/",
    ],
  ])('%s is refused with the way to make one', (text, kind, way) => {
    const { problems } = readPins([{ name: 'a.txt', text }], targets)
    const after = ', and write karl==VERSION; if the pool holds it already: --use karl==VERSION'
    expect(problems).toEqual([
      { place: { source: 'a.txt', line: 1 }, message: `"${text}" is ${kind}, not a version`, hint: `${way}${after}` },
    ])
    const { pins } = readPins([{ name: 'a.txt', text }], targets, { use: ['Karl==3.30'] })
    expect(pins.map(({ project, version }) => `${project} ${version}`)).toEqual(['karl 3.30'])
  })

  it('is not left to options that fit nothing', () => {
    const { problems } = readPins([{ name: 'a.txt', text: 'six==1.0' }], targets, {
      use: ['karl==3.30', 'karl'],
      extras: ['mail'],
    })
    expect(problems.map(({ message }) => message)).toEqual([
      '--use "karl" names no version',
      '--use karl==3.30: nothing is asked for by path, repository or URL under that name',
      'extra or group "mail": no lock that could have it is among the sources',
    ])
  })
})
