import type { Stats } from 'node:fs'
import { lstat } from 'node:fs/promises'
import { canonicalJson, type Json } from '../../pool/canonical-json.ts'
import { digestOf } from '../../pool/digest.ts'
import type { Distribution } from '../../pool/distribution.ts'
import { isRegistryError } from '../../pool/errors.ts'
import type { DistributionFacts } from '../../pool/facts.ts'
import { readFacts } from '../../pool/facts/read-facts.ts'
import { parseFilename } from '../../pool/filename.ts'
import { parseMetadata } from '../../pool/metadata.ts'
import { readArchive } from '../archives/read-archive.ts'
import { isSystemError } from '../filesystem/durable.ts'
import { digestOfPlainFile } from '../filesystem/file-digest.ts'
import type { Finding, FindingCode } from './finding.ts'
import type { Stated } from './held-rows.ts'

/** A file of the pool as the database has it. */
export interface FileWanted {
  readonly file: Distribution
  /** Where it is to lie. */
  readonly path: string
  /** The same below the data directory, for people. */
  readonly subject: string
  /** What the log says of it, where its row says something else. */
  readonly stated: Pick<Stated, 'sha256' | 'size'> | undefined
  /** Its facts as the present reader read them before; `undefined`: it has not. */
  readonly facts: string | undefined
}

export interface Reading {
  /** Only its size is looked at, not its bytes. */
  readonly quick: boolean
  readonly signal: AbortSignal
  readonly onBytes: (bytes: number) => void
}

/** Reads a file of the pool again, and holds it against what the database says of it. */
export async function checkFile(wanted: FileWanted, reading: Reading): Promise<readonly Finding[]> {
  const finding = (code: FindingCode, detail: string): Finding => ({ code, subject: wanted.subject, detail })
  try {
    const status = await lstat(wanted.path)
    if (!status.isFile()) return [finding('file-not-plain', `is ${kindOf(status)}`)]
    const ofMode = (status.mode & 0o777) === 0o444 ? [] : [finding('file-mode', `has the mode ${modeOf(status)}`)]
    const damage = await damageOf(wanted, status, reading)
    if (damage !== undefined) return [finding('file-damaged', damage), ...ofMode]
    return [...ofMode, ...(reading.quick ? [] : await archiveFindings(wanted))]
  } catch (error) {
    if (isSystemError(error, 'ENOENT', 'ENOTDIR')) return [finding('file-missing', 'is gone')]
    if (isSystemError(error, 'EACCES', 'EPERM', 'EIO')) return [finding('file-unreadable', error.message)]
    throw error
  }
}

export function kindOf(status: Pick<Stats, 'isDirectory' | 'isSymbolicLink' | 'isFile'>): string {
  if (status.isDirectory()) return 'a directory'
  if (status.isSymbolicLink()) return 'a symbolic link'
  return status.isFile() ? 'a file' : 'no plain file'
}

/** As `chmod` takes it: `0444`. */
export function modeOf({ mode }: Pick<Stats, 'mode'>): string {
  return (mode & 0o7777).toString(8).padStart(4, '0')
}

async function damageOf(
  { path, file, stated = file }: FileWanted,
  { size }: Stats,
  reading: Reading,
): Promise<string | undefined> {
  if (size !== stated.size) return `has ${size} bytes, not ${stated.size}`
  if (reading.quick) return undefined
  const digest = await digestOfPlainFile(path, reading)
  return digest === stated.sha256 ? undefined : `has the sha256 ${digest}, not ${stated.sha256}`
}

/** What can be told from the bytes of a file, that are the ones which came. */
async function archiveFindings({ path, file, facts, stated }: FileWanted): Promise<readonly Finding[]> {
  const read = await readDistribution(path, file)
  if (!read) return []
  const differing = Object.entries(read.row)
    .filter(([field, value]) => file[field as keyof typeof read.row] !== value)
    .map(
      ([field, value]) =>
        `has the ${field} ${JSON.stringify(file[field as keyof typeof read.row])}, not ${JSON.stringify(value)} as in the file`,
    )
  const found: Finding[] = differing.map((detail) => ({ code: 'row-differs', subject: file.filename, detail }))
  if (facts === undefined || stated || facts === canonicalJson(read.facts as unknown as Json)) return found
  return [
    ...found,
    { code: 'facts-differ', subject: file.filename, detail: 'has other facts in the database than in the file' },
  ]
}

/** What a row and its facts are made of. */
export interface ReadDistribution {
  readonly row: Pick<Distribution, 'project' | 'name' | 'version' | 'kind' | 'requiresPython' | 'metadataSha256'>
  readonly metadata: Uint8Array
  readonly facts: DistributionFacts
}

/**
 * Reads a distribution as when it came. `undefined` for one that a reader of today would refuse: it was accepted once,
 * and stays so.
 */
export async function readDistribution(
  path: string,
  { filename }: Pick<Distribution, 'filename'>,
): Promise<ReadDistribution | undefined> {
  try {
    const form = parseFilename(filename)
    const parts = await readArchive(path, form)
    const { project, name, version, requiresPython = null } = parseMetadata(parts.metadata)
    return {
      row: { project, name, version, kind: form.kind, requiresPython, metadataSha256: digestOf(parts.metadata) },
      metadata: parts.metadata,
      facts: readFacts(form.kind, project, parts),
    }
  } catch (error) {
    if (isRegistryError(error)) return undefined
    throw error
  }
}
