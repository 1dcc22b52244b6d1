import { randomUUID } from 'node:crypto'
import { createReadStream } from 'node:fs'
import type { Distribution } from '../../pool/distribution.ts'
import type { Notice } from '../../pool/pins/pin.ts'
import type { SendOptions } from '../ask-server.ts'
import type { Connection } from '../connection.ts'

export interface Uploaded extends Distribution {
  readonly outcome: 'added' | 'same'
  /** What follows from it that people should know of. */
  readonly notices?: readonly Notice[]
}

export interface LocalFile {
  readonly path: string
  readonly filename: string
  readonly size: number
  readonly sha256: string
  /** Its attestations (PEP 740), a JSON list. */
  readonly attestations?: string | undefined
  /** Where a release that is imported had it from; `undefined`: from whoever uploads it. */
  readonly origin?: string | undefined
}

export interface UploadOptions {
  /** The product that the file is to be private to; `undefined`: it is everybody's. */
  readonly product?: string | undefined
  readonly onBytes: (bytes: number) => void
  readonly signal: AbortSignal
}

/** `POST /legacy/`: puts one file into the pool; `POST /legacy/PRODUCT/`: for that product alone. */
export async function uploadFile(
  connection: Connection,
  file: LocalFile,
  { product, onBytes, signal }: UploadOptions,
): Promise<Uploaded> {
  const path = product === undefined ? '/legacy/' : `/legacy/${encodeURIComponent(product)}/`
  const body = await connection.send('POST', path, { ...uploadForm(file, onBytes), signal })
  return (await body.json()) as Uploaded
}

/** The form of `/legacy/` around a file that is streamed from disk, with its length known beforehand. */
function uploadForm(file: LocalFile, onBytes: (bytes: number) => void): SendOptions {
  const { path, filename, size, sha256, attestations, origin } = file
  const boundary = `firn-${randomUUID()}`
  const fields = {
    ':action': 'file_upload',
    protocol_version: '1',
    sha256_digest: sha256,
    ...(attestations === undefined ? {} : { attestations }),
    ...(origin === undefined ? {} : { firn_origin: origin }),
  }
  const head = Buffer.from(
    [
      ...Object.entries(fields).map(
        ([name, value]) => `--${boundary}\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`,
      ),
      `--${boundary}\r\nContent-Disposition: form-data; name="content"; filename="${filename.replaceAll('"', '%22')}"\r\n`,
      'Content-Type: application/octet-stream\r\n\r\n',
    ].join(''),
  )
  const tail = Buffer.from(`\r\n--${boundary}--\r\n`)
  async function* body(): AsyncGenerator<Uint8Array> {
    yield head
    for await (const chunk of createReadStream(path, { highWaterMark: 256 * 1024 }) as AsyncIterable<Buffer>) {
      yield chunk
      onBytes(chunk.length)
    }
    yield tail
  }
  return {
    headers: {
      'content-type': `multipart/form-data; boundary=${boundary}`,
      'content-length': String(head.length + size + tail.length),
    },
    body: body(),
  }
}
