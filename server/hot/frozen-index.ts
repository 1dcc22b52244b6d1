import { LRUCache } from 'lru-cache'
import { RegistryError } from '../../pool/errors.ts'
import type { DocumentedRelease } from '../../pool/documents/document.ts'
import { releaseDocument } from '../../pool/documents/documents.ts'
import { filesByProject, readManifest, type ManifestFile } from '../../pool/manifest.ts'
import { frozenProjectPage, type RootPage } from '../../pool/pages/simple-page.ts'
import type { ProjectName } from '../../pool/project-name.ts'
import { parseReleaseName, printReleaseName, type ReleaseName } from '../../pool/release-name.ts'
import type { FrozenRelease } from '../../storage/ports.ts'
import type { FactsDeps } from '../actions/facts-of-files.ts'
import { immutable, redirect, type Answer } from '../http/answer.ts'
import type { PageForm } from '../http/negotiate.ts'
import { projectPageAnswer, projectPlace, rootPageAnswer } from '../http/simple-answer.ts'
import { documentAnswers } from './document-answers.ts'

/** A release in memory, its files by project. */
interface OpenRelease extends DocumentedRelease {
  readonly byProject: ReadonlyMap<ProjectName, readonly ManifestFile[]>
}

/** How many bytes of manifests are kept parsed. */
const manifestBytes = 64 * 1024 * 1024

export interface AskedOfIndex {
  /** Throws `not-acceptable`. */
  readonly form: () => PageForm
  /** The URL that the client came by. Throws `request-invalid`. */
  readonly base: () => string | undefined
}

/**
 * What stands at a path below `/index/`. Pages are made from the release's manifest and nothing else, and never change,
 * nor do most documents: the caller may keep every answer that is `immutable`. Throws `release-unknown`,
 * `project-unknown`, `path-unknown`, `release-name-invalid`.
 */
export type FrozenIndex = (
  segments: readonly string[],
  asked: AskedOfIndex,
  /** Products whose releases are not there for the one who asks. */
  hidden: ReadonlySet<string>,
) => Promise<Answer>

export function frozenIndex(deps: FactsDeps): FrozenIndex {
  const kept = new LRUCache<string, OpenRelease>({ maxSize: manifestBytes, sizeCalculation: ({ text }) => text.length })
  const open = async (name: ReleaseName, hidden: ReadonlySet<string>): Promise<OpenRelease> => {
    const key = printReleaseName(name)
    const isHidden = hidden.has(name.product)
    const known = isHidden ? undefined : kept.get(key)
    if (known) return known
    const frozen = isHidden ? undefined : await deps.records.release(name)
    if (!frozen) throw new RegistryError('release-unknown', { release: key }, { detail: key })
    const opened = openRelease(frozen)
    kept.set(key, opened)
    return opened
  }
  const documentAnswer = documentAnswers(deps)
  return async ([product = '', version = '', ...rest], asked, hidden) => {
    if (product === '' || version === '')
      throw new RegistryError('path-unknown', {}, { hint: 'a release is at /index/PRODUCT/RELEASE/' })
    const opened = await open(parseReleaseName(product, version), hidden)
    // A path without its closing slash has one segment less than its page.
    if (rest.length === 0) return redirect(`${encodeURIComponent(version)}/`, immutable)
    const [name = '', ...below] = rest
    const document = below.length === 0 ? releaseDocument(name) : undefined
    if (document) return documentAnswer({ document, release: opened, base: asked.base })
    if (name === '' && below.length === 0) return rootPageAnswer(asked.form(), rootPage(opened), immutable)
    return projectAnswer(opened, { name, below }, asked.form)
  }
}

function openRelease({ manifest: text, digest, signatures }: FrozenRelease): OpenRelease {
  const manifest = readManifest(text)
  return { manifest, text, digest, signatures, byProject: filesByProject(manifest) }
}

function projectAnswer(
  { manifest, digest, byProject }: OpenRelease,
  { name, below }: { readonly name: string; readonly below: readonly string[] },
  form: () => PageForm,
): Answer {
  const { project, redirect: to } = projectPlace(name, below)
  const files = byProject.get(project)
  if (!files) {
    const release = printReleaseName(manifest)
    throw new RegistryError('project-unknown', { project: name, release }, { detail: `${release} has no ${name}` })
  }
  if (to !== undefined) return redirect(to, immutable)
  return projectPageAnswer(form(), frozenProjectPage(digest, files), immutable)
}

function rootPage({ digest, byProject, manifest }: OpenRelease): RootPage {
  return { release: digest, projects: manifest.pins.filter(({ project }) => byProject.has(project)) }
}
