/** What installers of today cannot use is taken, and said. */
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { writeFiles } from '../clients/workplace.ts'
import { makeEgg, makeSdist, makeWheel } from '../support/archives.ts'
import { cleanStop } from '../support/clean-stop.ts'
import { firn, startServer, temporaryDirectory, type TestServer } from '../support/server.ts'

const bare = makeSdist({ name: 'WebOb', version: '0.9.8.0-osi1' })
const osi = { ...bare, filename: 'WebOb-0.9.8.0-osi1.tar.gz' }
const egg = makeEgg({ name: 'webob', version: '0.9.8', python: '3.11' })
const wheel = makeWheel({ name: 'webob', version: '0.9.7' })
const tarball = makeSdist({ name: 'webob', version: '0.9.6', format: 'tgz' })

let server: TestServer
let directory: string
beforeAll(async () => {
  server = await startServer()
  directory = await temporaryDirectory()
})
afterAll(async () => {
  await rm(directory, { recursive: true })
  await cleanStop(server)
})

const run = (...argv: readonly string[]) => firn(argv, { FIRN_URL: server.url })

it('uploads it with a note', async () => {
  const files = await writeFiles(join(directory, 'dist'), [osi, egg, wheel, tarball])
  const { code, stdout } = await run('upload', files)
  expect(code).toBe(0)
  const lines = stdout.split('\n').filter((line) => line.startsWith('note'))
  expect(lines.toSorted()).toEqual(
    [
      `note     ${egg.filename}: no pip or uv of today can use it: it is for buildout and buildout<4 alone`,
      `note     ${osi.filename}: no pip or uv of today can use it: it is for pip<22 and buildout<4 alone`,
    ].toSorted(),
  )
})

it('finds it with who can use it', async () => {
  const { stdout } = await run('find', 'webob', '--include-binary-eggs')
  expect(stdout).toBe(`the pool
  webob
    0.9.8.0-osi1  ${osi.filename}  (for pip<22 and buildout<4 alone)
    0.9.8  ${egg.filename}  (for buildout and buildout<4 alone)
    0.9.7  ${wheel.filename}
    0.9.6  ${tarball.filename}  (for pip, buildout, pip<22 and buildout<4 alone)
`)
  const json = JSON.parse((await run('find', 'webob==0.9.7', '--json')).stdout) as unknown
  const files = [{ clients: ['pip<22', 'buildout<4'] }, { clients: ['pip', 'uv', 'buildout', 'pip<22', 'buildout<4'] }]
  expect(json).toMatchObject({ indexes: [{ matches: [{ files }] }] })
})

it.each([
  ['0.9.8.0-osi1', 'WebOb', 'for pip<22 and buildout<4 alone'],
  ['0.9.8', 'webob', 'for buildout and buildout<4 alone'],
])('freezes version %s with a note', async (version, name, who) => {
  const options = ['--target', 'cp311-manylinux_x86_64', '--waive', 'setuptools: the hosts have an old one']
  const argv = ['freeze', `webob/${version}`, `webob==${version}`, ...options]
  const note = `note: ${name} ${version}: no pip or uv of today can use its files: they are ${who}\n`
  for (const each of [[...argv, '--dry-run'], argv, argv]) {
    const { code, stdout, stderr } = await run(...each)
    expect([code, stderr]).toEqual([0, ''])
    expect(stdout).toContain(note)
  }
})

it('freezes what some file of a pin is for without one', async () => {
  const { code, stdout } = await run('freeze', 'webob/modern', 'webob==0.9.7', '--target', 'cp311-manylinux_x86_64')
  expect([code, stdout]).toEqual([0, expect.not.stringContaining('note:')])
})
