import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { makeWheel } from '../support/archives.ts'
import { closed } from '../support/crawl.ts'
import { firn, startServer, temporaryDirectory, type CommandResult } from '../support/server.ts'

const target = ['--target', 'cp311-manylinux_x86_64']

let file: string
let nowhere: string
let foreign: Server
let foreignUrl: string
beforeAll(async () => {
  const wheel = makeWheel({ name: 'karl', version: '3.30' })
  file = join(await temporaryDirectory(), wheel.filename)
  await writeFile(file, wheel.bytes)
  const server = await startServer()
  nowhere = server.url
  await server.stop()
  foreign = createServer((_req, res) => res.writeHead(404, { 'Content-Type': 'text/html' }).end('<h1>Not found</h1>'))
  await new Promise<void>((resolve) => foreign.listen(0, '127.0.0.1', resolve))
  foreignUrl = `http://127.0.0.1:${(foreign.address() as AddressInfo).port}`
})
afterAll(() => closed(foreign))

describe('a command line that is not valid ends with 64 and a hint', () => {
  it.each<[string, readonly string[], string]>([
    ['an unknown option', ['upload', '--nope', 'x'], "error: unknown option '--nope'\nhint: firn upload --help\n"],
    [
      'upload of nothing',
      ['upload'],
      "error: missing required argument 'file-or-directory'\nhint: firn upload --help\n",
    ],
    ['freeze of nothing', ['freeze'], "error: missing required argument 'product/release'\nhint: firn freeze --help\n"],
    [
      'freeze without pins',
      ['freeze', 'karl/1', ...target],
      'error: Command is not valid: no pins were given\nhint: name them as NAME==VERSION, or give a file with -r\n',
    ],
    [
      'fetch without pins',
      ['fetch', ...target],
      'error: Command is not valid: no pins were given\nhint: name them as NAME==VERSION, or give a file with -r\n',
    ],
    [
      'a URL that is none',
      ['upload', '--url', 'nonsense', 'x'],
      "error: option '--url <url>' argument 'nonsense' is invalid. It is an http or https URL.\nhint: firn upload --help\n",
    ],
    [
      'a port that is none',
      ['serve', '--port', '80a'],
      "error: option '--port <port>' argument '80a' is invalid. It is a number from 0 to 65535.\nhint: firn serve --help\n",
    ],
    [
      'a limit that is none',
      ['serve', '--max-upload', '0'],
      "error: option '--max-upload <MB>' argument '0' is invalid. It is a whole number above 0.\nhint: firn serve --help\n",
    ],
  ])('%s', async (_, argv, stderr) => {
    expect(await firn(argv)).toEqual({ code: 64, stdout: '', stderr })
  })

  it('an environment that is not valid', async () => {
    expect(await firn(['serve'], { FIRN_PORT: 'x' })).toEqual({
      code: 64,
      stdout: '',
      stderr:
        "error: option '--port <port>' value 'x' from env 'FIRN_PORT' is invalid. It is a number from 0 to 65535.\n" +
        'hint: firn serve --help\n',
    })
  })

  it('no command, which shows them all', async () => {
    const { code, stdout, stderr } = await firn([])
    expect([code, stdout, stderr]).toEqual([64, '', (await firn(['--help'])).stdout])
  })

  it('an unknown command', async () => {
    const { code, stdout, stderr } = await firn(['uplaod', 'x'])
    expect([code, stdout]).toEqual([64, ''])
    expect(stderr).toMatch(/^error: .*uplaod.*\n(?:\(Did you mean upload\?\)\n)?hint: firn --help\n$/s)
  })

  it('a machine whose Python cannot be asked', async () => {
    expect(await firn(['freeze', 'karl/1', 'karl==1'], { FIRN_PYTHON: 'no-such-python' })).toEqual({
      code: 64,
      stdout: '',
      stderr:
        'error: Command is not valid: no-such-python cannot tell which target this machine is\n' +
        'hint: name the targets, as --target cp311-manylinux_x86_64, or the Python with FIRN_PYTHON\n',
    })
  })
})

it('refuses a release name that is none', async () => {
  const { code, stderr } = await firn(['freeze', 'KARL', 'karl==1', ...target])
  expect([code, stderr]).toEqual([
    65,
    'error: Release name is not valid: "KARL"\nhint: write PRODUCT/RELEASE, as karl/3.30\n',
  ])
})

function commands(): readonly (readonly string[])[] {
  return [
    ['upload', file],
    ['fetch', 'karl==3.30', ...target],
    ['freeze', 'karl/1', 'karl==3.30', ...target],
  ]
}

describe('without a firn server', () => {
  it('every command ends with 69 and says how to start one', async () => {
    const results: CommandResult[] = []
    for (const command of commands()) results.push(await firn(command, { FIRN_URL: nowhere }))
    for (const { code, stdout, stderr } of results) {
      expect([code, stdout]).toEqual([69, ''])
      expect(stderr.startsWith(`error: firn server cannot be reached: ${nowhere} (`)).toBe(true)
      expect(stderr.endsWith('hint: start one with: firn serve; or say where it is: --url URL or FIRN_URL\n')).toBe(
        true,
      )
    }
  })

  it('every command says when something else answers', async () => {
    for (const command of commands()) {
      expect(await firn([...command, '--url', foreignUrl])).toEqual({
        code: 69,
        stdout: '',
        stderr: `error: firn server cannot be reached: ${foreignUrl} answers 404\nhint: is this the URL of a firn server?\n`,
      })
    }
  })

  it.each([
    ['JSON that is none', '<h1>Bad gateway</h1>'],
    ['JSON that is no object', '"bad gateway"'],
    ['a code that firn has not', '{"code":"gateway"}'],
  ])('a command says when what stands before it answers %s', async (_, body) => {
    const proxy = createServer((_req, res) => res.writeHead(502, { 'Content-Type': 'application/json' }).end(body))
    await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve))
    const url = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`
    try {
      expect(await firn(['releases', '--url', url])).toEqual({
        code: 69,
        stdout: '',
        stderr: `error: firn server cannot be reached: ${url} answers 502\nhint: is this the URL of a firn server?\n`,
      })
    } finally {
      await closed(proxy)
    }
  })

  it('shows where an error came from only when asked to', async () => {
    const { stderr } = await firn(['upload', file, '--url', nowhere, '--debug'])
    expect(stderr).toMatch(/\n {4}at .*ask-server\.ts/)
  })
})
