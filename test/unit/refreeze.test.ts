import { describe, expect, it } from 'vitest'
import type { Manifest, ManifestFile, ManifestPin, ManifestWaiver } from '../../pool/manifest.ts'
import { needless, ownPart, ownSource } from '../../pool/own-part.ts'
import { parseProjectName } from '../../pool/project-name.ts'
import { defaultTemplate, parseTemplate } from '../../pool/refreeze-name.ts'
import { parseReleaseName, splitReleaseName } from '../../pool/release-name.ts'
import { aManifest } from '../support/manifest.ts'

describe('a template', () => {
  it.each<[string, string, string, string, string]>([
    [defaultTemplate, 'acme/2026.11.1', 'karl/3.30', 'karl/3.31', 'acme/2026.11.1+karl3.31'],
    [defaultTemplate, 'acme/2026.11.1+karl3.30', 'karl/3.30', 'karl/3.31', 'acme/2026.11.1+karl3.31'],
    [defaultTemplate, 'acme/2026.11.1+karl3.29', 'karl/3.30', 'karl/3.31', 'acme/2026.11.1+karl3.31'],
    [defaultTemplate, 'acme/1+hotfix.2', 'karl/3.30', 'karl/3.31', 'acme/1+hotfix.2+karl3.31'],
    [defaultTemplate, 'acme/1+karlsruhe', 'karl/3.30', 'karl/3.31', 'acme/1+karlsruhe+karl3.31'],
    [defaultTemplate, 'acme/1+karlr5', 'karl/r5', 'karl/r6', 'acme/1+karlr6'],
    [defaultTemplate, 'acme/1+lts2', 'lts/2', 'karl/3.31', 'acme/1+karl3.31'],
    [defaultTemplate, 'eu/1', 'acme/1+karl3.30', 'acme/1+karl3.31', 'eu/1+acme1+karl3.31'],
    [defaultTemplate, 'eu/1+acme1+karl3.30', 'acme/1+karl3.30', 'acme/1+karl3.31', 'eu/1+acme1+karl3.31'],
    ['2026.12', 'acme/2026.11.1', 'karl/3.30', 'karl/3.31', 'acme/2026.12'],
    ['{release}-on-{base}-{base}', 'acme/1', 'karl/1', 'karl/2', 'acme/1-on-karl2-karl2'],
  ])('%s names %s over %s anew over %s', (template, from, over, base, expected) => {
    const name = parseTemplate(template)(splitReleaseName(from), splitReleaseName(over), splitReleaseName(base))
    expect(name).toEqual(splitReleaseName(expected))
  })

  it.each([
    '../{release}',
    '{product}',
    '{release',
    '{__proto__}',
    '{release}/x',
    'a b',
    '%2e%2e',
    '$&',
    '{{release}}',
    'x'.repeat(201),
  ])('is not read from %j', (text) => {
    expect(() => parseTemplate(text)).toThrow(expect.objectContaining({ code: 'release-name-invalid' }) as Error)
  })

  it.each(['', '+{base}', '{release}+', '{release}'.repeat(20)])('that makes no name says so: %j', (text) => {
    const [from, over] = [splitReleaseName('acme/2026'), splitReleaseName('karl/3.30')]
    const name = parseTemplate(text)
    expect(() => name(from, over, over)).toThrow(expect.objectContaining({ code: 'release-name-invalid' }) as Error)
  })
})

function pin(name: string, version: string, marker: string | null = null): ManifestPin {
  return { project: parseProjectName(name), name, version, marker }
}

function fileOf({ project, name, version }: ManifestPin, digit: string): ManifestFile {
  return {
    filename: `${name}-${version}.tar.gz`,
    project,
    name,
    version,
    kind: 'sdist',
    size: 1,
    sha256: digit.repeat(64),
    'metadata-sha256': 'f'.repeat(64),
    'requires-python': null,
    'upload-time': '2026-11-25T12:00:00.000Z',
    origin: null,
  }
}

function waiver(name: string, reason: string): ManifestWaiver {
  return { rule: 'closure', project: parseProjectName(name), reason, by: 'ann', until: null, waived: ['x'] }
}

function manifest(name: string, more: Partial<Manifest>): Manifest {
  return aManifest({
    ...parseReleaseName(...(name.split('/') as [string, string])),
    targets: ['cp311-manylinux_x86_64'],
    'frozen-at': '2026-11-25T12:00:00.000Z',
    'frozen-by': 'ann',
    ...more,
  })
}

const older = manifest('karl/3.30', {
  pins: [pin('lxml', '4.9'), pin('tomli', '2.0', 'python_version < "3.11"'), pin('zodb', '5')],
  waivers: [waiver('lxml', 'on the hosts')],
})
const own = [pin('acme', '1'), pin('lxml', '5.2'), pin('tomli', '2.0')] as const
const acme = manifest('acme/1', {
  pins: own,
  files: [fileOf(own[0], '1'), fileOf(own[1], '2'), fileOf(own[1], '3'), fileOf(own[2], '4')],
  overrides: [
    { project: parseProjectName('lxml'), name: 'lxml', from: '4.9', to: '5.2' },
    { project: parseProjectName('zodb'), name: 'ZODB', from: '5', to: null },
  ],
  waivers: [waiver('acme', 'ours'), waiver('lxml', 'on the hosts')],
})

describe("a customer's own part", () => {
  it('is what its base has not, or has otherwise', () => {
    expect(ownPart(acme, older)).toEqual({
      pins: own,
      without: ['zodb'],
      waivers: [{ rule: 'closure', project: 'acme', reason: 'ours', by: 'ann', until: null }],
    })
    expect(ownPart({ ...older, product: 'same', release: '1' }, older)).toEqual({ pins: [], without: [], waivers: [] })
  })

  it('is frozen of just the files that it has', () => {
    const [source, ...more] = ownSource(acme, 'd'.repeat(64), { pins: own.slice(0, 2) })
    expect([more, source]).toEqual([
      [],
      {
        name: 'acme/1',
        text: [
          '# acme/1',
          `# sha256:${'d'.repeat(64)}`,
          'acme==1 \\',
          `    --hash=sha256:${'1'.repeat(64)}`,
          'lxml==5.2 \\',
          `    --hash=sha256:${'2'.repeat(64)} \\`,
          `    --hash=sha256:${'3'.repeat(64)}`,
          '',
        ].join('\n'),
      },
    ])
    expect(ownSource(acme, 'd'.repeat(64), { pins: [] })).toEqual([])
  })

  it.each<[string, readonly string[]]>([
    ['5.1', []],
    ['5.2.0', ['lxml: own 5.2, karl/3.31 has 5.2.0']],
    ['5.3', ['lxml: own 5.2, karl/3.31 has 5.3']],
  ])('says what lxml %s of the new base makes needless', (version, notes) => {
    const newer = manifest('karl/3.31', { pins: [pin('lxml', version)] })
    const part = { ...ownPart(acme, older), pins: own.slice(0, 2) }
    expect(needless(part, newer)).toEqual([...notes, 'zodb: left out, karl/3.31 has none'])
  })
})
