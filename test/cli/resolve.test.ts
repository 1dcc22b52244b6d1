/** What --resolve refuses before uv chooses anything, and a uv that cannot be used. */
import { chmod, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { errors } from '../../pool/errors.ts'
import { cleanStop } from '../support/clean-stop.ts'
import { firn, startServer, temporaryDirectory, type CommandResult, type TestServer } from '../support/server.ts'

const linux = 'cp311-manylinux_x86_64'

let server: TestServer
let directory: string
beforeAll(async () => {
  server = await startServer()
  directory = await temporaryDirectory()
})
afterAll(async () => {
  await cleanStop(server)
  await rm(directory, { recursive: true })
})

function run(argv: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<CommandResult> {
  return firn(argv, { FIRN_URL: server.url, PATH: '/usr/bin:/bin', HOME: directory, ...env })
}

let number = 0
it.each([['-e .'], ['--config-file /etc/passwd'], ['acme.lib @ http://127.0.0.1:9/a-1.0.tar.gz']])(
  'is refused before uv is asked: %s',
  async (line) => {
    const { code, stderr } = await run(['freeze', 'acme/no', '--target', linux, '--resolve', '--', line])
    expect([code, stderr.split('\n')[0]]).toEqual([
      65,
      'error: Pins cannot be read: what is to be resolved cannot be read',
    ])
  },
)
describe('a uv that cannot be used', () => {
  it.each([
    [
      'is not there',
      undefined,
      /^error: uv cannot be used: \S+ cannot be run: spawn \S+ ENOENT\nhint: install it \(pip install uv/,
    ],
    ['is too old', 'echo uv 0.4.30', /is 0\.4\.30; it must be 0\.7\.0 or newer/],
    ['is another program', 'echo hello', /is another program/],
    ['is killed', '[ "$1" = --version ] && echo uv 9.0.0 || kill -9 $$', /was ended by SIGKILL/],
    [
      'cannot do its work',
      '[ "$1" = --version ] && echo uv 9.0.0 || { echo "error: no Python" >&2; exit 2; }',
      /it ended with 2: no Python/,
    ],
  ])('as it %s', async (_, script, said) => {
    const fake = join(directory, `uv-${++number}`)
    if (script !== undefined) {
      await writeFile(fake, `#!/bin/sh\n${script}\n`)
      await chmod(fake, 0o755)
    }
    const { code, stderr } = await run(['freeze', 'acme/no', 'acme.lib', '--target', linux, '--resolve'], {
      FIRN_UV: fake,
    })
    expect([code, stderr]).toEqual([errors['resolver-unusable'].exit, expect.stringMatching(said)])
  })
})

it('is told how to choose only together with --resolve', async () => {
  const { code, stderr } = await run([
    'freeze',
    'acme/no',
    'acme.lib',
    '--target',
    linux,
    '--exclude-newer',
    '2020-01-01',
  ])
  expect([code, stderr]).toEqual([
    64,
    'error: Command is not valid: --exclude-newer tells how to --resolve\nhint: give --resolve with it\n',
  ])
})
