import { connect, type Socket } from 'node:net'
import type { Built } from './archives.ts'
import { boundary, contentPart, eventually, formOf, stagedNames } from './requests.ts'
import type { TestServer } from './server.ts'

/** A connection on which nothing has been sent. */
export function openSocket(url: string): Promise<Socket> {
  const { port, hostname } = new URL(url)
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), hostname, () => resolve(socket))
    socket.once('error', reject)
  })
}

/** All that comes until the connection is closed, or reset. */
export function wholeAnswer(socket: Socket): Promise<string> {
  return new Promise((resolve) => {
    let answer = ''
    socket.on('data', (chunk: Buffer) => (answer += chunk.toString('latin1')))
    socket.on('error', () => {})
    socket.on('close', () => resolve(answer))
    if (socket.destroyed) resolve(answer)
  })
}

/** The head of an upload, and its body. */
export function uploadRequest(file: Built): { readonly head: string; readonly form: Buffer } {
  const form = formOf([contentPart(file)])
  const type = `Content-Type: multipart/form-data; boundary=${boundary}`
  return {
    head: `POST /legacy/ HTTP/1.1\r\nHost: 127.0.0.1\r\n${type}\r\nContent-Length: ${form.length}\r\n\r\n`,
    form,
  }
}

/** Sends all but the end of an upload, and waits until the file is being staged. */
export async function beginUpload(
  { url, data }: Pick<TestServer, 'url' | 'data'>,
  file: Built,
): Promise<{ readonly socket: Socket; readonly rest: Buffer }> {
  const { head, form } = uploadRequest(file)
  const socket = await openSocket(url)
  socket.write(head)
  socket.write(form.subarray(0, -300))
  await eventually('a file is staged', async () => (await stagedNames(data)).length === 1)
  return { socket, rest: form.subarray(-300) }
}
