import { LRUCache } from 'lru-cache'
import { RegistryError } from '../../pool/errors.ts'
import type { DocumentedRelease } from '../../pool/documents/document.ts'
import { releaseDocument, type ReleaseDocument } from '../../pool/documents/documents.ts'
import { filesByProject, readManifest, type ManifestFile } from '../../pool/manifest.ts'
import { frozenProjectPage, type RootPage } from '../../pool/pages/simple-page.ts'
import type { ProjectName } from '../../pool/project-name.ts'
import { parseReleaseName, printReleaseName, type ReleaseName } from '../../pool/release-name.ts'
import type { FrozenRelease } from '../../storage/ports.ts'
import { factsOfFiles, type FactsDeps } from '../actions/facts-of-files.ts'
import { answer, immutable, redirect, revalidate, sizeOf, type Answer } from '../http/answer.ts'
import type { PageForm } from '../http/negotiate.ts'
import { projectPageAnswer, projectPlace, rootPageAnswer } from '../http/simple-answer.ts'

/** A release in memory, its files by project. */
interface OpenRelease extends DocumentedRelease {
  readonly byProject: ReadonlyMap<ProjectName, readonly ManifestFile[]>
}

/** How many bytes of manifests are kept parsed. */
const manifestBytes = 64 * 1024 * 1024
/** And of documents that vary: apart from all else, since whoever asks under many names of the host would push that out. */
const varyingBytes = 16 * 1024 * 1024

interface Varying {
  readonly kept: LRUCache<string, Answer>
  /** Being made: a large one takes half a second, which whoever asks meanwhile waits for and does not take again. */
  readonly making: Map<string, Promise<Answer>>
  readonly facts: FactsDeps
}

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
  const varying: Varying = {
    kept: new LRUCache({ maxSize: varyingBytes, sizeCalculation: sizeOf }),
    making: new Map(),
    facts: deps,
  }
  return async ([product = '', version = '', ...rest], asked, hidden) => {
    if (product === '' || version === '')
      throw new RegistryError('path-unknown', {}, { hint: 'a release is at /index/PRODUCT/RELEASE/' })
    const opened = await open(parseReleaseName(product, version), hidden)
    // A path without its closing slash has one segment less than its page.
    if (rest.length === 0) return redirect(`${encodeURIComponent(version)}/`, immutable)
    const [name = '', ...below] = rest
    const document = below.length === 0 ? releaseDocument(name) : undefined
    if (document) return documentAnswer(varying, document, opened, asked)
    if (name === '' && below.length === 0) return rootPageAnswer(asked.form(), rootPage(opened), immutable)
    return projectAnswer(opened, name, below, asked.form)
  }
}

function openRelease({ manifest: text, digest, signatures }: FrozenRelease): OpenRelease {
  const manifest = readManifest(text)
  return { manifest, text, digest, signatures, byProject: filesByProject(manifest) }
}

/**
 * A document that names the host is for those who came by that name: no cache may give it to others. One that is made
 * from facts says more when a newer firn reads more of them.
 */
async function documentAnswer(
  varying: Varying,
  document: ReleaseDocument,
  release: OpenRelease,
  asked: AskedOfIndex,
): Promise<Answer> {
  const { name, type, variesBy, print } = document
  if (variesBy === null) return answer(print(release, {}), { type, cacheControl: immutable })
  const { kept, making } = varying
  const base = variesBy === 'base' ? asked.base() : undefined
  const key = `${release.digest} ${name} ${base ?? ''}`
  const known = kept.get(key) ?? making.get(key)
  if (known) return known
  const made = varyingAnswer(varying, document, release, base)
  making.set(key, made)
  try {
    kept.set(key, await made)
    return await made
  } finally {
    making.delete(key)
  }
}

async function varyingAnswer(
  { facts }: Varying,
  { type, variesBy, print }: ReleaseDocument,
  release: OpenRelease,
  base: string | undefined,
): Promise<Answer> {
  const read = variesBy === 'factsOf' ? await factsOfFiles(facts, release.manifest.files) : undefined
  const text = print(release, { base, factsOf: (sha256) => read?.get(sha256) })
  return answer(text, { type, cacheControl: variesBy === 'base' ? `private, ${revalidate}` : revalidate })
}

function projectAnswer(release: OpenRelease, name: string, below: readonly string[], form: () => PageForm): Answer {
  const place = projectPlace(name, below)
  const files = release.byProject.get(place.project)
  if (!files) {
    const facts = { project: name, release: printReleaseName(release.manifest) }
    throw new RegistryError('project-unknown', facts, { detail: `${facts.release} has no ${name}` })
  }
  if (place.redirect !== undefined) return redirect(place.redirect, immutable)
  return projectPageAnswer(form(), frozenProjectPage(release.digest, files), immutable)
}

function rootPage({ digest, byProject, manifest }: OpenRelease): RootPage {
  return { release: digest, projects: manifest.pins.filter(({ project }) => byProject.has(project)) }
}
