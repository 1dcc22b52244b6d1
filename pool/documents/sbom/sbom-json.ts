/**
 * The release as a software bill of materials.
 * https://cyclonedx.org/docs/1.6/json/ , https://github.com/package-url/purl-spec
 */
import { Enums, Models, Serialize, Spec } from '@cyclonedx/cyclonedx-library'
import { PackageURL } from 'packageurl-js'
import { digestOf } from '../../digest.ts'
import type { DistributionFacts, EmbeddedSbom } from '../../facts.ts'
import { filesByProject, type Manifest, type ManifestFile, type ManifestPin } from '../../manifest.ts'
import type { ProjectName } from '../../project-name.ts'
import { printReleaseName } from '../../release-name.ts'
import { poolPath, toRoot, type DocumentedRelease, type Surroundings } from '../document.ts'
import { licencesOf } from './component-licence.ts'
import { dependencyGraph, type DependencyGraph } from './dependency-graph.ts'
import { mergeEmbedded } from './embedded-sbom.ts'

type FactsOf = NonNullable<Surroundings['factsOf']>

/**
 * Pins are components; the files of each, with their digests, lie inside it, and inside a wheel what its own documents say
 * is in it. The same release and facts give the same bytes: everything comes sorted, since the library's sorting goes by
 * the machine's language, and every reference is given, since it would invent what lacks.
 */
export function sbomJson(release: DocumentedRelease, { factsOf = () => undefined }: Surroundings): string {
  const { manifest, digest } = release
  const graph = dependencyGraph(manifest, factsOf)
  const filesOf = filesByProject(manifest)
  const components = new Map(
    manifest.pins.map((pin) => [pin.project, pinComponent(pin, filesOf.get(pin.project) ?? [], factsOf)]),
  )
  const product = productComponent(release)
  connect(product, components, graph)
  const bom = new Models.Bom({
    serialNumber: serialNumber(digest),
    metadata: new Models.Metadata({
      timestamp: new Date(manifest['frozen-at']),
      tools: new Models.Tools({
        components: new Models.ComponentRepository([new Models.Component(Enums.ComponentType.Application, 'firn')]),
      }),
      component: product,
    }),
    components: new Models.ComponentRepository(components.values()),
  })
  const serializer = new Serialize.JsonSerializer(new Serialize.JSON.Normalize.Factory(Spec.Spec1dot6))
  return `${serializer.serialize(bom, { sortLists: false, space: 1 })}\n`
}

/** Whose bill of materials it is, by the release's digest. RFC 9562, 5.8: a UUID of one's own making. */
export function serialNumber(digest: string): string {
  const hex = digestOf(`sbom of release ${digest}`)
  const variant = ((Number.parseInt(hex.charAt(16), 16) & 3) | 8).toString(16)
  const parts = [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `8${hex.slice(13, 16)}`,
    variant + hex.slice(17, 20),
    hex.slice(20, 32),
  ]
  return `urn:uuid:${parts.join('-')}`
}

function productComponent({ manifest, digest }: DocumentedRelease): Models.Component {
  return new Models.Component(Enums.ComponentType.Application, manifest.product, {
    bomRef: `release:${printReleaseName(manifest)}`,
    version: manifest.release,
    properties: new Models.PropertyRepository([
      new Models.Property('firn:digest', `sha256:${digest}`),
      ...manifest.targets.map((target) => new Models.Property('firn:target', target)),
      ...baseProperty(manifest),
    ]),
  })
}

function baseProperty({ base }: Manifest): readonly Models.Property[] {
  return base ? [new Models.Property('firn:base', `${printReleaseName(base)} sha256:${base.digest}`)] : []
}

function pinComponent(
  { project, name, version }: ManifestPin,
  files: readonly ManifestFile[],
  factsOf: FactsOf,
): Models.Component {
  const purl = purlOf(project, version)
  const known = files.flatMap((file) => factsOf(file.sha256) ?? [])
  const statement = known.map(({ licence }) => licencesOf(licence)).find(({ size }) => size > 0)
  return new Models.Component(Enums.ComponentType.Library, name, {
    bomRef: purl,
    version,
    purl,
    ...(statement ? { licenses: statement } : {}),
    components: new Models.ComponentRepository(files.map((file) => fileComponent(file, factsOf(file.sha256)))),
  })
}

function purlOf(project: ProjectName, version: string, filename?: string): string {
  const qualifiers = filename === undefined ? undefined : { file_name: filename }
  return new PackageURL('pypi', undefined, project, version, qualifiers, undefined).toString()
}

function fileComponent(file: ManifestFile, facts: DistributionFacts | undefined): Models.Component {
  const { project, version, filename, sha256 } = file
  const url = `${toRoot}${poolPath(file)}`
  const purl = purlOf(project, version, filename)
  const component = new Models.Component(Enums.ComponentType.File, filename, {
    bomRef: purl,
    purl,
    hashes: sha256Of(sha256),
    externalReferences: new Models.ExternalReferenceRepository([
      new Models.ExternalReference(url, Enums.ExternalReferenceType.Distribution),
      ...(facts?.sboms ?? []).map((sbom) => sbomReference(url, sbom)),
    ]),
  })
  for (const sbom of facts?.sboms ?? []) mergeEmbedded(component, sbom)
  return component
}

/** A document inside a wheel, whatever its format: where it is, and its digest. */
function sbomReference(url: string, { path, sha256 }: EmbeddedSbom): Models.ExternalReference {
  return new Models.ExternalReference(`${url}#${encodeURIComponent(path)}`, Enums.ExternalReferenceType.BOM, {
    hashes: sha256Of(sha256),
    comment: path,
  })
}

function sha256Of(sha256: string): Models.HashDictionary {
  return new Models.HashDictionary([[Enums.HashAlgorithm['SHA-256'], sha256]])
}

/** A component whose needs nobody knows says so, since CycloneDX takes none stated for none. */
function connect(
  product: Models.Component,
  components: ReadonlyMap<ProjectName, Models.Component>,
  { top, needs, unknown }: DependencyGraph,
): void {
  const refs = (projects: readonly ProjectName[]) =>
    projects.flatMap((project) => components.get(project)?.bomRef ?? [])
  for (const ref of refs(top)) product.dependencies.add(ref)
  for (const [project, component] of components) {
    for (const ref of refs(needs.get(project) ?? [])) component.dependencies.add(ref)
    if (unknown.has(project)) component.properties.add(new Models.Property('firn:dependencies', 'unknown'))
  }
}
