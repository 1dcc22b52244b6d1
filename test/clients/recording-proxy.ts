import { createServer, request, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'

/** An upload as a client sent it. */
export interface Recorded {
  readonly headers: IncomingHttpHeaders
  readonly body: Buffer
  /** The values of its fields, by name, without its file. */
  readonly fields: ReadonlyMap<string, readonly string[]>
}

export interface RecordingProxy {
  readonly url: string
  /** The uploads since the last call, as they came. */
  takeUploads(): readonly Recorded[]
  stop(): Promise<void>
}

/** Passes every request on to a server, after `change` has had its body, which must stay as long as it is. */
export async function recordingProxy(target: string, change: (body: Buffer) => Buffer): Promise<RecordingProxy> {
  const uploads: Recorded[] = []
  const server = createServer((req, res) => {
    const chunks: Buffer[] = []
    req.on('data', (chunk: Buffer) => chunks.push(chunk))
    req.on('end', () => {
      const { method, url, headers } = req
      const body = Buffer.concat(chunks)
      if (method === 'POST') uploads.push({ headers, body, fields: fieldsOf(body) })
      const { hostname, port } = new URL(target)
      const passed = request({ hostname, port, path: url, method, headers, agent: false }, (answer) => {
        res.writeHead(answer.statusCode ?? 502, answer.statusMessage ?? '', answer.headers)
        answer.pipe(res)
      })
      passed.on('error', () => res.destroy())
      passed.end(method === 'POST' ? change(body) : undefined)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    takeUploads: () => uploads.splice(0),
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

function fieldsOf(body: Buffer): ReadonlyMap<string, readonly string[]> {
  const fields = new Map<string, string[]>()
  const field = /Content-Disposition: form-data; name="([^"]+)"\r\n(?:[^\r\n]+\r\n)*\r\n([^]*?)\r\n--/gi
  for (const [, name = '', value = ''] of body.toString('latin1').matchAll(field))
    fields.set(name, [...(fields.get(name) ?? []), value])
  return fields
}

/** The body with another value in a field that states a digest: as many digits, each turned into another. */
export function withOtherDigest(body: Buffer, field: string): Buffer {
  const text = body.toString('latin1')
  const stated = new RegExp(`(name="${field}"(?:\\r\\n[^\\r\\n]+)*\\r\\n\\r\\n)([0-9a-f]{32,})`)
  const [whole, before = '', digits = ''] = stated.exec(text) ?? []
  if (whole === undefined) throw new Error(`the form has no ${field}`)
  const others = digits.replaceAll(/./g, (digit) => (15 - parseInt(digit, 16)).toString(16))
  return Buffer.from(
    text.replace(whole, () => before + others),
    'latin1',
  )
}
