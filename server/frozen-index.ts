import { LRUCache } from 'lru-cache'
import type { Sha256 } from '../pool/distribution.ts'
import { RegistryError } from '../pool/errors.ts'
import { readManifest, type Manifest, type ManifestFile } from '../pool/manifest.ts'
import { constraintsTxt, requirementsTxt } from '../pool/documents/requirements-txt.ts'
import { versionsCfg } from '../pool/documents/versions-cfg.ts'
import { projectPageHtml, rootPageHtml } from '../pool/pages/simple-html.ts'
import { projectPageJson, rootPageJson } from '../pool/pages/simple-json.ts'
import { frozenProjectPage } from '../pool/pages/simple-page.ts'
import { isProjectName, normaliseName, parseProjectName, type ProjectName } from '../pool/project-name.ts'
import { parseReleaseName, printReleaseName, type ReleaseName } from '../pool/release-name.ts'
import type { Records } from '../storage/ports.ts'
import { answer, immutable, redirect, type Answer } from './http/answer.ts'
import { pageTypes, type PageForm } from './http/negotiate.ts'

/** A release in memory, its files by project. */
interface OpenRelease {
  readonly manifest: Manifest
  readonly text: string
  readonly digest: Sha256
  readonly byProject: ReadonlyMap<ProjectName, readonly ManifestFile[]>
}

/** The documents beside a release's pages, by their names in its URL. */
const documents: Readonly<Record<string, { type: string; print: (release: OpenRelease) => string }>> = {
  'manifest.json': { type: 'application/json', print: ({ text }) => text },
  'requirements.txt': {
    type: 'text/plain; charset=utf-8',
    print: ({ manifest, digest }) => requirementsTxt(manifest, digest),
  },
  'constraints.txt': {
    type: 'text/plain; charset=utf-8',
    print: ({ manifest, digest }) => constraintsTxt(manifest, digest),
  },
  'versions.cfg': { type: 'text/plain; charset=utf-8', print: ({ manifest, digest }) => versionsCfg(manifest, digest) },
}

/** How many bytes of manifests are kept parsed. */
const manifestBytes = 64 * 1024 * 1024

/**
 * What stands at a path below `/index/`. It is made from the release's manifest and nothing else, and never changes:
 * the caller may keep every answer. Throws `release-unknown`, `project-unknown`, `path-unknown`, `release-name-invalid`.
 */
export type FrozenIndex = (segments: readonly string[], form: () => PageForm) => Promise<Answer>

export function frozenIndex({ release }: Pick<Records, 'release'>): FrozenIndex {
  const kept = new LRUCache<string, OpenRelease>({ maxSize: manifestBytes, sizeCalculation: ({ text }) => text.length })
  const open = async (name: ReleaseName): Promise<OpenRelease> => {
    const key = printReleaseName(name)
    const known = kept.get(key)
    if (known) return known
    const frozen = await release(name)
    if (!frozen) throw new RegistryError('release-unknown', { release: key }, { detail: key })
    const opened = openRelease(frozen.manifest, frozen.digest)
    kept.set(key, opened)
    return opened
  }
  return async ([product = '', version = '', ...rest], form) => {
    if (product === '' || version === '')
      throw new RegistryError('path-unknown', {}, { hint: 'a release is at /index/PRODUCT/RELEASE/' })
    const opened = await open(parseReleaseName(product, version))
    // A path without its closing slash has one segment less than its page.
    if (rest.length === 0) return redirect(`${encodeURIComponent(version)}/`, immutable)
    const [name = '', ...below] = rest
    const document = below.length === 0 && Object.hasOwn(documents, name) ? documents[name] : undefined
    if (document) return documentAnswer(document, opened)
    if (name === '' && below.length === 0) return pageAnswer(form(), rootPages(opened), immutable)
    return projectAnswer(opened, name, below, form)
  }
}

function openRelease(text: string, digest: Sha256): OpenRelease {
  const manifest = readManifest(text)
  const byProject = new Map<ProjectName, ManifestFile[]>()
  for (const file of manifest.files) {
    const known = byProject.get(file.project)
    if (known) known.push(file)
    else byProject.set(file.project, [file])
  }
  return { manifest, text, digest, byProject }
}

function documentAnswer(
  { type, print }: { type: string; print: (release: OpenRelease) => string },
  release: OpenRelease,
): Answer {
  return answer(print(release), { type, cacheControl: immutable })
}

function projectAnswer(release: OpenRelease, name: string, below: readonly string[], form: () => PageForm): Answer {
  const place = projectPlace(name, below)
  const files = release.byProject.get(place.project)
  if (!files) {
    const facts = { project: name, release: printReleaseName(release.manifest) }
    throw new RegistryError('project-unknown', facts, { detail: `${facts.release} has no ${name}` })
  }
  if (place.redirect !== undefined) return redirect(place.redirect, immutable)
  const page = frozenProjectPage(release.digest, files)
  return pageAnswer(form(), { html: () => projectPageHtml(page), json: () => projectPageJson(page) }, immutable)
}

/**
 * The project that `<name>/` below an index means, and where to go if that is not its page's own URL: old setuptools
 * asks for `/zope.interface/`, people leave out the slash. Throws `name-invalid`, `path-unknown`.
 */
export function projectPlace(name: string, below: readonly string[]): { project: ProjectName; redirect?: string } {
  if (below.length > 1 || (below.length === 1 && below[0] !== '')) throw new RegistryError('path-unknown')
  if (!isProjectName(name)) parseProjectName(name)
  const project = normaliseName(name)
  if (below.length === 0) return { project, redirect: `${project}/` }
  return name === project ? { project } : { project, redirect: `../${project}/` }
}

interface PagePrinters {
  readonly html: () => string
  readonly json: () => string
}

function rootPages({ digest, byProject, manifest }: OpenRelease): PagePrinters {
  const page = { release: digest, projects: manifest.pins.filter(({ project }) => byProject.has(project)) }
  return { html: () => rootPageHtml(page), json: () => rootPageJson(page) }
}

/** An index page in the form that was asked for. */
export function pageAnswer(form: PageForm, { html, json }: PagePrinters, cacheControl: string): Answer {
  return answer(form === 'v1+json' ? json() : html(), { type: pageTypes[form], cacheControl, vary: 'Accept' })
}
