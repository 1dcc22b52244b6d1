import { lstat, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { attestationsOf } from '../../pool/attestations/provenance.ts'
import { digestOf } from '../../pool/digest.ts'
import type { Sha256 } from '../../pool/distribution.ts'
import { RegistryError } from '../../pool/errors.ts'
import { releaseDirectory } from '../../pool/export/tree.ts'
import { readManifest, type ManifestFile } from '../../pool/manifest.ts'
import { printReleaseName, type ReleaseName } from '../../pool/release-name.ts'
import { importRelease } from '../calls/import.ts'
import { releasesIn } from '../export/list-releases.ts'
import { digestIfThere } from '../files/file-digest.ts'
import { uploadAll, type Pending } from '../uploading.ts'
import { longestManifest, longestProvenance, type Importing, type TakenRelease } from './importing.ts'

/** The releases of a directory that `firn export` has written, in the order of their names. */
export async function releasesOfTree(top: string): Promise<readonly ReleaseName[]> {
  const names = await releasesIn(top)
  return names.toSorted((a, b) => (printReleaseName(a) < printReleaseName(b) ? -1 : 1))
}

/**
 * Takes one release of a tree, manifest and all. The server judges the manifest before any of its names is believed.
 * Throws what it says, and `import-refused` with all files that are not what the manifest says.
 */
export async function importFromTree(importing: Importing, top: string, name: ReleaseName): Promise<TakenRelease> {
  const [manifest, envelope] = await readDocuments(join(top, releaseDirectory(name)))
  const asked = { manifest, ...(envelope === undefined ? {} : { envelope }) }
  const checked = await importRelease(importing.connection, { ...asked, dryRun: true })
  const files = readManifest(manifest).files
  const wanted = files.filter(({ filename }) => checked.lacking.includes(filename))
  const pending = await checkFiles(top, name, wanted)
  const taken = { from: top, added: wanted.length, files: files.length }
  if (importing.dryRun) return { ...checked, ...taken }
  const { failures } = await uploadAll(importing, pending)
  if (failures.length > 0)
    throw refused(
      name,
      failures.map(({ message }) => message),
    )
  return { ...(await importRelease(importing.connection, { ...asked, dryRun: false })), ...taken }
}

async function readDocuments(directory: string): Promise<readonly [string, string | undefined]> {
  const envelope = join(directory, 'manifest.json.sig')
  const signed = await lstat(envelope).catch(() => undefined)
  return [await readText(join(directory, 'manifest.json')), signed && (await readText(envelope))]
}

async function readText(path: string): Promise<string> {
  const status = await lstat(path)
  if (status.isFile() && status.size <= 2 * longestManifest) return readFile(path, 'utf8')
  throw new RegistryError('input-unreadable', { path }, { detail: `${path} is no manifest` })
}

async function checkFiles(top: string, name: ReleaseName, files: readonly ManifestFile[]): Promise<readonly Pending[]> {
  const problems: string[] = []
  for (const { project, filename, sha256 } of files) {
    const found = await digestIfThere(join(top, 'pool', project, filename))
    if (found === undefined) problems.push(`pool/${project}/${filename} is not there`)
    else if (found !== sha256) problems.push(`pool/${project}/${filename} holds other bytes than the manifest says`)
  }
  const pending: Pending[] = []
  for (const file of files) {
    const path = join(top, 'pool', file.project, file.filename)
    const attestations = await attestationsBeside(path, file['provenance-sha256'])
    if (attestations === null) problems.push(`pool/${file.project}/${file.filename}.provenance is not what was frozen`)
    else pending.push({ path, size: file.size, attestations, origin: file.origin ?? undefined })
  }
  if (problems.length > 0) throw refused(name, problems)
  return pending
}

/** `null`: they are not what the manifest says. Throws `attestation-invalid`. */
async function attestationsBeside(path: string, sha256: Sha256 | undefined): Promise<string | undefined | null> {
  if (sha256 === undefined) return undefined
  const beside = `${path}.provenance`
  const status = await lstat(beside).catch(() => undefined)
  if (status?.isFile() !== true || status.size > longestProvenance) return null
  const text = await readFile(beside, 'utf8')
  return digestOf(text) === sha256 ? attestationsOf(text) : null
}

function refused(name: ReleaseName, messages: readonly string[]): RegistryError {
  const release = printReleaseName(name)
  const problems = messages.map((message) => ({ message }))
  const detail = problems.length === 1 ? '1 problem' : `${problems.length} problems`
  return new RegistryError('import-refused', { release, problems }, { detail: `${release}: ${detail}` })
}
