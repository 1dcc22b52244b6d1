/** docs/upkeep.md: each command on it is run, in its order. */
import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { chmod, mkdir, rm, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { makeWheel } from '../support/archives.ts'
import { cleanStop } from '../support/clean-stop.ts'
import { withServer } from '../support/data-server.ts'
import { everythingServed } from '../support/everything-served.ts'
import { freeze, upload } from '../support/requests.ts'
import { root, startServer, temporaryDirectory, type TestServer } from '../support/server.ts'

const page = readFileSync(join(root, 'docs', 'upkeep.md'), 'utf8')

let directory: string
let data: string
let server: TestServer | undefined
beforeAll(async () => {
  directory = await temporaryDirectory()
  data = join(directory, 'var/lib/firn')
  await Promise.all(['var/lib', 'mnt/backup', 'bin'].map((path) => mkdir(join(directory, path), { recursive: true })))
  await writeFile(
    join(directory, 'bin/firn'),
    `#!/bin/sh\nexec '${process.execPath}' --import tsx '${join(root, 'cli', 'firn.ts')}' "$@"\n`,
  )
  await chmod(join(directory, 'bin/firn'), 0o755)
  await symlink(join(root, 'node_modules'), join(directory, 'node_modules'))
  server = await startServer({ data })
  for (const name of ['karl', 'lxml']) await upload(server.url, makeWheel({ name, version: '3.30' }))
  await freeze(server.url, 'karl/3.30', 'karl==3.30')
})
afterAll(async () => {
  await stopServer()
  await rm(directory, { recursive: true })
})

async function stopServer(): Promise<void> {
  if (server) await cleanStop(server)
  server = undefined
}

/** Of its blocks of the shell and of cron. */
function commandsOf(text: string): readonly string[] {
  return text.split('\n').flatMap((line) => {
    if (line.startsWith('$ ')) return [line.slice(2)]
    const [, command] = /^\d+ \d+ \* \* \S+\s+firn\s+(.*)$/.exec(line) ?? []
    return command === undefined ? [] : [command]
  })
}

interface Outcome {
  readonly command: string
  readonly code: number
  readonly output: string
}

/** This machine's `systemctl` would know no such unit. */
async function run(command: string): Promise<Outcome> {
  // Nor is there such a user, in whose name only root could do something.
  const ours = command.replace('runuser -u firn -- ', '').replace('--owner firn --group firn ', '')
  if (ours.startsWith('chown')) return shell(ours.replace('firn:firn', `${process.geteuid?.()}`))
  if (!command.startsWith('systemctl')) return shell(ours)
  if (command.includes('stop')) await stopServer()
  else server = await startServer({ data })
  return { command, code: 0, output: '' }
}

function shell(command: string): Promise<Outcome> {
  const here = command.replaceAll(/\/(?=var\/lib|mnt\/backup)/g, `${directory}/`)
  const env = { ...process.env, PATH: `${join(directory, 'bin')}:${process.env['PATH']}` }
  return new Promise((resolve) => {
    execFile('sh', ['-c', here], { cwd: directory, env }, (error, stdout, stderr) => {
      const code = typeof error?.code === 'number' ? error.code : error ? -1 : 0
      resolve({ command, code, output: `${stdout}${stderr}` })
    })
  })
}

it('has commands that do what it says', async () => {
  const served = await everythingServed(server?.url ?? '')
  const outcomes: Outcome[] = []
  for (const command of commandsOf(page)) outcomes.push(await run(command))
  expect(outcomes.filter(({ code }) => code !== 0)).toEqual([])
  // What cron would mail.
  expect(outcomes.filter(({ command }) => command.endsWith('/dev/null')).map(({ output }) => output)).toEqual(['', ''])
  expect(outcomes).toHaveLength(21)
  for (const restored of ['firn-restored', 'firn-new'])
    expect(await withServer(join(directory, 'var/lib', restored), ({ url }) => everythingServed(url))).toEqual(served)
})
