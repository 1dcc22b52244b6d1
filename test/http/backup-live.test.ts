/** Backups of a server, a process of its own, while others upload to it and freeze releases. */
import { spawn } from 'node:child_process'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { makeWheel } from '../support/archives.ts'
import { withServer } from '../support/data-server.ts'
import { everythingServed, wholeLog } from '../support/everything-served.ts'
import { freeze, json, upload } from '../support/requests.ts'
import { firn, root, spawnServer, temporaryDirectory, type ServerProcess } from '../support/server.ts'

let directory: string
let data: string
let backup: string
let server: ServerProcess
beforeEach(async () => {
  directory = await temporaryDirectory()
  data = join(directory, 'data')
  backup = join(directory, 'backup')
  server = await spawnServer(data)
})
afterEach(async () => {
  server.process.kill('SIGKILL')
  await server.ended
  await rm(directory, { recursive: true })
})

/** A command as a process of its own, so that its work and the server's are two. */
function run(...argv: readonly string[]): Promise<{ readonly code: number | null; readonly output: string }> {
  const child = spawn(process.execPath, ['--import', 'tsx', join(root, 'cli', 'firn.ts'), ...argv], { cwd: root })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (output += chunk.toString()))
  return new Promise((resolve) => child.once('close', (code) => resolve({ code, output })))
}

interface Writer {
  /** How many releases were acknowledged. */
  readonly frozen: () => number
  readonly done: Promise<void>
}

/** Uploads as fast as it can until it is told to stop, and freezes now and then. */
function writeUntil(stopped: () => boolean): Writer {
  let frozen = 0
  const filler = 'x = 1\n'.repeat(20_000)
  const write = async () => {
    for (let round = 0; !stopped(); round++) {
      const version = `1.${round}`
      for (const name of ['karl', 'lxml']) {
        const wheel = makeWheel({ name, version, files: { 'filler.py': filler + version } })
        expect((await upload(server.url, wheel)).status).toBe(200)
      }
      if (round % 5 !== 0) continue
      expect((await freeze(server.url, `karl/${version}`, `karl==${version}`)).status).toBe(201)
      frozen++
    }
  }
  return { frozen: () => frozen, done: write() }
}

it('are whole at their instant, each of them, and after the last write one is the server itself', async () => {
  let enough = false
  const writer = writeUntil(() => enough)
  const acknowledged: number[] = []
  for (let taken = 0; taken < 3; taken++) {
    acknowledged.push(writer.frozen())
    expect((await run('store', 'backup', backup, '--data', data)).output).toContain('snapshot ')
  }
  enough = true
  await writer.done
  expect(writer.frozen()).toBeGreaterThan(acknowledged[1] ?? 0)
  const all = await everythingServed(server.url)
  const log = await wholeLog(server.url)
  const { stdout } = await firn(['store', 'backups', backup, '--json'])
  const { snapshots } = json({ text: stdout }) as { readonly snapshots: readonly { at: string; releases: number }[] }
  for (const [index, { at, releases }] of snapshots.entries()) {
    const to = join(directory, `restored-${index}`)
    expect(await run('store', 'restore', backup, to, '--at', at)).toMatchObject({ code: 0 })
    await withServer(to, async ({ url }) => {
      // What was answered before it began is in it, and it is the beginning of what came after.
      expect(releases).toBeGreaterThanOrEqual(acknowledged[index] ?? 0)
      const events = await wholeLog(url)
      expect(events).toEqual(log.slice(0, events.length))
      const restored = Object.entries(await everythingServed(url)).filter(([path]) => /^\/(?:index|pool)\//.test(path))
      expect(restored).toEqual(restored.map(([path]) => [path, all[path]]))
      expect(restored.filter(([path]) => path.endsWith('/manifest.json'))).toHaveLength(releases)
      expect((await firn(['log', 'verify'], { FIRN_URL: url })).code).toBe(0)
    })
  }
  expect((await run('store', 'backup', backup, '--data', data)).code).toBe(0)
  const last = join(directory, 'restored')
  expect((await run('store', 'restore', backup, last)).code).toBe(0)
  expect(await withServer(last, ({ url }) => everythingServed(url))).toEqual(all)
})
