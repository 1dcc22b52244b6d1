import { readdir } from 'node:fs/promises'
import { request, type IncomingHttpHeaders } from 'node:http'
import { join } from 'node:path'
import type { Built } from './archives.ts'

/** An answer as it came: nothing followed, nothing decompressed. */
export interface Reply {
  readonly status: number
  readonly reason: string
  readonly headers: IncomingHttpHeaders
  readonly body: Buffer
  readonly text: string
}

export interface Ask {
  readonly method?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string | Buffer | AsyncIterable<Uint8Array>
  /** The address to ask from: any of 127.0.0.0/8. */
  readonly from?: string
}

/** Asks for a path exactly as it is written: `..` and bad escapes go out as they stand. */
export function ask(
  base: string,
  path: string,
  { method = 'GET', headers = {}, body, from }: Ask = {},
): Promise<Reply> {
  const { hostname, port } = new URL(base)
  return new Promise((resolve, reject) => {
    const wanted = { hostname, port, path, method, headers, agent: false, localAddress: from }
    const req = request(wanted, (res) => {
      const chunks: Buffer[] = []
      res.on('data', (chunk: Buffer) => chunks.push(chunk))
      res.on('error', reject)
      res.on('end', () => {
        const whole = Buffer.concat(chunks)
        const { statusCode = 0, statusMessage = '' } = res
        resolve({
          status: statusCode,
          reason: statusMessage,
          headers: res.headers,
          body: whole,
          text: whole.toString('utf8'),
        })
      })
    })
    req.on('error', reject)
    if (body === undefined || typeof body === 'string' || Buffer.isBuffer(body)) req.end(body)
    else send(body, req).catch(reject)
  })
}

async function send(body: AsyncIterable<Uint8Array>, req: ReturnType<typeof request>): Promise<void> {
  for await (const chunk of body) {
    if (!req.write(chunk)) await new Promise((resolve) => req.once('drain', resolve))
  }
  req.end()
}

/** The problem of an answer; its type is checked by whoever compares it whole. */
export function json(reply: Pick<Reply, 'text'>): unknown {
  return JSON.parse(reply.text)
}

/** A part of a form: a field, or a file. `name` and `filename` stand in the header as they are. */
export type Part =
  | { readonly name: string; readonly value: string }
  | { readonly name: string; readonly filename: string; readonly bytes: Buffer }

export const boundary = 'firn-test-boundary'
export const formHeaders = { 'Content-Type': `multipart/form-data; boundary=${boundary}` }

export function formOf(parts: readonly Part[]): Buffer {
  const pieces = parts.flatMap((part) => {
    const file = 'filename' in part
    const name = file ? `"${part.name}"; filename="${part.filename}"` : `"${part.name}"`
    const type = file ? 'Content-Type: application/octet-stream\r\n' : ''
    const head = `--${boundary}\r\nContent-Disposition: form-data; name=${name}\r\n${type}\r\n`
    return [Buffer.from(head), file ? part.bytes : Buffer.from(part.value), Buffer.from('\r\n')]
  })
  return Buffer.concat([...pieces, Buffer.from(`--${boundary}--\r\n`)])
}

export function contentPart({ filename, bytes }: Built): Part {
  return { name: 'content', filename, bytes }
}

/** Uploads as twine does: the fields, then the file. */
export function upload(base: string, file: Built, fields: Readonly<Record<string, string>> = {}): Promise<Reply> {
  const stated = { ':action': 'file_upload', protocol_version: '1', ...fields }
  const parts = Object.entries(stated).map(([name, value]) => ({ name, value }))
  return post(base, [...parts, contentPart(file)])
}

export function post(base: string, parts: readonly Part[]): Promise<Reply> {
  return ask(base, '/legacy/', { method: 'POST', headers: formHeaders, body: formOf(parts) })
}

/** Freezes a release of the pins in `text` for one target. */
export function freeze(base: string, release: string, text: string, more: object = {}): Promise<Reply> {
  const body = { sources: [{ name: 'pins.txt', text }], targets: ['cp311-manylinux_x86_64'], ...more }
  return ask(base, `/api/v1/releases/${release}`, {
    method: 'PUT',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify(body),
  })
}

/** What lies in the staging directory of a data directory. */
export function stagedNames(data: string): Promise<string[]> {
  return readdir(join(data, 'staging'))
}

/** Asks again until it holds; fails with what did not come true after `seconds`. */
export async function eventually(what: string, holds: () => Promise<boolean> | boolean, seconds = 15): Promise<void> {
  const deadline = performance.now() + seconds * 1000
  while (!(await holds())) {
    if (performance.now() > deadline) throw new Error(`after ${seconds} s still not so: ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

export function stagingEmpties(data: string): Promise<void> {
  return eventually('the staging directory is empty', async () => (await stagedNames(data)).length === 0)
}
