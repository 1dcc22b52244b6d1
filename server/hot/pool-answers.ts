import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import parseRange from 'range-parser'
import { provenanceType } from '../../pool/attestations/provenance.ts'
import type { Distribution, Sha256 } from '../../pool/distribution.ts'
import { RegistryError } from '../../pool/errors.ts'
import { removedError } from '../../pool/removal.ts'
import type { ByteRange, PoolFiles, Records } from '../../storage/ports.ts'
import { immutable, matches } from '../http/answer.ts'
import { requestId } from '../http/request-id.ts'

/**
 * What stands at `/pool/<project>/<filename>`: a file of the pool; beside it `<filename>.metadata` (PEP 658), and
 * `<filename>.provenance` if it came with attestations (PEP 740).
 */
export type PoolEntry = { readonly what: 'file'; readonly file: Distribution } | BesideFile

export interface BesideFile {
  readonly what: 'beside'
  readonly file: Distribution
  readonly type: string
  readonly bytes: Buffer
  readonly sha256: Sha256
}

/** Throws `distribution-unknown`, `distribution-removed`. */
export async function poolEntry(
  records: Records,
  [project = '', name = '', ...rest]: readonly string[],
): Promise<PoolEntry> {
  const [, filename = name, suffix] = /^(.+)\.(metadata|provenance)$/.exec(name) ?? []
  const file = rest.length === 0 ? await records.distribution(filename) : undefined
  const removal = file ? undefined : await records.removal(filename)
  if (removal) throw removedError(removal)
  const sha256 = suffix === 'provenance' ? file?.provenanceSha256 : file?.metadataSha256
  if (!file || file.project !== project || typeof sha256 !== 'string')
    throw new RegistryError('distribution-unknown', { filename: name }, { detail: name })
  if (suffix === undefined) return { what: 'file', file }
  const kept = await (suffix === 'provenance' ? records.provenance(sha256) : records.metadata(sha256))
  if (kept === undefined) throw new RegistryError('file-missing', { filename: name })
  const type = suffix === 'provenance' ? provenanceType : 'text/plain; charset=utf-8'
  return { what: 'beside', file, type, bytes: Buffer.from(kept), sha256 }
}

export function fileHeaders({ sha256 }: Pick<Distribution, 'sha256'>): Record<string, string> {
  return {
    'Content-Type': 'application/octet-stream',
    'Cache-Control': immutable,
    'Accept-Ranges': 'bytes',
    'X-Content-Type-Options': 'nosniff',
    ETag: `"${sha256}"`,
  }
}

/** Sends a file, or the part of it that is asked for (RFC 9110, 14). Throws `range-not-satisfiable`, `file-missing`. */
export async function sendFile(
  files: PoolFiles,
  { file, headers }: { readonly file: Distribution; readonly headers: Readonly<Record<string, string>> },
  res: ServerResponse,
): Promise<void> {
  const { req } = res
  if (matches(req.headers['if-none-match'], `"${file.sha256}"`)) {
    res.writeHead(304, { ...headers, 'X-Request-Id': requestId(req) }).end()
    return
  }
  const range = wantedRange(file, req)
  const length = range ? range.end - range.start + 1 : file.size
  const partial = range ? { 'Content-Range': `bytes ${range.start}-${range.end}/${file.size}` } : {}
  const bytes = req.method === 'HEAD' ? undefined : await files.open(file, range ?? wholeOf(file))
  res.writeHead(range ? 206 : 200, {
    ...headers,
    ...partial,
    'X-Request-Id': requestId(req),
    'Content-Length': length,
  })
  if (!bytes) res.end()
  else await pipeline(exactly(bytes, length, file), res)
}

/** What was taken in, and not what may have been added to the file since: it would go before the next answer. */
function wholeOf({ size }: Distribution): ByteRange | undefined {
  return size === 0 ? undefined : { start: 0, end: size - 1 }
}

/** An answer that cannot be completed is broken off: the client would wait for the rest of it. Throws `file-missing`. */
async function* exactly(bytes: Readable, length: number, { project, filename }: Distribution): AsyncGenerator<Buffer> {
  let sent = 0
  for await (const chunk of bytes as AsyncIterable<Buffer>) {
    sent += chunk.length
    yield chunk
  }
  const detail = `${filename} ends after ${sent} of ${length} bytes`
  if (sent < length) throw new RegistryError('file-missing', { project, filename }, { detail })
}

/**
 * One range; several at once are answered with the whole file, as RFC 9110, 14.2 allows, and so is any on HEAD, for
 * which ranges are not defined.
 */
function wantedRange({ size, sha256 }: Distribution, { method, headers }: IncomingMessage): ByteRange | undefined {
  if (method !== 'GET' || headers.range?.startsWith('bytes=') !== true) return undefined
  if (headers['if-range'] !== undefined && headers['if-range'] !== `"${sha256}"`) return undefined
  // RFC 9110, 14.1.2: a suffix longer than the file is all of it. range-parser says that it cannot be satisfied.
  const [, suffix] = /^bytes=\s*-(\d+)\s*$/.exec(headers.range) ?? []
  if (suffix !== undefined && Number(suffix) > size) return { start: 0, end: size - 1 }
  const ranges = parseRange(size, headers.range)
  if (ranges === -1) throw new RegistryError('range-not-satisfiable', { size })
  if (ranges === -2 || ranges.length !== 1) return undefined
  return ranges[0]
}
