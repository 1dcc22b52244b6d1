import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { makeWheel } from '../support/archives.ts'
import { uploadAll } from '../support/catalogue.ts'
import { cleanStop } from '../support/clean-stop.ts'
import { firn, startServer, temporaryDirectory, type CommandResult, type TestServer } from '../support/server.ts'

const clear = '\x1b[2J\x9b31m'

let server: TestServer
let directory: string
beforeAll(async () => {
  server = await startServer()
  directory = await temporaryDirectory()
  await uploadAll(
    server.url,
    ['a1', 'a2', 'b1'].map((name) => makeWheel({ name, version: '1', requires: [name === 'b1' ? 'yy' : 'zz'] })),
  )
})
afterAll(() => cleanStop(server))

function run(...argv: readonly string[]): Promise<CommandResult> {
  return firn(argv, { FIRN_URL: server.url })
}

function freeze(...argv: readonly string[]): Promise<CommandResult> {
  return run('freeze', 'karl/1', ...argv, '--target', 'cp311-manylinux_x86_64')
}

async function write(name: string, text: string): Promise<string> {
  const path = join(directory, name)
  await writeFile(path, text)
  return path
}

describe('what a terminal would take for commands', () => {
  it('does not come out of names of files', async () => {
    const { code, stderr } = await freeze('-r', await write(`${clear}.txt`, 'six==1.0\n'))
    expect([code, stderr.replace(directory, 'DIR')]).toEqual([
      65,
      `error: Release cannot be frozen: 1 problem
  DIR/?[2J?31m.txt:1: six==1.0: the pool has no file of six
    bring what is lacking into the pool: firn fetch with the same arguments, or firn upload
`,
    ])
  })

  it('does not come out of notes on what is left out', async () => {
    const { stdout } = await freeze('--dry-run', 'a1==1', `six==1; python_version < "${clear}"`, '--waive', 'zz: x')
    expect(stdout.split('\n')[0]).toBe(
      'note: arguments:2: six==1; python_version < "?[2J?31m" is left out: its marker holds on no target (cp311-manylinux_x86_64)',
    )
  })

  it('does not come out of commands that there are not', async () => {
    expect(await run(clear)).toEqual({
      code: 64,
      stdout: '',
      stderr: "error: unknown command '?[2J?31m'\nhint: firn --help\n",
    })
  })
})

it('prints JSON for programs also where the command line is wrong', async () => {
  const { code, stdout, stderr } = await run('freeze', '--json')
  expect([code, JSON.parse(stdout), stderr]).toEqual([
    64,
    { code: 'usage', title: 'Command is not valid', detail: "missing required argument 'product/release'" },
    "error: missing required argument 'product/release'\nhint: firn freeze --help\n",
  ])
})

it('shows the first of thousands of problems, and says how many there are', async () => {
  const pins = Array.from({ length: 5000 }, (_, index) => `none${index}==1\n`)
  const path = await write('many.txt', pins.join(''))
  const lines = (await freeze('-r', path)).stderr.trimEnd().split('\n')
  expect([lines.length, lines[0], lines.at(-1)]).toEqual([
    203,
    'error: Release cannot be frozen: 5000 problems',
    '  and 4800 more: --json prints all of them',
  ])
  const { problems } = JSON.parse((await freeze('-r', path, '--json')).stdout) as { problems: unknown[] }
  expect(problems.length).toBe(5000)
})

it('groups what one pin would mend', async () => {
  expect((await freeze('a1==1', 'b1==1', 'a2==1')).stderr).toBe(
    `error: Release cannot be frozen: 3 problems
  b1 1 needs yy: the release has no yy (cp311-manylinux_x86_64)
    the pool has no version of it that fits: firn fetch yy==VERSION, or let it pass: --waive "yy: REASON"
  a1 1 needs zz: the release has no zz (cp311-manylinux_x86_64)
  a2 1 needs zz: the release has no zz (cp311-manylinux_x86_64)
    the pool has no version of it that fits: firn fetch zz==VERSION, or let it pass: --waive "zz: REASON"
`,
  )
})

it('freezes no release of nothing', async () => {
  const { code, stderr } = await freeze('six==1; python_version < "3"')
  expect([code, stderr]).toEqual([
    65,
    `error: Release cannot be frozen: 1 problem
  no pin holds on cp311-manylinux_x86_64: the release would be empty
    look at the markers of the pins, or give the --target that they are for
`,
  ])
})

it('says once that the versions of a configuration stand in no section', async () => {
  const path = await write('versions.cfg', 'six = 1.0\nlxml = 6.0\n')
  const { code, stderr } = await freeze('-r', path)
  expect([code, stderr.replace(directory, 'DIR')]).toEqual([
    65,
    `error: Release cannot be frozen: 1 problem
  DIR/versions.cfg:1: "six = 1.0" stands in no section
    write [versions] above it
`,
  ])
})
