import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { root, type ServerProcess } from './server.ts'

/**
 * `firn serve` as a process that cannot write a file beyond a few megabytes: `ulimit -f`, which any user can set on any
 * POSIX system. A write past it fails as one on a full disk does.
 */
export function spawnLimitedServer(data: string): Promise<ServerProcess> {
  const node = [process.execPath, '--import', 'tsx', join(root, 'cli', 'firn.ts')]
  const child = spawn(
    'sh',
    ['-c', 'ulimit -f 4096 && exec "$@"', 'sh', ...node, 'serve', '--port', '0', '--data', data],
    {
      stdio: ['ignore', 'pipe', 'pipe'],
      cwd: root,
    },
  )
  const ended = new Promise<number | NodeJS.Signals>((resolve) => {
    child.once('exit', (code, signal) => resolve(signal ?? code ?? -1))
  })
  let output = ''
  return new Promise((resolve, reject) => {
    const onData = (chunk: Buffer) => {
      output += chunk.toString()
      const url = /ready on (\S+)/.exec(output)?.[1]
      if (url !== undefined) resolve({ url, process: child, output: () => output, ended })
    }
    child.stdout.on('data', onData)
    child.stderr.on('data', onData)
    void ended.then((code) => reject(new Error(`firn serve ended (${code}) before it was ready:\n${output}`)))
  })
}
