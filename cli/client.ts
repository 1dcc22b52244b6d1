import { createReadStream } from 'node:fs'
import { randomUUID } from 'node:crypto'
import { request, type Dispatcher } from 'undici'
import { errors, RegistryError, type ErrorCode } from '../pool/errors.ts'
import type { Distribution } from '../pool/distribution.ts'
import type { FetchEvent } from '../pool/fetch-event.ts'
import type { Manifest } from '../pool/manifest.ts'
import type { Notice, Source } from '../pool/pins/pin.ts'
import type { ReleaseName } from '../pool/release-name.ts'

/** What the server answers; the shapes are those of `server/routes/`. */
export interface Uploaded extends Distribution {
  readonly outcome: 'added' | 'same'
}

export interface FreezeAnswer {
  readonly release: string
  readonly outcome: 'frozen' | 'same' | 'checked'
  readonly digest: string
  readonly path: string
  readonly notices: readonly Notice[]
  readonly manifest: Manifest
}

export interface FetchBody {
  readonly sources: readonly Source[]
  readonly targets: readonly string[]
  readonly allFiles: boolean
  readonly index?: string
}

export interface LocalFile {
  readonly path: string
  readonly filename: string
  readonly size: number
  readonly sha256: string
}

/** A firn server, as the commands speak to it. Every method throws what the server answers, or `server-unreachable`. */
export interface RegistryClient {
  readonly url: string
  upload(file: LocalFile, onBytes: (bytes: number) => void, signal: AbortSignal): Promise<Uploaded>
  freeze(
    name: ReleaseName,
    body: { sources: readonly Source[]; targets: readonly string[]; dryRun: boolean },
  ): Promise<FreezeAnswer>
  fetch(body: FetchBody, signal: AbortSignal): AsyncIterable<FetchEvent>
}

export function registryClient(url: string): RegistryClient {
  const base = url.endsWith('/') ? url.slice(0, -1) : url
  const send = (method: Dispatcher.HttpMethod, path: string, options: SendOptions) => ask(base, method, path, options)
  return {
    url: base,
    async upload(file, onBytes, signal) {
      const { headers, body } = uploadForm(file, onBytes)
      return (await (await send('POST', '/legacy/', { headers, body, signal })).json()) as Uploaded
    },
    async freeze({ product, release }, body) {
      const path = `/api/v1/releases/${encodeURIComponent(product)}/${encodeURIComponent(release)}`
      return (await (await send('PUT', path, jsonOptions(body))).json()) as FreezeAnswer
    },
    async *fetch(body, signal) {
      const answer = await send('POST', '/api/v1/fetch', { ...jsonOptions(body), signal })
      for await (const line of linesOf(base, answer)) yield JSON.parse(line) as FetchEvent
    },
  }
}

interface SendOptions {
  readonly headers: Record<string, string>
  readonly body: string | AsyncIterable<Uint8Array>
  readonly signal?: AbortSignal
}

function jsonOptions(body: object): SendOptions {
  return { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }
}

type Body = Dispatcher.ResponseData['body']

async function ask(base: string, method: Dispatcher.HttpMethod, path: string, options: SendOptions): Promise<Body> {
  const { statusCode, headers, body } = await request(`${base}${path}`, {
    method,
    ...options,
    body: options.body as string,
    headersTimeout: 0,
    bodyTimeout: 0,
  }).catch((cause: unknown) => {
    throw unreachable(base, cause)
  })
  if (statusCode < 300) return body
  throw await asError(base, statusCode, String(headers['content-type'] ?? ''), await body.text())
}

function unreachable(base: string, cause: unknown): RegistryError {
  const reason = cause instanceof Error ? cause.message : String(cause)
  const hint = 'start one with: firn serve; or say where it is: --url URL or FIRN_URL'
  return new RegistryError('server-unreachable', { url: base }, { detail: `${base} (${reason})`, hint, cause })
}

interface ProblemBody extends Record<string, unknown> {
  readonly code?: string
  readonly detail?: string
  readonly hint?: string
}

async function asError(base: string, status: number, type: string, text: string): Promise<RegistryError> {
  const problem = type.includes('json') ? (JSON.parse(text) as ProblemBody) : {}
  const { code, detail, hint, type: _type, title: _title, status: _status, ...facts } = problem
  if (code !== undefined && isCode(code)) {
    return new RegistryError(code, facts, {
      ...(detail === undefined ? {} : { detail }),
      ...(hint === undefined ? {} : { hint }),
    })
  }
  const hintForOthers = 'is this the URL of a firn server?'
  return new RegistryError(
    'server-unreachable',
    { url: base, status },
    { detail: `${base} answers ${status}`, hint: hintForOthers },
  )
}

function isCode(text: string): text is ErrorCode {
  return Object.hasOwn(errors, text)
}

/** The form of `/legacy/` around a file that is streamed from disk, with its length known beforehand. */
function uploadForm({ path, filename, size, sha256 }: LocalFile, onBytes: (bytes: number) => void): SendOptions {
  const boundary = `firn-${randomUUID()}`
  const fields = { ':action': 'file_upload', protocol_version: '1', sha256_digest: sha256 }
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

/** Throws `server-unreachable` if the connection ends before the answer does. */
async function* linesOf(base: string, body: Body): AsyncGenerator<string> {
  let rest = ''
  try {
    for await (const chunk of body.setEncoding('utf8') as AsyncIterable<string>) {
      const lines = `${rest}${chunk}`.split('\n')
      rest = lines.pop() ?? ''
      yield* lines.filter((line) => line !== '')
    }
  } catch (cause) {
    throw goneMeanwhile(base, cause)
  }
}

export function goneMeanwhile(base: string, cause?: unknown): RegistryError {
  const hint = 'what came before stays: run the same command again when the server is back'
  return new RegistryError(
    'server-unreachable',
    { url: base },
    { detail: `${base} went away while it worked`, hint, cause },
  )
}
