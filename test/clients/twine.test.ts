import { join } from 'node:path'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import type { Built } from '../support/archives.ts'
import { toolEnvironment, type RunResult } from '../support/python.ts'
import { downloaded, otherWheel, sdist, strange, wheel } from './uploads.ts'
import { makeWorkplace, writeFiles, type Workplace } from './workplace.ts'

vi.setConfig({ testTimeout: 600_000, hookTimeout: 600_000 })

let place: Workplace
let twine: string

beforeAll(async () => {
  place = await makeWorkplace()
  twine = (await toolEnvironment('twine', ['twine==7.0.0'])).bin('twine')
  await place.firn('fetch', 'setuptools==80.9.0')
})
afterAll(() => place?.stop())

async function upload(...files: Built[]): Promise<RunResult> {
  const dist = await writeFiles(await place.directory('dist'), files)
  const account = ['--non-interactive', '--username', '__token__', '--password', 'none']
  const paths = files.map(({ filename }) => join(dist, filename))
  const { code, stdout, stderr } = await place.tryClient(twine, [
    'upload',
    '--disable-progress-bar',
    '--repository-url',
    `${place.url}/legacy/`,
    ...account,
    ...paths,
  ])
  // twine breaks its lines where the terminal would end.
  return { code, stdout: stdout.replaceAll(/\s+/g, ' '), stderr: stderr.replaceAll(/\s+/g, ' ') }
}

it('uploads a wheel and an sdist, and the same again', async () => {
  expect(await upload(wheel, sdist)).toMatchObject({ code: 0 })
  expect(await upload(wheel, sdist)).toMatchObject({ code: 0 })
  expect(place.takeRequests().filter(({ path }) => path === '/legacy/')).toHaveLength(4)
})

it('says that a file already exists, if it comes with other bytes', async () => {
  const { code, stdout, stderr } = await upload({ ...otherWheel, filename: wheel.filename })
  expect(code).toBe(1)
  expect(stdout + stderr).toContain('File already exists with other content')
})

it('says what is wrong with metadata of another project', async () => {
  const { code, stdout, stderr } = await upload(strange)
  expect(code).toBe(1)
  expect(stdout + stderr).toContain('Filename, form and metadata disagree')
  expect(stdout + stderr).toContain(strange.filename)
})

it.each([wheel, sdist])('gives pip the bytes of $filename that came first', async ({ filename, bytes }) => {
  expect((await downloaded(place, filename)).equals(bytes)).toBe(true)
})

it('reaches nothing but the server', () => {
  expect(place.strayed).toEqual([])
  expect(place.server.internalErrors).toEqual([])
})
