/** Servers of plain files, each in the form that people use it: nginx, Python's own, and none at all. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { freePort } from './free-port.ts'
import { startNginx, startServing } from './nginx.ts'
import { root } from './server.ts'

export interface StaticServer {
  /** Without a slash at its end. */
  readonly url: string
  stop(): Promise<void>
}

export const staticServers: Readonly<Record<string, (site: string, python: string) => Promise<StaticServer>>> = {
  nginx: documentedNginx,
  'python -m http.server': startPython,
  'file://': (site) => Promise.resolve({ url: pathToFileURL(site).href, stop: () => Promise.resolve() }),
}

async function startPython(site: string, python: string): Promise<StaticServer> {
  const port = await freePort()
  const args = ['-m', 'http.server', '--bind', '127.0.0.1', '--directory', site, String(port)]
  return { url: `http://127.0.0.1:${port}`, ...(await startServing(python, args, port)) }
}

/** With what docs/plain-files.md says to write into `http {}`. */
async function documentedNginx(site: string): Promise<StaticServer> {
  const port = await freePort()
  const page = readFileSync(join(root, 'docs', 'plain-files.md'), 'utf8')
  const [, documented = ''] = /```nginx\n(.*?)```/s.exec(page) ?? []
  const http = documented.replace(/listen .*;/, `listen 127.0.0.1:${port};`).replace(/root .*;/, `root ${site};`)
  return { url: `http://127.0.0.1:${port}`, ...(await startNginx(port, () => ({ http }))) }
}
