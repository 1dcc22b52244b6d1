import { describe, expect, it } from 'vitest'
import { isFileOf, parseFilename, versionIn } from '../../pool/filename.ts'
import { parseProjectName } from '../../pool/project-name.ts'

const fits = [
  ['zope.interface-5.5.2.tar.gz', 'zope-interface', '5.5.2'],
  ['zope_interface-8.0.1.tar.gz', 'zope.interface', '8.0.1'],
  ['zope.event-3.5.0-1.tar.gz', 'zope.event', '3.5.0.post1'],
  ['zope.testing-4.1.0dev-r124241.zip', 'zope.testing', '4.1.0dev-r124241'],
  ['python-dateutil-2.9.0.tar.gz', 'python-dateutil', '2.9'],
  ['repoze.bfg-1.2.tar.bz2', 'repoze-bfg', '1.2'],
  ['WebOb-0.9.8.0-osi1.tgz', 'WebOb', '0.9.8.0-osi1'],
  ['WebOb-0.9.8.0_osi1-py2.5.egg', 'webob', '0.9.8.0-osi1'],
  ['zc.buildout-1.5.2-py2.6-linux-x86_64.egg', 'zc.buildout', '1.5.2'],
  ['lxml-6.0.0-cp311-cp311-manylinux_2_27_x86_64.manylinux_2_28_x86_64.whl', 'lxml', '6.0.0'],
  ['app-1.0+local.1-1build-py2.py3-none-any.whl', 'App', '1.0+local.1'],
] as const

const refused = [
  ['../evil-1.0.tar.gz', 'only letters'],
  ['a b-1.0.tar.gz', 'only letters'],
  ['<b>-1.0.tar.gz', 'only letters'],
  [`${'a'.repeat(300)}-1.0.tar.gz`, 'only letters'],
  ['app-1.0.tar.xz', 'must end in'],
  ['app-1.0.exe', 'must end in'],
  ['app.tar.gz', 'a sdist is named'],
  ['app-1.0.whl', 'a wheel is named'],
  ['app-1.0-py3-none-any-more-parts.whl', 'a wheel is named'],
  ['app-1.0-build-py3-none-any.whl', 'a wheel is named'],
  ['app-1.0-py3-none-.whl', 'a wheel is named'],
  ['app-1.0-1-py3+-none-any.whl', 'a wheel is named'],
  ['app-1.0-1.py3-none-any.whl', 'a wheel is named'],
  ['app-1.0.egg', 'an egg is named'],
] as const

describe('parseFilename', () => {
  it.each(fits)('reads %s as %s %s', (filename, project, version) => {
    expect(isFileOf(parseFilename(filename), parseProjectName(project), version)).toBe(true)
    expect(isFileOf(parseFilename(filename), parseProjectName(project), `${version}99`)).toBe(false)
    expect(isFileOf(parseFilename(filename), parseProjectName('another'), version)).toBe(false)
  })

  it.each(refused)('refuses %s', (filename, why) => {
    const detail = expect.stringContaining(why) as string
    expect(() => parseFilename(filename)).toThrow(
      expect.objectContaining({ code: 'filename-invalid', detail }) as Error,
    )
  })

  it('expands the tags of a wheel', () => {
    expect(parseFilename('app-1.0-py2.py3-none-any.whl')).toEqual({
      filename: 'app-1.0-py2.py3-none-any.whl',
      kind: 'wheel',
      format: 'zip',
      readings: [{ name: 'app', version: '1.0' }],
      tags: { pythons: ['py2', 'py3'], abis: ['none'], platforms: ['any'] },
    })
  })
})

describe('versionIn', () => {
  it.each([
    ['zope.interface-5.5.2.tar.gz', 'zope-interface', '5.5.2'],
    ['a-b-1.0.tar.gz', 'a', 'b-1.0'],
    ['a-b-1.0.tar.gz', 'a-b', '1.0'],
    ['a-b-1.0.tar.gz', 'b', undefined],
    // What is one of PEP 440, `1.0-1` being 1.0.post1, is what the metadata has.
    ['app-1.0_1-py3-none-any.whl', 'app', '1.0-1'],
    ['app-1.0_osi1-py2.7.egg', 'app', '1.0_osi1'],
  ])('of %s for %s is %s', (filename, project, version) => {
    expect(versionIn(parseFilename(filename), parseProjectName(project))).toBe(version)
  })
})
