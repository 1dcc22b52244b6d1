/** Servers of plain files, each in the form that people use it: nginx, Python's own, and none at all. */
import { spawn } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { eventually } from './requests.ts'
import { root } from './server.ts'

export interface StaticServer {
  /** Without a slash at its end. */
  readonly url: string
  stop(): Promise<void>
}

export const staticServers: Readonly<Record<string, (site: string, python: string) => Promise<StaticServer>>> = {
  nginx: (site) => startNginx(site),
  'python -m http.server': startPython,
  'file://': (site) => Promise.resolve({ url: pathToFileURL(site).href, stop: () => Promise.resolve() }),
}

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => void server.close(resolve))
  return port
}

async function startPython(site: string, python: string): Promise<StaticServer> {
  const port = await freePort()
  return start(python, ['-m', 'http.server', '--bind', '127.0.0.1', '--directory', site, String(port)], port)
}

async function startNginx(site: string): Promise<StaticServer> {
  const [port, scratch] = [await freePort(), await mkdtemp(join(tmpdir(), 'firn-nginx-'))]
  const configuration = join(scratch, 'nginx.conf')
  await writeFile(configuration, nginxConf(port, site, scratch))
  const running = await start(findNginx(), ['-p', scratch, '-c', configuration, '-e', 'stderr'], port)
  return {
    url: running.url,
    stop: async () => {
      await running.stop()
      await rm(scratch, { recursive: true, force: true })
    },
  }
}

/** Debian has it where the PATH of a user does not lead. */
function findNginx(): string {
  const directories = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin', '/usr/local/sbin']
  const found = directories.map((directory) => join(directory, 'nginx')).find((path) => existsSync(path))
  if (found === undefined) throw new Error('tests need nginx: install the package nginx')
  return found
}

/** What docs/plain-files.md says to write into `http {}`, and what nginx needs to run for a test. */
function nginxConf(port: number, site: string, scratch: string): string {
  const page = readFileSync(join(root, 'docs', 'plain-files.md'), 'utf8')
  const [, documented = ''] = /```nginx\n(.*?)```/s.exec(page) ?? []
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
  return `
daemon off;
master_process off;
pid ${scratch}/nginx.pid;
error_log stderr error;
events {}
http {
access_log off;
${temporary.map((name) => `${name}_temp_path ${scratch}/${name};`).join('\n')}
${documented.replace(/listen .*;/, `listen 127.0.0.1:${port};`).replace(/root .*;/, `root ${site};`)}
}
`
}

async function start(command: string, args: readonly string[], port: number): Promise<StaticServer> {
  const child = spawn(command, args, { stdio: 'ignore' })
  const ended = new Promise((resolve) => child.once('close', resolve))
  const url = `http://127.0.0.1:${port}`
  const answers = () =>
    fetch(url).then(
      () => true,
      () => false,
    )
  await eventually(`${command} answers`, answers)
  return {
    url,
    stop: async () => {
      child.kill('SIGTERM')
      await ended
    },
  }
}
