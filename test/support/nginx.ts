/** A real nginx with a configuration of its own, which ends with the test. */
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { eventually } from './requests.ts'

export interface Nginx {
  /** What it has said of errors and warnings. */
  readonly complaints: () => string
  stop(): Promise<void>
}

/** What stands in `http {}`, and files beside it that it includes. */
export interface NginxSite {
  readonly http: string
  readonly included?: Readonly<Record<string, string>>
}

/** Starts it, and waits until it answers on the port. */
export async function startNginx(port: number, site: (scratch: string) => NginxSite): Promise<Nginx> {
  const scratch = await mkdtemp(join(tmpdir(), 'firn-nginx-'))
  const { http, included = {} } = site(scratch)
  const files = { ...included, 'nginx.conf': wholeConf(scratch, http) }
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(join(scratch, name)), { recursive: true })
    await writeFile(join(scratch, name), text)
  }
  const running = await startServing(
    findNginx(),
    ['-p', scratch, '-c', join(scratch, 'nginx.conf'), '-e', 'stderr'],
    port,
  )
  return {
    complaints: running.complaints,
    async stop() {
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

/** What nginx needs to run for a test, as whoever runs it. */
function wholeConf(scratch: string, http: string): string {
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
  return `
daemon off;
master_process off;
pid ${scratch}/nginx.pid;
error_log stderr warn;
events {}
http {
access_log off;
${temporary.map((name) => `${name}_temp_path ${scratch}/${name};`).join('\n')}
${http}
}
`
}

/** Starts a program that serves HTTP, and waits until it answers. */
export async function startServing(command: string, args: readonly string[], port: number): Promise<Nginx> {
  const child = spawn(command, args, { stdio: ['ignore', 'ignore', 'pipe'] })
  const ended = new Promise((resolve) => child.once('close', resolve))
  let complaints = ''
  child.stderr.on('data', (chunk: Buffer) => (complaints += chunk.toString()))
  const answers = () =>
    fetch(`http://127.0.0.1:${port}`).then(
      () => true,
      () => false,
    )
  await eventually(`${command} answers`, answers).catch((error: unknown) => {
    throw new Error(`${command} does not answer: ${complaints}`, { cause: error })
  })
  return {
    complaints: () => complaints,
    async stop() {
      child.kill('SIGTERM')
      await ended
    },
  }
}
