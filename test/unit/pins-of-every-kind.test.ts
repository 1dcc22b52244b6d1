import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { printPin } from '../../pool/pins/pin.ts'
import { looseProblem, readPins } from '../../pool/pins/read-pins.ts'
import type { ReadOptions } from '../../pool/pins/reading.ts'
import { parseTarget } from '../../pool/target.ts'
import { root } from '../support/server.ts'

const data = join(root, 'test', 'data', 'pins')

function source(path: string) {
  return { name: path, text: readFileSync(join(data, path), 'utf8') }
}

/** What the file says for each target by itself: pins without markers, all else in short. */
function readFor(target: string, path: string, options: ReadOptions = {}) {
  const { pins, loose, problems, notices } = readPins([source(path)], [parseTarget(target)], options)
  return {
    pins: pins.map((pin) => printPin({ ...pin, name: pin.project, marker: undefined })),
    said: [...problems, ...loose.map(looseProblem), ...notices].map(
      ({ place, message }) => `${place?.line}: ${message}`,
    ),
  }
}

const linux = 'cp310-manylinux_x86_64'
const windows = 'cp313-win_amd64'

/** What pyramid 2.0.2 needs on every Python, in the versions that all tools chose. */
const pyramid = [
  'hupper==1.12.1',
  'pastedeploy==3.1.0',
  'plaster-pastedeploy==1.0.1',
  'plaster==1.1.2',
  'pyramid==2.0.2',
  'translationstring==1.4',
  'venusian==3.1.1',
  'webob==1.8.11',
  'zope-deprecation==6.0',
]
const mail = ['pyramid-mailer==0.15.1', 'repoze-sendmail==4.5', 'transaction==5.1']

/** On Windows with Python 3.13, and on Linux with Python 3.10, as every lock of uv, poetry and pdm has it. */
const onWindows = ['colorama==0.4.6', 'legacy-cgi==2.6.4', 'setuptools==84.2.1']
const onLinux = ['exceptiongroup==1.3.0', 'setuptools==84.2.1', 'typing-extensions==4.16.0']

function together(...lists: readonly (readonly string[])[]): readonly string[] {
  return lists.flat().toSorted((a, b) => (projectOf(a) < projectOf(b) ? -1 : 1))
}

function projectOf(pin: string): string {
  return pin.replace(/[=[].*/, '')
}

describe('a lock', () => {
  it.each([
    ['uv/uv.lock', 'zope-interface==8.7'],
    ['poetry/poetry.lock', 'zope-interface==8.6'],
    ['pdm/pdm.lock', 'zope-interface==8.6'],
  ])('%s has for each target what the project needs to run there', (path, newest) => {
    expect(readFor(windows, path).pins).toEqual(together(pyramid, onWindows, [newest]))
    expect(readFor(linux, path).pins).toEqual(together(pyramid, onLinux, ['zope-interface==8.6']))
  })

  it.each([
    ['uv/uv.lock', 'zope-interface==8.7'],
    ['poetry/poetry.lock', 'zope-interface==8.6'],
    ['pdm/pdm.lock', 'zope-interface==8.6'],
  ])('%s has extras and groups for those who ask', (path, newest) => {
    const wanted = { extras: ['Mail'], groups: ['dev'] }
    expect(readFor(windows, path, wanted).pins).toEqual(
      together(pyramid, onWindows, mail, ['iniconfig==2.1.0', newest]),
    )
    expect(readFor(windows, path, { extras: ['sms'] }).said[0]).toBe('1: this lock has no extra "sms"')
  })

  it('of poetry 1 does not say what belongs to which group, and one is told so', () => {
    const { pins, said } = readFor(linux, 'poetry-1/poetry.lock')
    const all = ['colorama==0.4.6', 'legacy-cgi==2.6.4', 'iniconfig==2.1.0', 'zope-interface==8.6']
    expect(pins).toEqual(together(pyramid, onLinux, all))
    expect(said).toEqual([
      '1: poetry 1 does not say in a lock which group a package is of: all are taken, the development ones too',
      '1: left out, since no target needs it with these extras and groups: pyramid-mailer, repoze-sendmail, transaction',
    ])
    expect(readFor(linux, 'poetry-1/poetry.lock', { extras: ['mail'] }).pins).toEqual(
      together(pyramid, onLinux, all, mail),
    )
  })

  it('of pip or uv in the standard form has what it was made with', () => {
    expect(readFor(windows, 'pylock/pylock.uv.toml')).toEqual({
      pins: together(pyramid, onWindows, mail, ['iniconfig==2.1.0', 'zope-interface==8.7']),
      said: ['1: left out, since no target needs it with these extras and groups: exceptiongroup, typing-extensions'],
    })
    expect(readFor(linux, 'pylock/pylock.toml')).toEqual({
      pins: together(pyramid, mail, ['setuptools==84.2.1', 'zope-interface==8.7']),
      said: ['4: "acme-site @ ." is left out: it is what the lock was made for; --use acme-site==VERSION takes it in'],
    })
  })

  it('leaves the project that it was made for out, unless its version in the pool is named', () => {
    expect(readFor(linux, 'uv/uv.lock').said).toEqual([
      '1: left out, since no target needs it with these extras and groups: ' +
        'colorama, iniconfig, legacy-cgi, pyramid-mailer, repoze-sendmail, transaction',
      '10: "acme-site @ ." is left out: it is what the lock was made for; --use acme-site==1.0 takes it in',
    ])
    expect(readFor(linux, 'uv/uv.lock', { use: ['acme.site==1.0'] }).pins).toContain('acme-site==1.0')
  })

  it('holds a pin to the targets that need it, and refuses two versions for two targets', () => {
    const both = [linux, windows].map(parseTarget)
    const { pins } = readPins([source('pdm/pdm.lock')], both)
    expect(pins.filter(({ marker }) => marker).map(printPin)).toEqual([
      'colorama==0.4.6 ; python_version == "3.13"',
      'exceptiongroup==1.3.0 ; python_version == "3.10"',
      'legacy-cgi==2.6.4 ; python_version == "3.13"',
      'typing-extensions==4.16.0 ; python_version == "3.10"',
    ])
    expect(readPins([source('uv/uv.lock')], both).problems).toEqual([
      {
        place: { source: 'uv/uv.lock', line: 238 },
        message:
          'zope-interface==8.6 ; python_version == "3.10" here, but zope-interface==8.7 ; python_version == "3.13" in uv/uv.lock:289',
        hint: 'a release holds one version of a project: freeze a release for each of these targets',
      },
    ])
  })

  it('states the files of a version with their digests, and refuses Pythons that it was not made for', () => {
    const { pins } = readPins([source('uv/uv.lock')], [parseTarget(linux)])
    expect(pins.find(({ project }) => project === 'plaster')?.files).toEqual([
      {
        filename: 'plaster-1.1.2-py2.py3-none-any.whl',
        sha256: expect.stringMatching(/^[0-9a-f]{64}$/) as string,
      },
      { filename: 'plaster-1.1.2.tar.gz', sha256: expect.stringMatching(/^[0-9a-f]{64}$/) as string },
    ])
    for (const path of ['uv/uv.lock', 'poetry/poetry.lock', 'pdm/pdm.lock', 'pylock/pylock.uv.toml']) {
      const [first] = readFor('cp39-manylinux_x86_64', path).said
      expect(first).toMatch(/^\d+: this lock is for Python >=3\.10, so not for cp39-manylinux_x86_64$/)
    }
  })
})

function inInspect(name: string, version: string, requires: readonly string[] = []) {
  return { metadata: { name, version, requires_dist: requires } }
}

function reportOf(python_version: string) {
  const installed = [
    inInspect('pip', '24.0'),
    inInspect('setuptools', '78.1.1'),
    inInspect('wheel', '0.45.1'),
    inInspect('pyramid', '2.0.2', ['setuptools', 'wheel ; extra == "testing"']),
  ]
  return JSON.stringify({ version: '1', environment: { python_version }, installed })
}

function pinned(python: string): readonly string[] {
  const { pins } = readPins([{ name: 'x.json', text: reportOf(python) }], [parseTarget(linux)])
  return pins.map(({ name, version }) => `${name}==${version}`)
}

describe('what is installed', () => {
  it('is read from pip inspect with what an old Python brings, where something needs that', () => {
    expect(pinned('3.11')).toEqual(['pyramid==2.0.2', 'setuptools==78.1.1'])
    expect(pinned('3.12')).toEqual(['pyramid==2.0.2', 'setuptools==78.1.1', 'wheel==0.45.1'])
  })

  it('is read from pip freeze and pip inspect alike, but for setuptools, which pip freeze of old leaves out', () => {
    const refused = '"acme.site @ file:///srv/acme/src" is a path, not a version'
    const installed = together(pyramid, ['zope-interface==8.7'])
    const inspected = together(installed, ['setuptools==65.5.0'])
    expect(readFor(linux, 'pip/freeze.txt')).toEqual({ pins: installed, said: [`1: ${refused}`] })
    expect(readFor(linux, 'pip/inspect.json')).toEqual({ pins: inspected, said: [`8: ${refused}`] })
    const use = { use: ['acme.site==1.0'] }
    const ours = ['acme-site==1.0']
    expect(readFor(linux, 'pip/freeze.txt', use)).toEqual({ pins: together(installed, ours), said: [] })
    expect(readFor(linux, 'pip/inspect.json', use)).toEqual({ pins: together(inspected, ours), said: [] })
  })
})

describe('a buildout', () => {
  const files = ['buildout/buildout.cfg', 'buildout/base.cfg', 'buildout/picked.cfg', 'buildout/kgs/toolkit.cfg']
  const sources = files.map((path, index) => ({ ...source(path), ...(index > 0 ? { as: 'included' as const } : {}) }))
  const ofBuildout = pyramid.filter((pin) => !pin.startsWith('translationstring'))

  it.each([
    [linux, ['zc-recipe-egg==6.0.0', 'zope-interface==8.6']],
    [windows, ['colorama==0.4.6', 'legacy-cgi==2.6.4', 'zc-recipe-egg==6.0.0', 'zope-interface==8.7']],
  ])('is read with all that it extends, as buildout annotates it, on %s', (target, more) => {
    const { pins, problems, notices } = readPins(sources, [parseTarget(target)])
    expect([pins.map(({ project, version }) => `${project}==${version}`), problems, notices]).toEqual([
      together(ofBuildout, more),
      [],
      [
        {
          place: { source: 'buildout/buildout.cfg', line: 19 },
          message: 'translationstring has no version here: it is left out',
        },
      ],
    ])
  })

  it('has the sections of compoze too', () => {
    const { pins, said } = readFor(linux, 'compoze/compoze.cfg')
    expect(pins).toEqual(['pastedeploy[config,paste]==3.1.0', 'pyramid==2.0.2', 'webob==1.8.11'])
    expect(said).toEqual(['10: "venusian = >=3.0,<4" is not pinned'])
    expect(readFor(linux, 'compoze/compoze.cfg', { versionsSection: 'next' })).toEqual({
      pins: ['pyramid==2.1'],
      said: [],
    })
  })
})

it('reads what uv exports for pip', () => {
  expect(readFor(linux, 'uv/requirements.txt').pins).toEqual(
    together(pyramid, onLinux, ['iniconfig==2.1.0', 'zope-interface==8.6']),
  )
})
