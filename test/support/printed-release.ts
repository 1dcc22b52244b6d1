import { createHash } from 'node:crypto'
import type { DocumentedRelease, Surroundings } from '../../pool/documents/document.ts'
import type { DistributionFacts } from '../../pool/facts.ts'
import { printManifest, type Manifest, type ManifestFile, type ManifestPin } from '../../pool/manifest.ts'
import type { ProjectName } from '../../pool/project-name.ts'
import { aManifest } from './manifest.ts'

export function digestOf(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}

export function aFile(filename: string, given: Partial<ManifestFile> & { readonly name: string }): ManifestFile {
  return {
    filename,
    project: given.name.toLowerCase().replaceAll(/[-_.]+/g, '-') as ProjectName,
    version: '1.0',
    kind: filename.endsWith('.whl') ? 'wheel' : filename.endsWith('.egg') ? 'egg' : 'sdist',
    size: 10,
    sha256: digestOf(filename),
    'metadata-sha256': digestOf('metadata'),
    'requires-python': null,
    'upload-time': '2026-11-24T11:13:00.000Z',
    origin: null,
    ...given,
  }
}

/** A release of these files, with a pin for each project. */
export function aRelease(files: readonly ManifestFile[], given: Partial<Manifest> = {}): DocumentedRelease {
  const pins = new Map<string, ManifestPin>()
  for (const { project, name, version } of files) pins.set(project, { project, name, version, marker: null })
  const manifest = aManifest({
    targets: ['cp311-manylinux_x86_64'],
    pins: [...pins.values()],
    files,
    'frozen-by': 'anonymous',
    ...given,
  })
  const text = printManifest(manifest)
  return { manifest, text, digest: digestOf(text), signatures: [] }
}

export const noFacts: DistributionFacts = {
  requires: [],
  extras: [],
  buildRequires: [],
  licence: { expression: null, text: null, classifiers: [] },
  sboms: [],
}

export function factsOf(
  known: Readonly<Record<string, Partial<DistributionFacts>>>,
): NonNullable<Surroundings['factsOf']> {
  const byDigest = new Map(Object.entries(known).map(([filename, facts]) => [digestOf(filename), facts]))
  return (sha256) => {
    const facts = byDigest.get(sha256)
    return facts && { ...noFacts, ...facts }
  }
}

const nasty = `]] """ ''' "quoted" \\ \u0000\u0007\u007f\r\n[buildout]\u2028index = http://evil.example/ \${buildout:directory} <&> ä`

/** What no registry would take in, as if it had: no printer may let it out of the place that it has. */
export const nastyRelease = aRelease(
  [
    aFile('Zope-1.0-py3-none-any.whl', { name: 'Zope', 'requires-python': nasty }),
    aFile('acme-1.0.tar.gz', { name: 'acme', 'requires-python': '>=3.8, <4' }),
    aFile('evil-1.0.egg', { name: 'evil' }),
    aFile(`x${nasty}-1.0.tar.gz`, { name: nasty, version: nasty, project: nasty as ProjectName }),
  ],
  {
    roots: [nasty, 'Zope==1.0'],
    pins: [
      { project: 'zope' as ProjectName, name: 'Zope', version: '1.0', marker: `os_name == "'''" or os_name == ']]"'` },
      { project: 'acme' as ProjectName, name: 'acme', version: '1.0', marker: null },
      { project: 'evil' as ProjectName, name: 'evil', version: '1.0', marker: null },
      { project: nasty as ProjectName, name: nasty, version: nasty, marker: nasty },
    ],
  },
)

export const nastyFacts = factsOf({
  'Zope-1.0-py3-none-any.whl': {
    requires: ['acme ; python_version >= "3"', nasty, 'evil ; os_name ~= "x"'],
    licence: { expression: nasty, text: null, classifiers: [] },
    sboms: [
      { path: `Zope-1.0.dist-info/sboms/${nasty}.cdx.json`, sha256: digestOf('a'), text: nasty },
      { path: 'Zope-1.0.dist-info/sboms/b.cdx.json', sha256: digestOf('b'), text: hostileBom() },
    ],
  },
  'acme-1.0.tar.gz': { requires: null, licence: { expression: null, text: nasty, classifiers: [] } },
})

function hostileBom(): string {
  const deep = Array.from({ length: 500 }).reduce<object>((inner) => ({ name: 'deep', components: [inner] }), {})
  return JSON.stringify({
    bomFormat: 'CycloneDX',
    components: [
      { name: nasty, type: nasty, version: nasty, purl: nasty, group: 7, 'bom-ref': 'release:karl/3.30' },
      { name: 'same', 'bom-ref': 'same', hashes: [{ alg: 'MD5', content: nasty }, { alg: nasty }, null] },
      { name: 'same', 'bom-ref': 'same', licenses: [{ expression: nasty }, { license: { id: nasty } }, 'MIT'] },
      { name: '' },
      null,
      7,
      deep,
    ],
    dependencies: [{ ref: 'same', dependsOn: ['same', 'release:karl/3.30', 7] }, { ref: 7, dependsOn: 'same' }, null],
  })
}
