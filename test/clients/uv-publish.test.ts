import { join } from 'node:path'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import type { Built } from '../support/archives.ts'
import type { RunResult } from '../support/python.ts'
import { downloaded, otherWheel, sdist, strange, wheel } from './uploads.ts'
import { makeWorkplace, pinnedUv, writeFiles, type Workplace } from './workplace.ts'

vi.setConfig({ testTimeout: 600_000, hookTimeout: 600_000 })

let place: Workplace
let uv: string

beforeAll(async () => {
  place = await makeWorkplace()
  uv = await pinnedUv()
  await place.firn('fetch', 'setuptools==80.9.0')
})
afterAll(() => place?.stop())

async function publish(files: readonly Built[], options: readonly string[] = []): Promise<RunResult> {
  const dist = await writeFiles(await place.directory('dist'), files)
  const paths = files.map(({ filename }) => join(dist, filename))
  const account = ['--username', 'someone', '--password', 'none']
  return place.tryClient(uv, ['publish', '--publish-url', `${place.url}/legacy/`, ...account, ...options, ...paths])
}

function posts(): number {
  return place.takeRequests().filter(({ method, path }) => method === 'POST' && path === '/legacy/').length
}

it('publishes a wheel and an sdist, and the same again', async () => {
  place.takeRequests()
  expect(await publish([wheel, sdist])).toMatchObject({ code: 0 })
  expect(await publish([wheel, sdist])).toMatchObject({ code: 0 })
  expect(posts()).toBe(4)
})

it('does not send what the live index has already', async () => {
  const { code, stderr } = await publish([wheel, sdist], ['--check-url', `${place.url}/simple/`])
  expect(code).toBe(0)
  expect(stderr).toContain('already exists')
  expect(posts()).toBe(0)
})

it('says that a file already exists, if it comes with other bytes', async () => {
  const { code, stderr } = await publish([{ ...otherWheel, filename: wheel.filename }])
  expect(code).toBe(2)
  expect(stderr).toContain('File already exists with other content')
})

it('says what is wrong with metadata of another project', async () => {
  const { code, stderr } = await publish([strange])
  expect(code).toBe(2)
  expect(stderr).toContain('Filename, form and metadata disagree')
})

it.each([wheel, sdist])('gives pip the bytes of $filename that came first', async ({ filename, bytes }) => {
  expect((await downloaded(place, filename)).equals(bytes)).toBe(true)
})

it('reaches nothing but the server', () => {
  expect(place.strayed).toEqual([])
  expect(place.server.internalErrors).toEqual([])
})
