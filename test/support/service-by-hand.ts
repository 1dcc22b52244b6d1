/** What a systemd does with a unit, as far as that goes without one: its command, environment, umask, limits, signals. */
import { spawn, type ChildProcess } from 'node:child_process'
import { mkdtempSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { root } from './server.ts'

export interface ServiceByHand {
  readonly data: string
  readonly output: () => string
  start(): void
  /** The exit code, or the signal that it died of. */
  end(signal: NodeJS.Signals): Promise<number | NodeJS.Signals>
  stop(): Promise<void>
}

/** Values of `[Service]`; the last of each counts. */
function settingsOf(unit: string): ReadonlyMap<string, string> {
  return new Map([...unit.matchAll(/^(\w+)=(.*)$/gm)].map(([, name = '', value = '']) => [name, value]))
}

export function serviceByHand(unit: string, environment: string): ServiceByHand {
  const data = mkdtempSync(join(tmpdir(), 'firn-unit-'))
  const settings = settingsOf(unit)
  const firn = `${process.execPath} --import ${join(root, 'node_modules/tsx/dist/loader.mjs')} ${join(root, 'cli/firn.ts')}`
  const command = settings.get('ExecStart')?.replace('/usr/local/bin/firn', firn).replaceAll('/var/lib/firn', data)
  const line = `umask ${settings.get('UMask')}; ulimit -S -n $(($(ulimit -H -n) < ${settings.get('LimitNOFILE')} ? $(ulimit -H -n) : ${settings.get('LimitNOFILE')})); exec ${command}`
  const env = Object.fromEntries(
    [...environment.matchAll(/^(\w+)=(.*)$/gm)].map(([, name = '', value]) => [name, value]),
  )
  let output = ''
  let child: ChildProcess | undefined
  let ended: Promise<number | NodeJS.Signals> = Promise.resolve(0)
  const end: ServiceByHand['end'] = (signal) => {
    child?.kill(signal)
    return ended
  }
  return {
    data,
    output: () => output,
    start() {
      output = ''
      const started = spawn('sh', ['-c', line], { env: { PATH: process.env['PATH'], ...env }, cwd: data })
      for (const out of [started.stdout, started.stderr])
        out.on('data', (chunk: Buffer) => (output += chunk.toString()))
      ended = new Promise((resolve) => void started.once('exit', (code, signal) => resolve(signal ?? code ?? -1)))
      child = started
    },
    end,
    async stop() {
      await end('SIGKILL')
      await rm(data, { recursive: true })
    },
  }
}
