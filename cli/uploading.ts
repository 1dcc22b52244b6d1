import { basename } from 'node:path'
import pLimit from 'p-limit'
import { clientsOf, isLegacy, printClients } from '../pool/clients.ts'
import { isRegistryError, type RegistryError } from '../pool/errors.ts'
import { uploadFile, type Uploaded } from './calls/upload.ts'
import type { Connection } from './connection.ts'
import { fileDigest } from './files/file-digest.ts'
import { printNotice } from './notices.ts'
import { printBytes } from './io.ts'
import type { Progress } from './progress.ts'

const atOnce = 4

/** A file that is to go into the pool. */
export interface Pending {
  readonly path: string
  readonly size: number
  /** Its attestations (PEP 740), a JSON list. */
  readonly attestations?: string | undefined
  /** Where a release that is imported had it from. */
  readonly origin?: string | undefined
}

export interface Uploading {
  readonly connection: Connection
  readonly bar: Progress
  readonly json: boolean
  readonly signal: AbortSignal
  /** The product that the files are to be private to. */
  readonly product?: string | undefined
}

export type UploadedFile = Uploaded & Pick<Pending, 'path'>

/** Both in the order of the files. */
export interface Outcome {
  readonly uploaded: readonly UploadedFile[]
  readonly failures: readonly RegistryError[]
}

/** Uploads all it can, with a line for each. Throws only `server-unreachable`: then the rest has no chance either. */
export async function uploadAll(uploading: Uploading, files: readonly Pending[]): Promise<Outcome> {
  const { bar, json } = uploading
  const limit = pLimit(atOnce)
  const uploadOne = async (file: Pending): Promise<UploadedFile | RegistryError> => {
    try {
      const done = await uploadPending(uploading, file)
      const said = json ? [JSON.stringify({ event: 'uploaded', ...done, clients: clientsOf(done) })] : describe(done)
      for (const line of said) bar.line(line)
      return { ...done, path: file.path }
    } catch (error) {
      if (!isRegistryError(error) || error.code === 'server-unreachable') throw error
      bar.line(describeRefusal(file.path, error, json))
      return error
    }
  }
  try {
    const results = await Promise.all(files.map((file) => limit(uploadOne, file)))
    return {
      uploaded: results.flatMap((result) => (isRegistryError(result) ? [] : [result])),
      failures: results.flatMap((result) => (isRegistryError(result) ? [result] : [])),
    }
  } finally {
    limit.clearQueue()
  }
}

export async function uploadPending(
  { connection, bar, signal, product }: Omit<Uploading, 'json'>,
  { path, size, attestations, origin }: Pending,
): Promise<Uploaded> {
  const file = { path, filename: basename(path), size, sha256: await fileDigest(path), attestations, origin }
  return uploadFile(connection, file, { product, onBytes: (bytes) => bar.add(bytes), signal })
}

function describe(done: Uploaded): readonly string[] {
  const { outcome, filename, size, notices = [] } = done
  const line = outcome === 'added' ? `added    ${filename}  ${printBytes(size)}` : `already  ${filename}`
  return [line, ...legacyNote(done), ...notices.map((notice) => `note     ${printNotice(notice)}`)]
}

function legacyNote(done: Uploaded): readonly string[] {
  const able = clientsOf(done)
  if (done.outcome === 'same' || !isLegacy(able)) return []
  return [`note     ${done.filename}: no pip or uv of today can use it: it is ${printClients(able)}`]
}

function describeRefusal(path: string, error: RegistryError, json: boolean): string {
  const { code, facts, hint, message } = error
  if (json) return JSON.stringify({ event: 'refused', path, code, message, hint, ...facts })
  return `refused  ${path}: ${message}${hint === undefined ? '' : `\n         ${hint}`}`
}
