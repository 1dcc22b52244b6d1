import type { Readable, Writable } from 'node:stream'
import type { Request, Response } from 'express'
import multer, { type StorageEngine } from 'multer'
import { RegistryError, isRegistryError } from '../../pool/errors.ts'
import { drainedBytes } from './drained.ts'
import { feed } from './form-end.ts'
import type { Staged } from '../../storage/ports.ts'
import type { Staging } from '../../storage/filesystem/staging.ts'
import { mayHaveLineFeeds, withCarriageReturns } from './line-feed-form.ts'

/** An upload form that has arrived whole. */
export interface UploadForm {
  /** The file in the field `content`, if there is one. */
  readonly content: UploadedContent | undefined
  /** The first value of each field. */
  readonly fields: ReadonlyMap<string, string>
  /** Fields of which there is more than that one. */
  readonly repeated: ReadonlySet<string>
}

export interface UploadedContent {
  readonly filename: string
  readonly staged: Staged
}

export type ReceiveForm = (req: Request, res: Response) => Promise<UploadForm>

export interface ReceiveOptions {
  readonly staging: Staging
  readonly uploadLimit: number
  readonly onReceiving: () => void
  /** The digests that the fields before the file want of it. */
  readonly algorithms: (fields: ReadonlyMap<string, string>) => readonly string[]
}

/** What is not the file: descriptions are long, but a form is no archive. */
const fieldLimits = {
  fieldSize: 4 * 1024 * 1024,
  fields: 2000,
  fieldNameSize: 200,
  parts: 2010,
  files: 2,
  fieldNestingDepth: 0,
}

/**
 * Receives a multipart form with its file in the field `content`, streaming it to staging. A file under any other
 * name, such as the `gpg_signature` of old, is read and dropped. If it throws, nothing stays staged.
 * Throws `upload-invalid`, `upload-incomplete`, `upload-too-large`, `storage-full`.
 */
export function receiveForm({ staging, uploadLimit, onReceiving, algorithms }: ReceiveOptions): ReceiveForm {
  return async (req, res) => {
    refuseEarly(req, uploadLimit)
    const kept: UploadedContent[] = []
    let over = false
    const tally = boundFields(req)
    const keep = async (filename: string, staged: Staged) => {
      if (over) await staging.discard(staged)
      else kept.push({ filename, staged })
    }
    const storage = engine({ staging, limit: uploadLimit, keep, onReceiving, algorithms, tally })
    try {
      const options = { storage, limits: fieldLimits, defParamCharset: 'utf8', streamHandler: feedBody }
      await parse(multer(options), req, res)
      const [content, second] = kept
      if (second)
        throw new RegistryError('upload-invalid', {}, { detail: 'the form has two files; send one at a time' })
      return { content, fields: fieldsOf(req.body), repeated: repeatedIn(req.body) }
    } catch (error) {
      over = true
      await Promise.all(kept.map(({ staged }) => staging.discard(staged)))
      throw translate(error, req)
    }
  }
}

/** A body that is declared too long is not read at all. */
function refuseEarly(req: Request, limit: number): void {
  if (req.is('multipart/form-data') !== 'multipart/form-data') {
    throw new RegistryError('upload-invalid', {}, { detail: 'an upload is a multipart/form-data form' })
  }
  const declared = Number(req.headers['content-length'] ?? 0)
  if (declared > limit + fieldLimits.fieldSize) {
    throw tooLarge(limit)
  }
}

interface Engine extends Omit<ReceiveOptions, 'uploadLimit'> {
  readonly limit: number
  readonly keep: (filename: string, staged: Staged) => Promise<void>
  readonly tally: Tally
}

function engine({ staging, limit, keep, onReceiving, algorithms, tally }: Engine): StorageEngine {
  return {
    _handleFile(req, file, callback) {
      if (file.fieldname !== 'content') {
        file.stream.on('end', () => callback(null, {})).on('error', callback)
        file.stream.on('data', (chunk: Buffer) => tally.file(chunk.length))
        return
      }
      // A stream that is left half read must not be destroyed: multer would take that for the error, not why it was left.
      const chunks = file.stream.iterator({ destroyOnReturn: false })
      const noting = async function* () {
        for await (const chunk of chunks as AsyncIterable<Buffer>) {
          onReceiving()
          tally.file(chunk.length)
          yield chunk
        }
      }
      const stage = async () => {
        const staged = await staging.stage(noting(), { limit, algorithms: algorithms(fieldsOf(req.body)) })
        await keep(file.originalname, staged)
      }
      stage().then(
        () => callback(null, {}),
        (error: unknown) => {
          drain(req, file.stream, tally)
          callback(error)
        },
      )
    },
    // What was staged is known here, not by multer: `receiveForm` discards it.
    _removeFile: (_req, _file, callback) => callback(null),
  }
}

/** All fields together, in bytes, with what busboy holds of the file at any moment. */
const fieldsTogether = 24 * 1024 * 1024

interface Tally {
  /** So many more bytes have been of a file. */
  readonly file: (bytes: number) => void
}

/** Cuts off a form whose fields grow without bound: multer bounds each of them, and keeps all in memory. */
function boundFields(req: Request): Tally {
  let ofFields = 0
  req.on('data', (chunk: Buffer) => {
    ofFields += chunk.length
    if (ofFields > fieldsTogether) req.destroy()
  })
  return {
    file(bytes) {
      ofFields -= bytes
    },
  }
}

/** Reads on without keeping anything; a file without an end is cut. */
function drain(req: Request, stream: Readable, tally: Tally): void {
  let seen = 0
  stream.on('data', (chunk: Buffer) => {
    seen += chunk.length
    tally.file(chunk.length)
    if (seen > drainedBytes) req.destroy()
  })
}

function parse(upload: multer.Multer, req: Request, res: Response): Promise<void> {
  return new Promise((resolve, reject) => {
    req.once('aborted', () => reject(new RegistryError('upload-incomplete')))
    upload.any()(req, res, (error: unknown) => (error ? reject(asError(error)) : resolve()))
  })
}

function feedBody(req: Request, parser: Writable): void {
  feed(mayHaveLineFeeds(req.headers['content-type']) ? req.pipe(withCarriageReturns()) : req, parser)
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error))
}

function fieldsOf(body: unknown): ReadonlyMap<string, string> {
  const fields = new Map<string, string>()
  for (const [name, value] of Object.entries((body ?? {}) as Record<string, unknown>)) {
    const first: unknown = Array.isArray(value) ? value[0] : value
    if (typeof first === 'string') fields.set(name, first)
  }
  return fields
}

function repeatedIn(body: unknown): ReadonlySet<string> {
  const fields = Object.entries((body ?? {}) as Record<string, unknown>)
  return new Set(fields.flatMap(([name, value]) => (Array.isArray(value) ? name : [])))
}

/** Errors of the system keep what they are; all else that multer and busboy say is about the form. */
function translate(error: unknown, req: Request): unknown {
  if (isRegistryError(error, 'upload-too-large')) return tooLarge(error.facts['limit'])
  if (isRegistryError(error)) return error
  if (req.destroyed && !req.complete) return new RegistryError('upload-incomplete', {}, { cause: error })
  if (error instanceof Error && 'errno' in error) return error
  const detail = asError(error).message
  return new RegistryError('upload-invalid', {}, { detail, cause: error })
}

function tooLarge(limit: unknown): RegistryError {
  const hint = 'its operator can have it take more: firn serve --max-upload MB'
  return new RegistryError('upload-too-large', { limit }, { detail: `the limit is ${String(limit)} bytes`, hint })
}
