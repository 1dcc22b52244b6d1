import { afterAll, beforeAll, expect, it } from 'vitest'
import { makeSdist, makeWheel } from '../support/archives.ts'
import { uploadAll } from '../support/catalogue.ts'
import { cleanStop } from '../support/clean-stop.ts'
import { firn, startServer, type CommandResult, type TestServer } from '../support/server.ts'

let server: TestServer
beforeAll(async () => {
  server = await startServer()
  await uploadAll(server.url, [
    makeWheel({ name: 'pyramid', version: '2.0.2', requires: ['plaster>=1.0', 'WebOb>=1.8'] }),
    makeWheel({ name: 'plaster', version: '1.1.2' }),
    makeSdist({ name: 'old', version: '1.0' }),
    makeWheel({ name: 'setuptools', version: '80.9' }),
  ])
})
afterAll(() => cleanStop(server))

function freeze(...argv: readonly string[]): Promise<CommandResult> {
  return firn(['freeze', ...argv, '--target', 'cp311-manylinux_x86_64'], { FIRN_URL: server.url })
}

it('says of a release that is not closed who needs what, and what would do', async () => {
  expect(await freeze('karl/1', 'pyramid==2.0.2')).toEqual({
    code: 65,
    stdout: '',
    stderr: `error: Release cannot be frozen: 2 problems
  pyramid 2.0.2 needs plaster>=1.0: the release has no plaster (cp311-manylinux_x86_64)
    add plaster==1.1.2, or let it pass: --waive "plaster: REASON"
  pyramid 2.0.2 needs WebOb>=1.8: the release has no WebOb (cp311-manylinux_x86_64)
    the pool has no version of it that fits: firn fetch WebOb==VERSION, or let it pass: --waive "webob: REASON"
`,
  })
})

it('freezes it with what lacks let pass, and tells of that and of what is unknown', async () => {
  const pins = ['pyramid==2.0.2', 'plaster==1.1.2', 'old==1.0', 'setuptools==80.9']
  const waivers = ['--waive', 'closure WebOb until 2099-01-31: the hosts have it', '--waive', 'plaster: for ever']
  const { code, stdout, stderr } = await freeze('karl/2', ...pins, ...waivers)
  expect([code, stderr]).toEqual([0, ''])
  expect(stdout.replace(/ {2}digest[^]*/, '').replace(/[\d.]+ kB/, 'SIZE')).toBe(
    `note: the waiver of plaster is not needed: nothing that it lets pass speaks against the release
frozen karl/2
  pins     4 projects, 4 files, SIZE
  targets  cp311-manylinux_x86_64
  waived   closure webob until 2099-01-31: the hosts have it (1 finding)
  unknown  1 file states its dependencies only in code: old-1.0.tar.gz
`,
  )
})

it('takes no waiver without a reason', async () => {
  const { code, stderr } = await freeze('karl/3', 'plaster==1.1.2', '--waive', 'plaster')
  expect([code, stderr]).toEqual([
    64,
    `error: Waiver is not valid: "plaster"
hint: write "[RULE ]NAME[ until YYYY-MM-DD]: REASON"; rules are closure, yanked, licence, age, sdist-only, quarantined, deprecated
`,
  ])
})
