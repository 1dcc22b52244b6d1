import type { Sha256 } from '../distribution.ts'
import { RegistryError } from '../errors.ts'
import { parseFilename } from '../filename.ts'
import { filesByProject, type Manifest, type ManifestFile } from '../manifest.ts'
import { projectPageHtml, rootPageHtml } from '../pages/simple-html.ts'
import { projectPageJson, rootPageJson } from '../pages/simple-json.ts'
import { frozenProjectPage } from '../pages/simple-page.ts'
import { isProjectName, normaliseName, type ProjectName } from '../project-name.ts'
import { parseReleaseName } from '../release-name.ts'
import { compareCodePoints } from '../version.ts'

/**
 * A release as plain files, at the paths at which a server has its URLs:
 *
 *     index/<product>/<release>/index.html, index.json       the root page, as HTML and as JSON
 *     index/<product>/<release>/<project>/index.html, …json  a project's page, under its normalised and its real names
 *     index/<product>/<release>/manifest.json, …             the documents
 *     pool/<project>/<filename>, <filename>.metadata         the files
 *     pool/<project>/<filename>.provenance                   the attestations of those that have some
 */
export type TreeEntry = TreePage | TreeFile

/** A file whose bytes are made from the manifest. */
export interface TreePage {
  readonly what: 'page'
  readonly path: string
  readonly text: string
}

/** A file whose bytes the pool has. */
export interface TreeFile {
  readonly what: 'file' | 'metadata' | 'provenance'
  readonly path: string
  readonly sha256: Sha256
  /** `undefined`: the manifest does not say. */
  readonly size: number | undefined
  readonly file: ManifestFile
}

export interface TreeInput {
  readonly manifest: Manifest
  readonly digest: Sha256
  /** What stands beside the root page, `manifest.json` among it: text by name. */
  readonly documents: ReadonlyMap<string, string>
}

/** All that the tree of one release holds, ascending by path. Throws `manifest-invalid` on names that are no paths. */
export function releaseTree(input: TreeInput): readonly TreeEntry[] {
  const directory = releaseDirectory(input.manifest)
  const pages = [...rootPages(input), ...projectPages(input), ...documents(input)]
  const entries: TreeEntry[] = [
    ...pages.map(({ path, text }) => ({ what: 'page' as const, path: `${directory}/${path}`, text })),
    ...input.manifest.files.flatMap(poolEntries),
  ]
  return entries.toSorted((a, b) => compareCodePoints(a.path, b.path))
}

/** `index/karl/3.30`, where a release's pages lie. Throws `release-name-invalid`. */
export function releaseDirectory({ product, release }: Pick<Manifest, 'product' | 'release'>): string {
  parseReleaseName(product, release)
  return `index/${product}/${release}`
}

interface Page {
  /** Below the release's directory. */
  readonly path: string
  readonly text: string
}

function documents(input: TreeInput): readonly Page[] {
  return [...input.documents].map(([path, text]) => ({ path, text }))
}

function rootPages({ manifest, digest }: TreeInput): readonly Page[] {
  const filled = new Set(manifest.files.map(({ project }) => project))
  const page = { release: digest, projects: manifest.pins.filter(({ project }) => filled.has(project)) }
  return [
    { path: 'index.html', text: rootPageHtml(page) },
    { path: 'index.json', text: rootPageJson(page) },
  ]
}

function projectPages(input: TreeInput): readonly Page[] {
  const { manifest, digest } = input
  const byProject = filesByProject(manifest)
  const pinned = new Map(manifest.pins.map(({ project, name }) => [project, name]))
  const taken = new Set<string>(['index.html', 'index.json', ...input.documents.keys(), ...byProject.keys()])
  return [...byProject].flatMap(([project, files]) => {
    const page = frozenProjectPage(digest, files)
    const [html, json] = [projectPageHtml(page), projectPageJson(page)]
    const names = new Set([...files.map(({ name }) => name), pinned.get(project) ?? project])
    return directoriesOf(project, names, taken).flatMap((directory) => [
      { path: `${directory}/index.html`, text: html },
      { path: `${directory}/index.json`, text: json },
    ])
  })
}

/**
 * Where a project's page lies: a static tree cannot redirect the real name, as a server does for setuptools before 69,
 * so it has the page under each name that the release spells the project by.
 */
function directoriesOf(
  project: ProjectName,
  names: ReadonlySet<string>,
  taken: ReadonlySet<string>,
): readonly string[] {
  if (![project, ...names].every((name) => isProjectName(name) && normaliseName(name) === project))
    throw unusable(project)
  return [project, ...[...names].filter((name) => !taken.has(name))]
}

function poolEntries(file: ManifestFile): readonly TreeFile[] {
  const { project, filename, sha256, size } = file
  parseFilename(filename)
  const path = `pool/${project}/${filename}`
  const beside = (what: 'metadata' | 'provenance', digest: Sha256 | undefined): readonly TreeFile[] =>
    digest === undefined ? [] : [{ what, path: `${path}.${what}`, sha256: digest, size: undefined, file }]
  return [
    { what: 'file', path, sha256, size, file },
    ...beside('metadata', file['metadata-sha256']),
    ...beside('provenance', file['provenance-sha256']),
  ]
}

function unusable(name: string): RegistryError {
  const problems = [{ message: `${JSON.stringify(name.slice(0, 100))} is not a normalised project name` }]
  return new RegistryError('manifest-invalid', { problems }, { detail: '1 problem' })
}
