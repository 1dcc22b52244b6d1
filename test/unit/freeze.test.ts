import { describe, expect, it } from 'vitest'
import type { Distribution } from '../../pool/distribution.ts'
import { freeze } from '../../pool/freeze.ts'
import { describeDifference, printManifest, readManifest, sameContent } from '../../pool/manifest.ts'
import { constraintsTxt, requirementsTxt } from '../../pool/documents/requirements-txt.ts'
import { versionsCfg } from '../../pool/documents/versions-cfg.ts'
import { readPins } from '../../pool/pins/read-pins.ts'
import { parseProjectName } from '../../pool/project-name.ts'
import { parseTarget } from '../../pool/target.ts'

const at = '2026-11-24T11:13:00.000Z'

function file(filename: string, name: string, version: string, digit: string): Distribution {
  return {
    filename,
    project: parseProjectName(name),
    name,
    version,
    kind: filename.endsWith('.whl') ? 'wheel' : 'sdist',
    size: 10,
    sha256: digit.repeat(64),
    metadataSha256: 'f'.repeat(64),
    requiresPython: null,
    uploadTime: at,
    origin: null,
    product: null,
    yanked: null,
    provenanceSha256: null,
  }
}

const pool = [
  file('zope.interface-8.5.tar.gz', 'zope.interface', '8.5', '1'),
  file('zope_interface-8.5-py3-none-any.whl', 'zope.interface', '8.5.0', '2'),
  file('zope.interface-8.6.tar.gz', 'zope.interface', '8.6', '3'),
  file('six-1.17.0.tar.gz', 'six', '1.17.0', '4'),
]

function frozen(text: string, files = pool) {
  const targets = [parseTarget('cp311-manylinux_x86_64')]
  const { pins, roots } = readPins([{ name: 'pins', text }], targets)
  return freeze({
    base: undefined,
    name: { product: 'karl', release: '3.30' },
    pins,
    roots,
    targets,
    filesOf: (project) => files.filter((each) => each.project === project),
    at,
    by: 'anonymous',
  })
}

describe('freeze', () => {
  it('takes every file of the pinned version and no other', () => {
    const { manifest, problems } = frozen("zope.interface==8.5\nsix==1.17.0 ; python_version >= '3'\n")
    expect(problems).toEqual([])
    expect(manifest.files.map(({ filename }) => filename)).toEqual([
      'six-1.17.0.tar.gz',
      'zope.interface-8.5.tar.gz',
      'zope_interface-8.5-py3-none-any.whl',
    ])
    expect(manifest.pins).toEqual([
      { project: 'six', name: 'six', version: '1.17.0', marker: 'python_version >= "3"' },
      { project: 'zope-interface', name: 'zope.interface', version: '8.5', marker: null },
    ])
  })

  it('says of each pin that cannot be met what the pool has instead', () => {
    const { problems } = frozen('zope.interface==9\nsix==1.17.0 --hash=sha256:' + 'e'.repeat(64) + '\nnone==1\n')
    expect(problems.map(({ place, message }) => `${place?.line}: ${message}`)).toEqual([
      '3: none==1: the pool has no file of none',
      '2: six==1.17.0: no file that the pool holds of it has a hash that is stated here',
      '1: zope.interface==9: the pool has 8.5, 8.5.0, 8.6 of zope.interface, not 9',
    ])
  })

  it('gives the same bytes whatever order the pins and the pool come in', () => {
    const one = frozen('six==1.17.0\nzope.interface==8.5\n').manifest
    const other = frozen('zope.interface==8.5\nsix==1.17.0\n', pool.toReversed()).manifest
    expect(printManifest(one)).toBe(printManifest(other))
    expect(readManifest(printManifest(one))).toEqual(one)
  })

  it('tells the same content frozen later from other content, and says how that differs', () => {
    const { manifest } = frozen('six==1.17.0\n')
    expect(sameContent(manifest, { ...manifest, 'frozen-at': '2027-01-01T00:00:00.000Z', 'frozen-by': 'x' })).toBe(true)
    const other = frozen('zope.interface==8.6\n').manifest
    expect(sameContent(manifest, other)).toBe(false)
    expect(describeDifference(manifest, other)).toEqual([
      'not in the frozen release: zope.interface-8.6.tar.gz',
      'only in the frozen release: six-1.17.0.tar.gz',
      'requirement, not in the frozen release: zope.interface==8.6',
      'requirement, only in the frozen release: six==1.17.0',
    ])
  })

  it('prints the files that pip and buildout read', () => {
    const { manifest } = frozen("zope.interface==8.5\nsix==1.17.0 ; python_version >= '3'\n")
    const digest = '0'.repeat(64)
    const release = { manifest, text: printManifest(manifest), digest, signatures: [] }
    expect(requirementsTxt(release)).toBe(
      [
        '# karl/3.30',
        `# sha256:${digest}`,
        'six==1.17.0 ; python_version >= "3" \\',
        `    --hash=sha256:${'4'.repeat(64)}`,
        'zope.interface==8.5 \\',
        `    --hash=sha256:${'1'.repeat(64)} \\`,
        `    --hash=sha256:${'2'.repeat(64)}`,
        '',
      ].join('\n'),
    )
    expect(constraintsTxt(release)).toContain('\nsix==1.17.0 ; python_version >= "3"\nzope.interface==8.5\n')
    expect(versionsCfg(release, {})).toContain('\n[versions]\nsix = 1.17.0\nzope.interface = 8.5\n')
  })
})
