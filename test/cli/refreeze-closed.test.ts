import { afterAll, beforeAll, expect, it } from 'vitest'
import { errors } from '../../pool/errors.ts'
import { readManifest, type Manifest } from '../../pool/manifest.ts'
import { makeWheel } from '../support/archives.ts'
import { uploadAll } from '../support/catalogue.ts'
import { cleanStop } from '../support/clean-stop.ts'
import { ask } from '../support/requests.ts'
import { firn, startServer, type CommandResult, type TestServer } from '../support/server.ts'

let server: TestServer
beforeAll(async () => {
  server = await startServer()
  await uploadAll(server.url, [
    ...['3.30', '3.31'].map((version) => makeWheel({ name: 'karl', version, requires: ['lxml'] })),
    makeWheel({ name: 'acme', version: '1', requires: ['karl', 'oracle'] }),
    makeWheel({ name: 'initech', version: '1', requires: ['karl<3.31'] }),
  ])
  const target = ['--target', 'cp311-manylinux_x86_64']
  for (const version of ['3.30', '3.31'])
    await run('freeze', `karl/${version}`, `karl==${version}`, ...target, '--waive', `lxml: on the hosts of ${version}`)
  await run('freeze', 'acme/1', '--base', 'karl/3.30', 'acme==1', '--waive', 'oracle: theirs')
  await run('freeze', 'globex/1', '--base', 'karl/3.30')
  await run('freeze', 'initech/1', '--base', 'karl/3.30', 'initech==1')
})
afterAll(() => cleanStop(server))

function command(...argv: readonly string[]): Promise<CommandResult> {
  return firn(argv, { FIRN_URL: server.url })
}

async function run(...argv: readonly string[]): Promise<void> {
  const { code, stdout, stderr } = await command(...argv)
  if (code !== 0) throw new Error(`${stdout}${stderr}`)
}

async function waiversOf(path: string): Promise<readonly (readonly [string, string])[]> {
  const manifest: Manifest = readManifest((await ask(server.url, `/index/${path}/manifest.json`)).text)
  return manifest.waivers.map(({ project, reason }) => [project, reason])
}

it('takes the waivers of the base with the base, and those that are its own along', async () => {
  expect(await waiversOf('acme/1')).toEqual([
    ['lxml', 'on the hosts of 3.30'],
    ['oracle', 'theirs'],
  ])
  const { code, stdout } = await command('refreeze', '--base', 'karl/3.31')
  const lines = stdout.trimEnd().split('\n')
  expect([code, lines.map((line) => line.trim().split(/\s{2,}/))]).toEqual([
    errors['freeze-refused'].exit,
    [
      ['PRODUCT', 'FROM', 'TO', 'OUTCOME', 'WHY'],
      ['acme', 'acme/1', 'acme/1+karl3.31', 'frozen'],
      ['globex', 'globex/1', 'globex/1+karl3.31', 'frozen'],
      ['initech', 'initech/1', 'initech/1+karl3.31', 'failed', expect.stringContaining('karl<3.31') as string],
      ['2 releases frozen, 0 on that base already, 1 failed'],
    ],
  ])
  expect(await waiversOf('acme/1+karl3.31')).toEqual([
    ['lxml', 'on the hosts of 3.31'],
    ['oracle', 'theirs'],
  ])
  expect(await waiversOf('globex/1+karl3.31')).toEqual([['lxml', 'on the hosts of 3.31']])
  expect((await ask(server.url, '/index/initech/1+karl3.31/')).status).toBe(404)
})
