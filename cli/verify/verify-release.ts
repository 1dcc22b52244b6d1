import pLimit from 'p-limit'
import { releaseDirectory } from '../../pool/export/tree.ts'
import type { Sha256 } from '../../pool/distribution.ts'
import type { PublicKey } from '../../pool/proof/public-key.ts'
import {
  expectedFiles,
  fileProblem,
  isAlias,
  namedBase,
  sbomProblems,
  type ExpectedFile,
  type FoundFile,
} from '../../pool/proof/release-files.ts'
import type { ReleaseProblem } from '../../pool/proof/release-problem.ts'
import { readSigned, type ProvenManifest, type SignedManifest } from '../../pool/proof/signed-manifest.ts'
import { printReleaseName, type ReleaseName } from '../../pool/release-name.ts'
import { compareCodePoints } from '../../pool/version.ts'
import type { Progress } from '../progress.ts'
import { measure, readDocument, type FoundDocument } from './measure.ts'
import type { Place } from './place.ts'

const atOnce = 8

export interface Verifying {
  readonly place: Place
  /** What signatures are believed by; `undefined`: none. */
  readonly keys: readonly PublicKey[] | undefined
  /** URL that the documents are to name; `undefined`: the place's own. */
  readonly base: string | undefined
  readonly bar: Progress
  readonly signal: AbortSignal
  /** Files of the pool that were read already: releases share them. */
  readonly known: Map<string, FoundFile>
  readonly onStart: (bytes: number) => void
}

export interface Verified extends Pick<SignedManifest, 'signers' | 'unproven'> {
  readonly release: string
  /** `undefined`: there is no manifest that all else could be held against. */
  readonly digest: Sha256 | undefined
  /** What the documents name, where nobody said what they are to name. */
  readonly base: string | undefined
  /** The files that were held against the manifest. */
  readonly checked: readonly ExpectedFile[]
  /** In the order of paths. */
  readonly problems: readonly ReleaseProblem[]
}

/** Proves one release: who signed it, and that everything of it is as it was frozen. Throws `release-unknown`. */
export async function verifyRelease(verifying: Verifying, name: ReleaseName): Promise<Verified> {
  const { place, keys } = verifying
  const directory = releaseDirectory(name)
  const stated = await place.digestOf(name)
  const read = (document: string) => readDocument(place, `${directory}/${document}`)
  const [manifest, envelope] = [await read('manifest.json'), await read('manifest.json.sig')]
  const signed = readSigned({ name, manifest: bytesOf(manifest), envelope: textOf(envelope) }, keys)
  const { proven, signers, unproven, problems } = signed
  const outcome = { release: printReleaseName(name), digest: proven?.digest, signers, unproven }
  const unread = [
    ...unreadable(`${directory}/manifest.json`, manifest),
    ...unreadable(`${directory}/manifest.json.sig`, envelope),
  ]
  const known = joined(unread, problems)
  if (!proven) return { ...outcome, base: undefined, checked: [], problems: known }
  const rest = await verifyFiles(verifying, proven)
  const all = joined([...known, ...digestProblems(directory, proven, stated)], rest.problems)
  return { ...outcome, ...rest, problems: all.toSorted((a, b) => compareCodePoints(a.path, b.path)) }
}

function bytesOf(document: FoundDocument): Buffer | undefined {
  return document.state === 'read' ? document.bytes : undefined
}

function textOf(document: FoundDocument): string | undefined {
  return bytesOf(document)?.toString('utf8')
}

function unreadable(path: string, found: FoundDocument): readonly ReleaseProblem[] {
  if (found.state === 'read' || found.state === 'missing') return []
  return [{ path, message: found.state === 'longer' ? 'is too long to be read' : `cannot be read: ${found.message}` }]
}

/** What was found first at a path says more than what follows from it there. */
function joined(first: readonly ReleaseProblem[], then: readonly ReleaseProblem[]): readonly ReleaseProblem[] {
  const known = new Set(first.map(({ path }) => path))
  return [...first, ...then.filter(({ path }) => !known.has(path))]
}

function digestProblems(
  directory: string,
  { digest }: ProvenManifest,
  stated: Sha256 | undefined,
): readonly ReleaseProblem[] {
  if (stated === undefined || stated === digest) return []
  return [
    {
      path: `${directory}/`,
      message: `is said to have the digest sha256:${stated}, but its manifest has sha256:${digest}`,
    },
  ]
}

async function verifyFiles(
  verifying: Verifying,
  proven: ProvenManifest,
): Promise<Pick<Verified, 'base' | 'checked' | 'problems'>> {
  const { place } = verifying
  const directory = releaseDirectory(proven.manifest)
  const text = async (document: string) => textOf(await readDocument(place, `${directory}/${document}`))
  const [sbom, cfg] = [await text('sbom.cdx.json'), await text('versions.cfg')]
  const named = namedBase(proven, cfg)
  const asked = verifying.base ?? place.base
  const all = expectedFiles(proven, { base: asked ?? named, named, sbom })
  const checked = place.hasAliases ? all : all.filter((file) => !isAlias(file))
  const [differing, extra] = [await verifyEach(verifying, checked), await extraFiles(place, directory, all)]
  const problems = [...differing, ...extra, ...sbomProblems(proven, sbom)]
  return { base: asked === undefined ? named : undefined, checked, problems }
}

async function verifyEach(verifying: Verifying, files: readonly ExpectedFile[]): Promise<readonly ReleaseProblem[]> {
  const { place, known, bar, signal, onStart } = verifying
  const unread = files.filter(({ path, what }) => what === 'file' && !known.has(path))
  onStart(unread.reduce((total, { size = 0 }) => total + size, 0))
  const limit = pLimit(atOnce)
  const verifyOne = async (file: ExpectedFile) => {
    signal.throwIfAborted()
    const found = known.get(file.path) ?? (await measure(place, file, file.what === 'file' ? bar.add : () => {}))
    if (file.what !== 'page' && found.state === 'read') known.set(file.path, found)
    return fileProblem(file, found) ?? []
  }
  try {
    return (await Promise.all(files.map((file) => limit(verifyOne, file)))).flat()
  } finally {
    limit.clearQueue()
  }
}

async function extraFiles(
  { listing }: Place,
  directory: string,
  expected: readonly ExpectedFile[],
): Promise<readonly ReleaseProblem[]> {
  const own = new Set(expected.map(({ path }) => path))
  const found = (await listing?.below(directory)) ?? []
  return found.filter((path) => !own.has(path)).map((path) => ({ path, message: 'is no file of this release' }))
}
