import { connect, type Socket } from 'node:net'
import type { Built } from './archives.ts'
import { boundary, contentPart, eventually, formOf, stagedNames } from './requests.ts'

export interface BegunUpload {
  readonly socket: Socket
  /** Sends what was held back; resolves with all that is answered until the connection closes. */
  readonly finish: () => Promise<string>
}

export interface UploadWanted {
  readonly file: Built
  /** The data directory of the server. */
  readonly data: string
  readonly headers?: readonly string[]
}

/** Sends all but the last 500 bytes of an upload, and waits until the file is being staged. */
export async function beginUpload(base: string, { file, data, headers = [] }: UploadWanted): Promise<BegunUpload> {
  const form = formOf([contentPart(file)])
  const head = [
    'POST /legacy/ HTTP/1.1',
    'Host: 127.0.0.1',
    `Content-Type: multipart/form-data; boundary=${boundary}`,
    `Content-Length: ${form.length}`,
    ...headers,
  ]
  const socket = connect(Number(new URL(base).port), '127.0.0.1')
  socket.write(`${head.join('\r\n')}\r\n\r\n`)
  socket.write(form.subarray(0, -500))
  await eventually('a file is staged', async () => (await stagedNames(data)).length === 1)
  return {
    socket,
    finish: () => {
      const answer = wholeAnswer(socket)
      socket.write(form.subarray(-500))
      return answer
    },
  }
}

function wholeAnswer(socket: Socket): Promise<string> {
  return new Promise((resolve, reject) => {
    let answer = ''
    socket.on('data', (chunk: Buffer) => (answer += chunk.toString()))
    socket.on('close', () => resolve(answer))
    socket.on('error', reject)
  })
}
