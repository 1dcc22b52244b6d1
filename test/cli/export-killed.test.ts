/** An export may end at any point: what it leaves is never half a file, nor half a release. */
import { spawn } from 'node:child_process'
import { readdir, rm, stat } from 'node:fs/promises'
import { createServer, request } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { makeEgg, makeWheel } from '../support/archives.ts'
import { cleanStop } from '../support/clean-stop.ts'
import { treeOf } from '../support/plain-tree.ts'
import { eventually, freeze, upload } from '../support/requests.ts'
import { firn, root, startServer, temporaryDirectory, type CommandResult, type TestServer } from '../support/server.ts'

const release = 'index/karl/3.30'

let server: TestServer
let directory: string
let tree: string
beforeAll(async () => {
  server = await startServer()
  for (const file of [
    makeWheel({ name: 'karl', version: '3.30' }),
    makeEgg({ name: 'ZODB3', version: '3.9.0', python: '3.11' }),
  ])
    await upload(server.url, file)
  await freeze(server.url, 'karl/3.30', 'karl==3.30\nZODB3==3.9.0')
})
beforeEach(async () => {
  directory = await temporaryDirectory()
  tree = join(directory, 'tree')
})
afterEach(() => rm(directory, { recursive: true }))
afterAll(() => cleanStop(server))

function exported(...argv: readonly string[]): Promise<CommandResult> {
  return firn(['export', ...argv], { FIRN_URL: server.url, FIRN_DATA: join(directory, 'none') })
}

/** Passes requests on to the server, and calls `onRequest` with the number of each before it does. */
async function relay(onRequest: (number: number) => unknown): Promise<{ url: string; stop: () => void }> {
  let number = 0
  const proxy = createServer((req, res) => {
    onRequest(++number)
    const onward = request(`${server.url}${req.url ?? ''}`, { method: req.method ?? 'GET' }, (answer) => {
      res.writeHead(answer.statusCode ?? 500, answer.headers)
      answer.pipe(res)
    })
    onward.end()
  })
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve))
  const stop = () => {
    proxy.close()
    proxy.closeAllConnections()
  }
  return { url: `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`, stop }
}

const command = ['--import', 'tsx', join(root, 'cli', 'firn.ts'), 'export', 'karl/3.30']

function spawnExport(url: string): { kill: () => void; ended: Promise<unknown> } {
  const env = { ...process.env, FIRN_URL: url, FIRN_DATA: join(directory, 'none') }
  const child = spawn(process.execPath, [...command, tree], { env, stdio: 'ignore', cwd: root })
  return {
    kill: () => child.kill('SIGKILL'),
    ended: new Promise((resolve) => child.once('exit', (_, signal) => resolve(signal))),
  }
}

describe('an export that is killed', () => {
  it.each([2, 3, 5])('at its request %i leaves a tree that the next one completes', async (point) => {
    await exported('karl/3.30', join(directory, 'reference'))
    const running: { child?: ReturnType<typeof spawnExport> } = {}
    const proxy = await relay((number) => number === point && running.child?.kill())
    const child = (running.child = spawnExport(proxy.url))
    expect(await child.ended).toBe('SIGKILL')
    proxy.stop()
    expect(await readdir(join(tree, 'index', 'karl')).catch(() => [])).toEqual([])
    expect((await exported('karl/3.30', tree)).code).toBe(0)
    expect(await treeOf(tree)).toEqual(await treeOf(join(directory, 'reference')))
  })

  it('as its pages appear leaves all of them or none', async () => {
    await exported('karl/3.30', join(directory, 'reference'))
    const child = spawnExport(server.url)
    await eventually('the index is there', () =>
      stat(join(tree, 'index')).then(
        () => true,
        () => false,
      ),
    )
    child.kill()
    await child.ended
    const all = await readdir(join(directory, 'reference', release))
    expect([[], all]).toContainEqual(await readdir(join(tree, release)).catch(() => []))
    expect((await exported('karl/3.30', tree)).code).toBe(0)
    expect(await treeOf(tree)).toEqual(await treeOf(join(directory, 'reference')))
  })
})
