import { unlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text as textOf } from 'node:stream/consumers'
import { attestationsOf } from '../../pool/attestations/provenance.ts'
import { documentNames } from '../../pool/documents/document-names.ts'
import { releaseTree, type TreeFile } from '../../pool/export/tree.ts'
import { readManifest } from '../../pool/manifest.ts'
import { compareCodePoints } from '../../pool/version.ts'
import { importRelease } from '../calls/import.ts'
import { withStaging } from '../files/staging-directory.ts'
import { checked, writeChecked } from '../files/write-checked.ts'
import { printNotice } from '../notices.ts'
import { uploadPending, type Pending } from '../uploading.ts'
import { longestManifest, longestProvenance, type Importing, type TakenRelease } from './importing.ts'
import { invalid, readBundle, type BundleEntry } from './read-bundle.ts'

/** More pages than a release of a hundred thousand projects has. */
const mostPages = 1_000_000
/** No document of a release is longer. */
const longestPage = 256 * 1024 * 1024

/**
 * Takes the release of a bundle, manifest and all. Its entries are in order, so the manifest comes before the files: the
 * server judges it first, and then every file is held against it. One is staged at a time. Throws `bundle-invalid`,
 * `digest-mismatch`, and what the server says.
 */
export async function importBundle(importing: Importing, file: string): Promise<TakenRelease> {
  const entries = inOrder(readBundle(file), file)
  try {
    return await takeBundle(importing, file, entries)
  } finally {
    // However it ends, the file is not to stay open.
    await entries.return(undefined)
  }
}

async function takeBundle(
  importing: Importing,
  file: string,
  entries: AsyncGenerator<BundleEntry>,
): Promise<TakenRelease> {
  const pages = await readPages(entries, file)
  const { manifest, envelope, first } = pages
  const asked = { manifest, ...(envelope === undefined ? {} : { envelope }) }
  const answer = await importRelease(importing.connection, { ...asked, dryRun: true })
  const wanted = expectedOf(manifest)
  refuseUnknown(pages.paths, wanted.pages, file)
  const taken = { from: file, added: answer.lacking.length, files: readManifest(manifest).files.length }
  const plan = {
    importing,
    file,
    lacking: new Set(importing.dryRun ? [] : answer.lacking),
    files: new Map(wanted.files),
  }
  await withStaging(tmpdir(), (staging) => takeFiles(plan, staging, first, entries))
  if (plan.files.size > 0) throw invalid(file, `it does not have ${listed([...plan.files.keys()])}`)
  if (importing.dryRun) return { ...answer, ...taken }
  return { ...(await importRelease(importing.connection, { ...asked, dryRun: false })), ...taken }
}

/** Throws `bundle-invalid` if a path does not come after the one before it: then none is there twice. */
async function* inOrder(entries: AsyncIterable<BundleEntry>, file: string): AsyncGenerator<BundleEntry> {
  let before = ''
  for await (const entry of entries) {
    if (compareCodePoints(before, entry.path) >= 0) throw invalid(file, `${quoted(entry.path)} is out of order`)
    before = entry.path
    yield entry
  }
}

interface Pages {
  readonly manifest: string
  readonly envelope: string | undefined
  readonly paths: readonly string[]
  /** The entry that is no page any more. */
  readonly first: BundleEntry | undefined
}

const manifestPath = /^index\/[^/]+\/[^/]+\/manifest\.json$/

/** All that comes before the files. Pages follow from the manifest, so that nobody need read them. */
async function readPages(entries: AsyncGenerator<BundleEntry>, file: string): Promise<Pages> {
  const paths: string[] = []
  let manifest: string | undefined
  let envelope: string | undefined
  let first: BundleEntry | undefined
  for (let next = await entries.next(); !next.done; next = await entries.next()) {
    const { path, size, bytes } = next.value
    if (path.startsWith('pool/')) {
      first = next.value
      break
    }
    if (paths.push(path) > mostPages || size > longestPage) throw invalid(file, `${quoted(path)} is too much`)
    if (path.endsWith('/manifest.json.sig') && size <= 2 * longestManifest) envelope = await textOf(bytes())
    if (!manifestPath.test(path)) continue
    if (manifest !== undefined || size > longestManifest)
      throw invalid(file, `${quoted(path)} is one manifest too many`)
    manifest = await textOf(bytes())
  }
  if (manifest === undefined) throw invalid(file, 'it has no manifest before its files')
  return { manifest, envelope, paths, first }
}

interface ExpectedEntries {
  readonly pages: ReadonlySet<string>
  readonly files: ReadonlyMap<string, TreeFile>
}

function expectedOf(text: string): ExpectedEntries {
  const manifest = readManifest(text)
  const documents = new Map(documentNames.map((name) => [name, '']))
  const entries = releaseTree({ manifest, digest: '', documents })
  return {
    pages: new Set(['index.html', ...entries.filter(({ what }) => what === 'page').map(({ path }) => path)]),
    files: new Map(entries.flatMap((entry) => (entry.what === 'page' ? [] : [[entry.path, entry] as const]))),
  }
}

function refuseUnknown(paths: readonly string[], known: ReadonlySet<string>, file: string): void {
  const unknown = paths.filter((path) => !known.has(path))
  if (unknown.length > 0) throw invalid(file, `no release has ${listed(unknown)}`)
}

interface Plan {
  readonly importing: Importing
  readonly file: string
  /** Filenames that the pool does not have. */
  readonly lacking: ReadonlySet<string>
  /** What has not come yet, by path. */
  readonly files: Map<string, TreeFile>
}

async function takeFiles(
  plan: Plan,
  staging: string,
  first: BundleEntry | undefined,
  rest: AsyncGenerator<BundleEntry>,
): Promise<void> {
  if (first) await takeFile(plan, staging, first)
  for await (const entry of rest) await takeFile(plan, staging, entry)
}

async function takeFile({ importing, file, lacking, files }: Plan, staging: string, entry: BundleEntry): Promise<void> {
  const expected = files.get(entry.path)
  if (!expected) throw invalid(file, `the manifest does not have ${quoted(entry.path)}`)
  files.delete(entry.path)
  const { what, sha256, size, file: own } = expected
  const bytes = checked(entry.bytes(), { name: entry.path, sha256, size })
  if (what === 'metadata' || !lacking.has(own.filename)) return drain(bytes)
  const staged = join(staging, own.filename)
  const pending = { path: staged, size: own.size, origin: own.origin ?? undefined }
  if (what === 'file') await writeChecked(staged, bytes, { name: entry.path, sha256, size })
  else if (files.has(`pool/${own.project}/${own.filename}`) || entry.size > longestProvenance)
    throw invalid(file, `${quoted(entry.path)} is not that of a file before it`)
  // What goes up with the file comes behind it.
  if (what === 'provenance') await upload(importing, { ...pending, attestations: attestationsOf(await textOf(bytes)) })
  else if (own['provenance-sha256'] === undefined) await upload(importing, pending)
}

async function upload(importing: Importing, pending: Pending): Promise<void> {
  const { notices = [] } = await uploadPending(importing, pending)
  if (!importing.json) for (const notice of notices) importing.bar.line(`note     ${printNotice(notice)}`)
  await unlink(pending.path)
}

/** To see that they are right. */
async function drain(bytes: AsyncIterable<unknown>): Promise<void> {
  for await (const _ of bytes);
}

function listed(paths: readonly string[]): string {
  const shown = paths.slice(0, 5).map(quoted).join(', ')
  return paths.length > 5 ? `${shown} and ${paths.length - 5} more` : shown
}

function quoted(path: string): string {
  return JSON.stringify(path.slice(0, 200))
}
