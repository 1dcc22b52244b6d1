/** A machine for one test: a real systemd with units of its own. */
import { spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmdirSync, existsSync, readdirSync, realpathSync } from 'node:fs'
import { mkdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { run, type RunResult } from './python.ts'
import { eventually } from './requests.ts'
import { root } from './server.ts'

export interface Machine {
  /** Runs a line of shell on it, as root; never throws. */
  sh(line: string): Promise<RunResult>
  /** Writes a file of it. */
  write(path: string, text: string): Promise<void>
  /** Where a path of it is found from here. */
  path(inside: string): string
  stop(): Promise<void>
}

/** Whether one can be booted here: it takes root, and a kernel and a container that let root have namespaces and groups. */
export async function canBoot(): Promise<boolean> {
  const name = `firn-probe-${process.pid}`
  const namespaces = ['--pid', '--fork', '--mount', '--mount-proc', '--cgroup', '--uts', '--ipc']
  const { code } = await run('unshare', [
    ...namespaces,
    'sh',
    '-c',
    'mount --make-rprivate / && umount -R /sys/fs/cgroup',
  ])
  if (code !== 0) return false
  try {
    for (const hierarchy of hierarchies()) mkdirSync(join(hierarchy, name))
    return true
  } catch {
    return false
  } finally {
    removeGroups(name)
  }
}

/** Boots it. Throws what systemd said unless it runs. */
export async function bootMachine(): Promise<Machine> {
  const scratch = mkdtempSync(join(tmpdir(), 'firn-systemd-'))
  const script = join(import.meta.dirname, 'boot-systemd.sh')
  const child = spawn('sh', [script, scratch, root, realpathSync(process.execPath)], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let said = ''
  for (const out of [child.stdout, child.stderr]) out.on('data', (chunk: Buffer) => (said += chunk.toString()))
  const ended = new Promise((resolve) => child.once('close', resolve))
  const init = () => readFileSync(`/proc/${child.pid}/task/${child.pid}/children`, 'utf8').trim()
  const path = (inside: string) => `/proc/${init()}/root${inside}`
  const sh = (line: string) =>
    run('nsenter', ['--target', init(), '--mount', '--pid', '--uts', '--ipc', '--cgroup', 'sh', '-c', line])
  const stop = async () => {
    child.kill('SIGKILL')
    await ended
    await eventually('its control groups are gone', () => removeGroups(basename(scratch)))
    await rm(scratch, { recursive: true, force: true })
  }
  const runs = async () =>
    existsSync(path('/run/systemd/private')) && (await sh('systemctl is-active boot.target')).code === 0
  try {
    await eventually('systemd runs', async () => child.exitCode !== null || (await runs()), 60)
    if (child.exitCode !== null) throw new Error('it has ended')
  } catch (cause) {
    await stop()
    throw new Error(`systemd cannot be run here: ${said}`, { cause })
  }
  return {
    sh,
    path,
    stop,
    async write(inside, text) {
      await mkdir(dirname(path(inside)), { recursive: true })
      await writeFile(path(inside), text)
    },
  }
}

/** Where control groups are made: one place, or one for each controller. */
function hierarchies(): readonly string[] {
  const mounts = readFileSync('/proc/self/mountinfo', 'utf8').matchAll(/^(?:\S+ ){4}(\S+) .* - cgroup2? /gm)
  return [...mounts].map(([, hierarchy = '']) => hierarchy)
}

/** Whether none of that name is left. A group can be removed when the last process of it is gone. */
function removeGroups(name: string): boolean {
  const groups = hierarchies()
    .map((hierarchy) => join(hierarchy, name))
    .filter((group) => existsSync(group))
  for (const group of groups) removeBelow(group)
  return groups.every((group) => !existsSync(group))
}

function removeBelow(group: string): void {
  try {
    for (const entry of readdirSync(group, { withFileTypes: true }))
      if (entry.isDirectory()) removeBelow(join(group, entry.name))
    rmdirSync(group)
  } catch {
    // its processes are still ending
  }
}
