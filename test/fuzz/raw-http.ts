import { connect } from 'node:net'
import { errors, type ErrorCode } from '../../pool/errors.ts'

/** One answer as it came over the wire. */
export interface RawAnswer {
  readonly status: number
  readonly reason: string
  /** By lower-case name; of a header that came twice, both. */
  readonly headers: ReadonlyMap<string, string>
  readonly body: Buffer
  /** Bytes that came after it. */
  readonly rest: Buffer
}

export interface RawRequest {
  readonly bytes: Buffer
  readonly method: string
  /** Whether a server that has read all of it must answer; if not, it may also wait for more, and is hung up on. */
  readonly whole: boolean
}

/** How long a server may take before it is taken to hang, in milliseconds. */
const deadline = 30_000
/** How long one may wait for the rest of a request before that is taken for granted. */
const patience = 60

/**
 * Sends the bytes as they are, and reads until there is a whole answer or the connection is closed; `undefined`: closed
 * without one. Throws where the answer's framing is wrong, and where none comes.
 */
export async function exchange(base: string, { bytes, method, whole }: RawRequest): Promise<RawAnswer | undefined> {
  const { hostname, port } = new URL(base)
  const socket = connect({ host: hostname, port: Number(port) })
  let received = Buffer.alloc(0)
  const answer = new Promise<RawAnswer | undefined>((resolve, reject) => {
    const hang = setTimeout(() => reject(new Error('the server hangs')), deadline)
    const bored = whole ? undefined : setTimeout(() => socket.end(), patience)
    const settle = (settled: () => void) => {
      clearTimeout(hang)
      clearTimeout(bored)
      settled()
    }
    socket.on('data', (chunk: Buffer) => {
      received = Buffer.concat([received, chunk])
      try {
        const read = readAnswer(received, method)
        if (read) settle(() => resolve(read))
      } catch (error) {
        settle(() => reject(error))
      }
    })
    // Who is cut off while still sending gets ECONNRESET, maybe before he has read the answer.
    socket.on('error', () => settle(() => resolve(undefined)))
    socket.on('close', () =>
      settle(() =>
        received.length === 0
          ? resolve(undefined)
          : reject(new Error(`half an answer: ${received.toString('latin1')}`)),
      ),
    )
  })
  socket.write(bytes)
  return answer.finally(() => socket.destroy())
}

/** The answer, if it is all there. Throws where it is none (RFC 9112). */
export function readAnswer(bytes: Buffer, method: string): RawAnswer | undefined {
  const end = bytes.indexOf('\r\n\r\n')
  if (end < 0) return undefined
  const [first = '', ...lines] = bytes.toString('latin1', 0, end).split('\r\n')
  const [, code = '', reason = ''] = /^HTTP\/1\.1 (\d{3}) ([\x20-\x7e]*)$/.exec(first) ?? []
  if (code === '') throw new Error(`no status line: ${JSON.stringify(first)}`)
  const headers = headersOf(lines)
  const status = Number(code)
  const rest = bytes.subarray(end + 4)
  if (status === 100) return readAnswer(rest, method)
  const body = bodyOf(rest, { status, headers, method })
  return body && { status, reason, headers, ...body }
}

function headersOf(lines: readonly string[]): ReadonlyMap<string, string> {
  const headers = new Map<string, string>()
  for (const line of lines) {
    const [, name = '', value = ''] = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+): ?([\t\x20-\x7e\x80-\xff]*)$/.exec(line) ?? []
    if (name === '') throw new Error(`no header: ${JSON.stringify(line)}`)
    const before = headers.get(name.toLowerCase())
    headers.set(name.toLowerCase(), before === undefined ? value : `${before}, ${value}`)
  }
  return headers
}

type Head = Pick<RawAnswer, 'status' | 'headers'> & { readonly method: string }

function bodyOf(bytes: Buffer, { status, headers, method }: Head): Pick<RawAnswer, 'body' | 'rest'> | undefined {
  if (method === 'HEAD' || status === 304 || status === 204) return { body: Buffer.alloc(0), rest: bytes }
  const length = headers.get('content-length')
  if (headers.get('transfer-encoding') === 'chunked') {
    if (length !== undefined) throw new Error('an answer has two lengths')
    return chunksOf(bytes)
  }
  if (length === undefined) {
    // What Node answers by itself to what is no HTTP.
    if (headers.get('connection') === 'close') return { body: Buffer.alloc(0), rest: bytes }
    throw new Error('an answer has no length')
  }
  if (!/^\d+$/.test(length)) throw new Error(`an answer's length is no number: ${length}`)
  return bytes.length < Number(length)
    ? undefined
    : { body: bytes.subarray(0, Number(length)), rest: bytes.subarray(Number(length)) }
}

function chunksOf(bytes: Buffer): Pick<RawAnswer, 'body' | 'rest'> | undefined {
  const chunks: Buffer[] = []
  for (let at = 0; ;) {
    const end = bytes.indexOf('\r\n', at)
    if (end < 0) return undefined
    const size = Number.parseInt(bytes.toString('latin1', at, end), 16)
    if (!(size >= 0)) throw new Error('an answer has a chunk without a size')
    if (bytes.length < end + 2 + size + 2) return undefined
    chunks.push(bytes.subarray(end + 2, end + 2 + size))
    at = end + 2 + size + 2
    if (size === 0) return { body: Buffer.concat(chunks), rest: bytes.subarray(at) }
  }
}

/** What is wrong with an answer that is no success: a problem as the error table has it, or Node's own word for what is no HTTP. */
export function problemWith({ status, headers, body }: RawAnswer, method: string): string | undefined {
  if (status >= 500) return `the server failed: ${status} ${body.toString()}`
  if (status < 400 || method === 'HEAD') return undefined
  if (body.length === 0) return [400, 408, 413, 417, 431].includes(status) ? undefined : `a bare ${status}`
  if (headers.get('content-type') !== 'application/problem+json') return `no problem: ${headers.get('content-type')}`
  const problem = JSON.parse(body.toString()) as Record<string, unknown>
  const code = String(problem['code'])
  if (!Object.hasOwn(errors, code)) return `no code: ${body.toString()}`
  const { title, status: expected } = errors[code as ErrorCode]
  const fits = problem['title'] === title && problem['type'] === `/problems/${code}` && problem['status'] === status
  // twine's `--skip-existing` wants 400 there.
  return fits && (status === expected || code === 'distribution-exists')
    ? undefined
    : `odd: ${status} ${body.toString()}`
}
